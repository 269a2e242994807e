"""Batches of drawn numbers: what is found, what it is called, and how often there is a false alarm."""

from dataclasses import replace

import numpy as np
import pytest

from xray_resnet.basis import Basis
from xray_resnet.packed import pack
from xray_resnet.shift import FILM_COLUMNS, ShiftReference, find_shift
from xray_resnet.shift.prevalence import estimate_prevalence, weight_to
from xray_resnet.shift.two_samples import kolmogorov_p_value

FINDINGS = ("Effusion", "Nodule")
NAMES = (*FILM_COLUMNS, "distance", *FINDINGS)


def draw_films(count: int, *, seed: int, effusion: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Films (N, 10) and labels (N, 2): effusions are brighter and score higher."""
    generator = np.random.default_rng(seed)
    labels = (generator.random((count, 2)) < (effusion, 0.2)).astype(np.float64)
    films = generator.normal(size=(count, len(NAMES)))
    films[:, :4] = generator.random((count, 4)) < (0.0, 0.02, 0.02, 0.4)
    films[:, NAMES.index("grey")] += 1.5 * labels[:, 0]
    films[:, -2:] += 2.5 * labels
    return films, labels


def make_reference(count: int = 300, seed: int = 0) -> ShiftReference:
    films, labels = draw_films(count, seed=seed)
    return ShiftReference(Basis("tiny", "val", count, "torch", "fp32"), pack(films), pack(labels))


def change(films: np.ndarray, name: str, value: float, *, share: float = 1.0) -> np.ndarray:
    changed = films.copy()
    changed[: round(share * len(films)), NAMES.index(name)] += value
    return changed


def name_cause(films: np.ndarray) -> str | None:
    found = find_shift(make_reference(), films, FINDINGS)
    assert found is not None
    return found.cause


@pytest.mark.parametrize(("column", "cause"), [
    ("noise", "noise"), ("grey", "greys"), ("contrast", "greys"), ("distance", "films"), ("Nodule", "prevalence"),
])  # fmt: skip
@pytest.mark.parametrize("direction", [1, -1])
def test_what_moved_is_named(column: str, cause: str, direction: int) -> None:
    assert name_cause(change(draw_films(100, seed=1)[0], column, 1.5 * direction)) == cause


@pytest.mark.parametrize(("column", "cause"), [
    ("inverted", "inverted"), ("lateral", "view"), ("ap", "view"), ("elsewhere", "region"),
])  # fmt: skip
def test_shares_come_before_what_they_move(column: str, cause: str) -> None:
    films = change(change(draw_films(100, seed=1)[0], "grey", 3.0), "distance", 3.0)
    films[:, NAMES.index(column)] = np.arange(100) < 90
    assert name_cause(films) == cause


def test_another_prevalence_is_told_from_other_greys() -> None:
    more = draw_films(100, seed=1, effusion=0.8)[0]
    found = find_shift(make_reference(), more, FINDINGS)
    assert found is not None and found.cause == "prevalence"
    assert {"Effusion", "grey"} <= {each.name for each in found.moved}
    assert found.prevalences["Effusion"] == pytest.approx(0.8, abs=0.12)
    assert name_cause(change(more, "grey", -3.0)) == "greys"


def test_batches_without_a_shift_alarm_in_at_most_one_of_twenty() -> None:
    draws = [find_shift(make_reference(150, 2 * seed), draw_films(100, seed=2 * seed + 1)[0], FINDINGS)
             for seed in range(200)]  # fmt: skip
    assert np.mean([found is not None and found.cause is not None for found in draws]) <= 0.07


def test_half_of_the_false_alarms_is_kept_for_the_scores() -> None:
    films = draw_films(100, seed=1, effusion=0.5)[0]
    reference = make_reference().choose([0])
    found = find_shift(reference, films[:, :-1], FINDINGS[:1])
    assert found is not None
    (score,) = (each for each in found.movements if each.name == "Effusion")
    raw = kolmogorov_p_value(score.gap, sample=100, reference=300)
    assert score.p_value == pytest.approx(2 * raw)


def test_what_all_films_share_is_no_test_that_others_pay_for() -> None:
    films, reference = draw_films(100, seed=1)[0], make_reference()
    found = find_shift(reference, films, FINDINGS)
    films[:, 0] = -1  # inverted or not is unknown, where none was before
    unknown = find_shift(reference, films, FINDINGS)
    assert found is not None and unknown is not None
    assert not reference.films.array[:, 0].any()
    assert [each.p_value for each in found.movements] == [each.p_value for each in unknown.movements]


def test_movements_tell_both_sides() -> None:
    films = change(draw_films(100, seed=1)[0], "noise", 1.5)
    found = find_shift(make_reference(), films, FINDINGS)
    assert found is not None
    (noise,) = (each for each in found.moved if each.name == "noise")
    column = NAMES.index("noise")
    assert noise.here == np.median(films[:, column])
    assert noise.there == np.median(make_reference().films.array[:, column])


def test_a_view_that_nobody_names_is_not_compared() -> None:
    films = draw_films(100, seed=1)[0]
    films[:, NAMES.index("ap")] = -1
    found = find_shift(make_reference(), films, FINDINGS)
    assert found is not None and found.cause is None
    (view,) = (each for each in found.movements if each.name == "ap")
    assert (view.here, view.there, view.gap, view.p_value) == (None, None, 0.0, 1.0)


@pytest.mark.parametrize(("count", "is_told"), [(29, False), (30, True)])
def test_of_few_films_nothing_is_said(count: int, is_told: bool) -> None:
    assert (find_shift(make_reference(), draw_films(count, seed=1)[0], FINDINGS) is not None) == is_told


def test_a_reference_for_some_findings_has_their_columns() -> None:
    chosen, whole = make_reference().choose([1]), make_reference()
    np.testing.assert_array_equal(chosen.films.array[:, -1], whole.films.array[:, -1])
    np.testing.assert_array_equal(chosen.labels.array[:, 0], whole.labels.array[:, 1])
    assert chosen.films.shape[1] == len(NAMES) - 1


def test_a_reference_whose_parts_do_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a reference of films \(3, 10\) with labels \(3, 3\)"):
        ShiftReference(make_reference().basis, pack(np.zeros((3, 10))), pack(np.zeros((3, 3))))


@pytest.mark.parametrize(("part", "column"), [("films", 0), ("films", 3), ("labels", 1)])
def test_a_reference_with_shares_that_cannot_be_is_refused(part: str, column: int) -> None:
    values = getattr(make_reference(), part).array.copy()
    values[0, column] = -5
    with pytest.raises(ValueError, match=r"shares or labels that are not 1, 0 or -1"):
        replace(make_reference(), **{part: pack(values)})


def test_the_prevalence_is_found_through_an_imperfect_network() -> None:
    generator = np.random.default_rng(0)
    labels, others = (generator.random(5000) < share for share in (0.5, 0.1))
    reference, logits = (generator.normal(size=5000) + 1.5 * each for each in (labels, others))
    assert estimate_prevalence(logits, reference, labels.astype(np.float64)) == pytest.approx(0.1, abs=0.03)


def test_a_network_that_tells_nothing_gives_no_prevalence() -> None:
    labels = np.array([1.0, 0, 1, 0])
    assert estimate_prevalence(np.zeros(5), np.zeros(4), labels) is None
    assert estimate_prevalence(np.zeros(5), np.arange(4.0), np.zeros(4)) is None


def test_weights_give_the_prevalence_and_leave_out_what_has_no_label() -> None:
    weights = weight_to(0.8, np.array([1.0, 0, 0, -1]))
    assert weights[:1].sum() / weights.sum() == pytest.approx(0.8)
    assert weights[3] == 0
