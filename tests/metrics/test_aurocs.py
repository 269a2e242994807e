"""AUROC with intervals over several findings, alone and as a paired difference; average precision, partial AUROC."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from tests.metrics.cohorts import draw_cohort
from xray_resnet.metrics import (
    auroc,
    estimate_aurocs,
    estimate_average_precision,
    estimate_paired_difference,
    estimate_partial_auroc,
    macro_auroc,
)
from xray_resnet.metrics.aurocs import COMBINED
from xray_resnet.metrics.ranking_intervals import AUROC, LOGIT, STUDENT

Array = NDArray[np.float64]


def cohort(seed: int, *, patients: int, images: int, findings: int = 1) -> tuple[Array, Array, NDArray[np.intp]]:
    """Labels, scores and patients; images of a patient share label and most of their score."""
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), images)
    labels = (generator.random((patients, findings)) < 0.4).astype(float)[patient]
    shared = generator.normal(size=(patients, findings))[patient]
    scores = labels + shared + 0.3 * generator.normal(size=labels.shape)
    return labels, scores, patient


def test_values_are_the_plain_aurocs() -> None:
    labels, scores, patients = cohort(0, patients=30, images=2, findings=3)
    found = estimate_aurocs(labels, scores, patients=patients)
    assert [f.value for f in found.findings] == pytest.approx([auroc(labels[:, f], scores[:, f]) for f in range(3)])
    assert found.macro.value == pytest.approx(macro_auroc(labels, scores))


def test_every_interval_says_how_it_was_made() -> None:
    labels, scores, patients = cohort(1, patients=40, images=2, findings=2)
    found = estimate_aurocs(labels, scores, patients=patients)
    difference = estimate_paired_difference(labels, scores, scores + labels, patients=patients)
    assert [estimate.method for estimate in (*found.findings, found.macro)] == [AUROC, AUROC, COMBINED]
    assert [estimate.method for estimate in (*difference.findings, difference.macro)] == [STUDENT, STUDENT, COMBINED]


def test_an_undefined_finding_is_null_and_left_out_of_the_macro_average() -> None:
    labels, scores, patients = cohort(1, patients=30, images=1, findings=2)
    labels[:, 1] = 0
    found = estimate_aurocs(labels, scores, patients=patients)
    assert (found.findings[1].value, found.findings[1].why_null) == (None, "no positive image")
    assert (found.macro, found.n_defined) == (found.findings[0], 1)


def test_without_a_defined_finding_there_is_no_macro_average() -> None:
    found = estimate_aurocs(np.zeros((4, 2)), np.zeros((4, 2)), patients=np.arange(4))
    assert (found.macro.value, found.macro.why_null) == (None, "no finding has both a positive and a negative image")


def test_one_patient_with_the_finding_leaves_no_interval() -> None:
    labels, scores = np.zeros((20, 1)), np.linspace(0, 1, 20)[:, None]
    labels[7] = 1
    (found,) = estimate_aurocs(labels, scores, patients=np.arange(20)).findings
    assert (found.low, found.high, found.method) == (None, None, None)
    assert found.value is not None and found.why_null == "interval: too few patients, 1 with and 19 without"


def test_one_patient_with_a_finding_leaves_the_macro_average_without_an_interval() -> None:
    labels, scores, patients = cohort(7, patients=60, images=1, findings=3)
    labels[:, 2] = 0
    labels[5, 2] = 1
    found = estimate_aurocs(labels, scores, patients=patients)
    assert found.macro.value is not None and found.macro.low is None
    assert found.macro.why_null == "interval: 1 of 3 findings without one"


def test_the_mean_over_findings_that_have_nothing_in_common_is_narrower_than_each() -> None:
    labels, scores, patients = cohort(12, patients=80, images=1, findings=4)
    found = estimate_aurocs(labels, scores, patients=patients)
    widths = [each.high - each.low for each in (*found.findings, found.macro)]  # type: ignore[operator]
    assert widths[-1] < 0.7 * min(widths[:-1])


def test_the_mean_over_copies_of_a_finding_is_as_wide_as_the_finding() -> None:
    labels, scores, patients = cohort(13, patients=80, images=2)
    found = estimate_aurocs(np.repeat(labels, 3, axis=1), np.repeat(scores, 3, axis=1), patients=patients)
    (one,) = estimate_aurocs(labels, scores, patients=patients).findings
    assert (found.macro.low, found.macro.high) == pytest.approx((one.low, one.high))


def test_a_difference_pairs_what_the_scores_share() -> None:
    labels, first, patients = cohort(4, patients=150, images=2, findings=2)
    found = estimate_paired_difference(labels, first, first + 0.2 * labels, patients=patients).macro
    expected = macro_auroc(labels, first + 0.2 * labels) - macro_auroc(labels, first)  # type: ignore[operator]
    assert found.value == pytest.approx(expected)
    assert found.low is not None and found.high is not None
    assert 0 < found.low < found.high < 0.1


def test_swapping_the_scores_mirrors_the_difference() -> None:
    labels, first, patients = cohort(5, patients=60, images=1, findings=2)
    second = cohort(6, patients=60, images=1, findings=2)[1]
    forth, back = (
        estimate_paired_difference(labels, *pair, patients=patients) for pair in ((first, second), (second, first))
    )
    for one, other in zip((*forth.findings, forth.macro), (*back.findings, back.macro), strict=True):
        assert (other.value, other.low, other.high) == pytest.approx((-one.value, -one.high, -one.low))  # type: ignore[operator]


def test_average_precision_and_partial_auroc_are_those_of_scikit_learn() -> None:
    labels, scores, patients = draw_cohort(1, having=300, lacking=700)
    rounded = np.round(scores, 1)
    precision = estimate_average_precision(labels, rounded, patients=patients)
    assert precision.value == pytest.approx(average_precision_score(labels, rounded), abs=1e-12)
    for max_fpr in (0.05, 0.1, 0.333, 1.0):
        found = estimate_partial_auroc(labels, rounded, patients=patients, max_fpr=max_fpr)
        assert found.value == pytest.approx(roc_auc_score(labels, rounded, max_fpr=max_fpr), abs=1e-12)
        assert found.low is not None and found.value is not None and found.high is not None
        assert found.low < found.value < found.high and found.method == LOGIT


@pytest.mark.parametrize(("having", "lacking"), [(24, 600), (60, 249)])
def test_a_partial_auroc_needs_25_patients_with_the_finding_and_as_many_within_the_rate(
    having: int, lacking: int
) -> None:
    labels, scores, patients = draw_cohort(2, having=having, lacking=lacking)
    found = estimate_partial_auroc(labels, scores, patients=patients, max_fpr=0.1)
    assert found.value is not None and found.low is None
    reason = f"too few patients, {having} with and {lacking // 10} without within the rate, expected 25 of each"
    assert found.why_null == f"interval: {reason}"


def test_undefined_metrics_have_their_reason() -> None:
    for found in (
        estimate_average_precision([1, 1], [0.1, 0.2], patients=[1, 2]),
        estimate_partial_auroc([1, 1], [0.1, 0.2], patients=[1, 2], max_fpr=0.1),
    ):
        assert (found.value, found.why_null) == (None, "no negative image")


@pytest.mark.parametrize("max_fpr", [0.0, 1.1])
def test_a_rate_that_is_none_is_refused(max_fpr: float) -> None:
    with pytest.raises(ValueError, match="expected more than 0 and at most 1"):
        estimate_partial_auroc([0, 1], [0.1, 0.2], patients=[1, 2], max_fpr=max_fpr)
