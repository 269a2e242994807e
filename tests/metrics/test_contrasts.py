"""A group against the rest: pairs counted one by one, intervals that cover, corrected tests that keep their level."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xray_resnet.metrics import auroc
from xray_resnet.metrics.contrasts import FEWEST_TO_COMPARE, Contrast, contrast_group, correct_contrasts
from xray_resnet.metrics.ranking_intervals import AUROC

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NULL = 0.0


def cohort(
    seed: int, *, patients: int, share: float = 0.4, shifts: tuple[float, float] = (1.0, 1.0), crossing: float = 0.3
) -> tuple[Floats, Floats, Bools, NDArray[np.intp]]:
    """Labels, scores, group and patients of two images each; `crossing` of them have one image on either side.

    Scores are shifted by `shifts` with the finding, inside the group and outside, under noise of which the patient's
    images share most.
    """
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 2)
    labels = (generator.random(patients) < 0.4).astype(float)[patient]
    group = (generator.random(patients) < share)[patient]
    group[1::2] ^= generator.random(patients) < crossing
    noise = generator.normal(size=patients)[patient] + 0.3 * generator.normal(size=len(patient))
    return labels, labels * np.where(group, *shifts) + noise, group, patient


def contrast(*arguments: object, **of_the_cohort: object) -> Contrast:
    labels, scores, group, patients = cohort(*arguments, **of_the_cohort)  # type: ignore[arg-type]
    return contrast_group(labels, scores, group, patients=patients)


@pytest.mark.parametrize("seed", range(3))
def test_the_difference_is_that_of_the_aurocs_of_either_side(seed: int) -> None:
    labels, scores, group, patients = cohort(seed, patients=80, shifts=(0.5, 2.0))
    labels[::9] = np.nan
    found = contrast_group(labels, scores, group, patients=patients)
    inside, outside = (auroc(labels[group == side], scores[group == side]) for side in (True, False))
    assert inside is not None and outside is not None
    assert (found.inside.value, found.outside.value) == pytest.approx((inside, outside))
    assert found.difference.value == pytest.approx(inside - outside)


def test_the_other_side_is_the_mirror() -> None:
    labels, scores, group, patients = cohort(0, patients=120, shifts=(0.8, 1.6))
    one, other = (contrast_group(labels, scores, side, patients=patients) for side in (group, ~group))
    assert (one.difference.low, one.p_value) == pytest.approx((-float(other.difference.high or 0), other.p_value))


@pytest.mark.parametrize("patients", [60, 400])
def test_the_p_value_is_below_one_in_twenty_where_the_interval_leaves_out_zero(patients: int) -> None:
    verdicts = set()
    for seed in range(60):
        found = contrast(seed, patients=patients, share=0.5, shifts=(0.2, 1.8 if patients < 100 else 0.6))
        if found.p_value is None:
            continue
        assert found.difference.low is not None and found.difference.high is not None
        assert AUROC in str(found.difference.method)
        assert (found.p_value < 0.05) == (found.difference.low > 0 or found.difference.high < 0)
        verdicts.add(found.p_value < 0.05)
    assert verdicts == {True, False}


def test_a_perfect_side_can_be_compared() -> None:
    labels, scores, group, patients = cohort(1, patients=100, share=0.3)
    scores[group] = labels[group]
    found = contrast_group(labels, scores, group, patients=patients)
    assert found.inside.value == 1 and found.p_value is not None and found.p_value < 0.02
    assert found.difference.high is not None and found.difference.high <= 1


@pytest.mark.parametrize(("patients", "shift"), [(60, 1.0), (250, 1.0), (250, 2.5)])
def test_intervals_of_no_difference_cover_it_though_patients_are_on_both_sides(patients: int, shift: float) -> None:
    covered = tested = 0
    for seed in range(150):
        found = contrast(seed, patients=patients, shifts=(shift, shift), crossing=0.5)
        if found.difference.low is not None and found.difference.high is not None:
            tested += 1
            covered += found.difference.low <= NULL <= found.difference.high
    assert tested > 120
    assert 0.92 <= covered / tested <= 0.995


def test_patients_on_both_sides_who_are_taken_for_two_would_cost_width() -> None:
    """What a patient's images share cancels in the difference."""
    labels, scores, group, patients = cohort(2, patients=200, share=0.0, crossing=1.0)
    known = contrast_group(labels, scores, group, patients=patients).difference
    taken_apart = contrast_group(labels, scores, group, patients=2 * patients + group).difference
    widths = [float(each.high or 0) - float(each.low or 0) for each in (known, taken_apart)]
    assert widths[0] < 0.6 * widths[1]


def test_a_group_of_few_patients_is_not_compared_and_says_so() -> None:
    labels, scores, _, patients = cohort(3, patients=60)
    few = np.isin(patients, np.unique(patients[labels == 1])[: FEWEST_TO_COMPARE - 1]) | (labels == 0) & (patients < 40)
    found = contrast_group(labels, scores, few, patients=patients)
    assert (found.difference.value, found.p_value) == (None, None)
    assert str(found.difference.why_null).startswith("9 patients with and ")
    assert str(found.difference.why_null).endswith("without it in the group, expected 10 of each")
    assert found.inside.low is not None


def test_a_group_without_positives_and_one_of_all_images_say_so() -> None:
    labels, scores, _, patients = cohort(4, patients=60)
    without = contrast_group(labels, scores, labels == 0, patients=patients)
    assert (without.inside.why_null, without.difference.why_null) == ("no positive image", "no AUROC in the group")
    whole = contrast_group(labels, scores, labels >= 0, patients=patients)
    assert (whole.outside.why_null, whole.difference.why_null) == ("no assessed image", "all images are in the group")


def test_equal_divisions_are_one_test_of_the_correction() -> None:
    """Two tests, not four: the greater p-value stays, the lesser is doubled."""
    one, other = contrast(5, patients=200, shifts=(0.4, 1.4)), contrast(6, patients=200)
    corrected = correct_contrasts([one, one, other, other], ["a", "a", "b", "b"])
    assert one.p_value is not None and other.p_value is not None
    assert [each.corrected for each in corrected] == pytest.approx([2 * one.p_value] * 2 + [other.p_value] * 2)


def test_what_cannot_be_tested_does_not_count() -> None:
    one, empty = contrast(5, patients=200, shifts=(0.4, 1.4)), contrast(7, patients=10)
    assert [each.corrected for each in correct_contrasts([empty, one], [0, 1])] == [None, one.p_value]


def test_of_families_without_a_difference_one_in_twenty_has_a_false_one() -> None:
    """Three facts and two findings, 60 families: at most 5 %, within three standard errors."""
    false = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        patients = np.repeat(np.arange(150), 2)
        labels = (generator.random((150, 2)) < 0.4).astype(float)[patients]
        scores = labels + generator.normal(size=(150, 2))[patients] + 0.3 * generator.normal(size=(300, 2))
        groups = generator.random((3, 300)) < 0.4
        tests = [
            contrast_group(labels[:, f], scores[:, f], group, patients=patients) for group in groups for f in (0, 1)
        ]
        corrected = [test.corrected for test in correct_contrasts(tests, range(6))]
        assert None not in corrected
        false += any(p_value is not None and p_value < 0.05 for p_value in corrected)
    assert false / 60 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)


def test_a_difference_that_is_there_is_found_after_the_correction() -> None:
    worse = contrast(8, patients=400, shifts=(0.3, 1.5))
    rest = [contrast(seed, patients=400) for seed in range(9, 18)]
    first, *_ = correct_contrasts([worse, *rest], range(10))
    assert first.corrected is not None and first.corrected < 0.001
    assert first.difference.high is not None and first.difference.high < 0
