"""Facts that tell a label: one that was planted is found, and those that tell nothing are not, over seeds."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xray_resnet.evaluation.groups import Grouping, group_images
from xray_resnet.evaluation.shortcuts import TELLS_FROM
from xray_resnet.evaluation.telling import Telling, divide_patients, measure_telling

SEEDS = 40


def films(
    seed: int, *, told: float, patients: int = 250
) -> tuple[NDArray[np.float64], list[Grouping], NDArray[np.intp]]:
    """Labels of patients with two films each, three facts, and the patients; positives are AP more often by `told`."""
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 2)
    labels = (generator.random(patients) < 0.3).astype(float)[patient]
    is_ap = generator.random(len(patient)) < 0.3 + told * labels
    facts = {
        "view": np.where(is_ap, "AP", "PA").tolist(),
        "sex": np.where(generator.random(patients) < 0.5, "F", "M")[patient].tolist(),
        "age": generator.uniform(5, 95, patients)[patient].tolist(),
    }
    return labels, [group_images(name, values) for name, values in facts.items()], patient


def tell(seed: int, *, told: float, patients: int = 250) -> Telling:
    labels, facts, who = films(seed, told=told, patients=patients)
    return measure_telling(labels, facts, patients=who, fold_of=divide_patients(who, seed=0))


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_shortcut_is_found_and_named(seed: int) -> None:
    """AP in 0.8 of the positives and 0.3 of the negatives: the view alone has AUROC 0.5 + (0.8 - 0.3) / 2."""
    telling = tell(seed, told=0.5, patients=400)
    assert telling.together.low is not None and telling.together.low > TELLS_FROM
    assert telling.strongest[0] == "view"
    assert telling.alone["view"].value == pytest.approx(0.75, abs=0.05)


def test_facts_that_tell_nothing_are_as_good_as_guessing_and_never_a_shortcut() -> None:
    """Age, sex and view are the patients' own here, so that a fit that learned its patients by heart would show."""
    found = [tell(seed, told=0.0).together for seed in range(SEEDS)]
    lows, highs, values = (np.array([float(getattr(each, end)) for each in found]) for end in ("low", "high", "value"))
    assert abs(values.mean() - 0.5) < 0.02
    assert ((lows <= 0.5) & (highs >= 0.5)).mean() >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / SEEDS)
    assert not (lows > TELLS_FROM).any()


def test_intervals_know_that_fits_share_their_patients() -> None:
    """One fact that tells nothing: fits to four folds of five follow the same chance, and scatter together."""
    covered, naive = [], []
    for seed in range(100):
        generator = np.random.default_rng(seed)
        patients = np.arange(150)
        labels = (generator.random(150) < 0.4).astype(float)
        site = group_images("site", generator.integers(3, size=150).tolist())
        fold_of = divide_patients(patients, seed=0)
        alone = measure_telling(labels, [site], patients=patients, fold_of=fold_of).alone["site"]
        assert alone.value is not None and alone.low is not None and alone.high is not None
        covered.append(alone.low <= 0.5 <= alone.high)
        middle, reach = (alone.low + alone.high) / 2, (alone.high - alone.low) / 2
        naive.append(abs(middle - 0.5) <= reach / 1.5)
    assert np.mean(covered) >= 0.93
    assert np.mean(naive) < 0.9


def test_a_fact_alone_is_judged_on_patients_that_its_shares_have_not_seen() -> None:
    """Eight groups of about ten patients: shares of the very same patients would have an AUROC of 0.65 or so."""
    values = []
    for seed in range(20):
        generator = np.random.default_rng(seed)
        labels, patients = (generator.random(80) < 0.4).astype(float), np.arange(80)
        site = group_images("site", generator.integers(8, size=80).tolist())
        told = measure_telling(labels, [site], patients=patients, fold_of=divide_patients(patients, seed=0))
        values.append(told.alone["site"].value)
    assert abs(np.mean([value for value in values if value is not None]) - 0.5) < 0.04


def test_a_label_that_cannot_be_judged_says_why() -> None:
    labels, facts, patients = films(0, told=0.5)
    fold_of = divide_patients(patients, seed=0)
    few = np.where(patients < 10, labels, 0.0)
    reason = measure_telling(few, facts, patients=patients, fold_of=fold_of).together.why_null
    assert str(reason).endswith("without it, expected 20 of each")
    nothing = measure_telling(labels, [], patients=patients, fold_of=fold_of)
    assert (nothing.together.why_null, nothing.strongest) == ("no fact differs between the images", ())


def test_what_is_not_assessed_is_left_out() -> None:
    labels, facts, patients = films(1, told=0.5)
    labels[::3] = np.nan
    kept, fold_of = np.isfinite(labels), divide_patients(patients, seed=0)
    cut = [Grouping(fact.name, fact.groups, fact.of_image[kept]) for fact in facts]
    assert measure_telling(labels, facts, patients=patients, fold_of=fold_of) == measure_telling(
        labels[kept], cut, patients=patients[kept], fold_of=fold_of[kept]
    )


def test_folds_keep_patients_whole_and_are_about_equal() -> None:
    patients = np.repeat(np.arange(200), 3)
    fold_of = divide_patients(patients, seed=3)
    assert all(len(set(fold_of[patients == who])) == 1 for who in range(200))
    assert np.bincount(fold_of).tolist() == [120] * 5
    assert (divide_patients(patients, seed=4) != fold_of).any()


def test_of_facts_that_tell_nothing_none_is_named() -> None:
    assert sum(len(tell(seed, told=0.0).strongest) for seed in range(10)) <= 4
