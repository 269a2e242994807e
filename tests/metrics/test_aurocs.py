"""AUROC with intervals over several findings, alone and as a paired difference."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xray_resnet.metrics import auroc, clustered_interval, estimate_aurocs, estimate_paired_difference, macro_auroc
from xray_resnet.metrics.aurocs import NEWCOMBE
from xray_resnet.metrics.bootstrap import BOOTSTRAP
from xray_resnet.metrics.newcombe import newcombe_interval

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
    found = estimate_aurocs(labels, scores, patients=patients, generator=np.random.default_rng(0), resamples=50)
    assert [f.value for f in found.findings] == pytest.approx([auroc(labels[:, f], scores[:, f]) for f in range(3)])
    assert found.macro.value == pytest.approx(macro_auroc(labels, scores))


def test_an_undefined_finding_is_null_and_left_out_of_the_macro_average() -> None:
    labels, scores, patients = cohort(1, patients=30, images=1, findings=2)
    labels[:, 1] = 0
    found = estimate_aurocs(labels, scores, patients=patients, generator=np.random.default_rng(0), resamples=50)
    assert (found.findings[1].value, found.findings[1].why_null) == (None, "no positive image")
    assert (found.macro.value, found.n_defined) == (found.findings[0].value, 1)


def test_one_patient_with_the_finding_leaves_no_interval() -> None:
    labels, scores = np.zeros((20, 1)), np.linspace(0, 1, 20)[:, None]
    labels[7] = 1
    found = estimate_aurocs(labels, scores, patients=np.arange(20), generator=np.random.default_rng(0))
    assert found.findings[0].value is not None and found.findings[0].low is None
    assert "too few patients" in str(found.findings[0].why_null)


def test_the_interval_agrees_with_the_normal_one_by_patients() -> None:
    labels, scores, patients = cohort(2, patients=400, images=1)
    found = estimate_aurocs(labels, scores, patients=patients, generator=np.random.default_rng(0)).findings[0]
    assert (found.low, found.high) == pytest.approx(
        clustered_interval(labels[:, 0], scores[:, 0], patients=patients), abs=0.008
    )


def test_repeated_images_do_not_narrow_the_interval() -> None:
    labels, scores, patients = cohort(3, patients=100, images=1)
    once = estimate_aurocs(labels, scores, patients=patients, generator=np.random.default_rng(0)).macro
    copies = [np.repeat(values, 5, axis=0) for values in (labels, scores, patients)]
    fivefold = estimate_aurocs(copies[0], copies[1], patients=copies[2], generator=np.random.default_rng(0)).macro
    assert (fivefold.low, fivefold.high) == pytest.approx((once.low, once.high))


def test_the_clustered_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """True AUROC of a shift of 1 under shared noise 1 and own noise 0.3: Φ(1 / √(2 · 1.09))."""
    truth, covered = 0.7509, 0
    for seed in range(500):
        labels, scores, patients = cohort(seed, patients=80, images=3)
        found = estimate_aurocs(
            labels, scores, patients=patients, generator=np.random.default_rng(seed), resamples=400
        ).macro
        assert found.low is not None and found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 500 <= 0.98


def test_a_difference_pairs_what_the_scores_share() -> None:
    labels, first, patients = cohort(4, patients=150, images=2, findings=2)
    second = first + 0.2 * labels
    found = estimate_paired_difference(
        labels, first, second, patients=patients, generator=np.random.default_rng(0)
    ).macro
    assert found.value == pytest.approx(macro_auroc(labels, second) - macro_auroc(labels, first))  # type: ignore[operator]
    assert found.low is not None and found.high is not None
    assert 0 < found.low < found.high < 0.1


def test_swapping_the_scores_mirrors_the_difference() -> None:
    labels, first, patients = cohort(5, patients=60, images=1)
    second = cohort(6, patients=60, images=1)[1]
    forth, back = (
        estimate_paired_difference(labels, *pair, patients=patients, generator=np.random.default_rng(0)).macro
        for pair in ((first, second), (second, first))
    )
    assert (back.value, back.low, back.high) == pytest.approx((-forth.value, -forth.high, -forth.low))  # type: ignore[operator]


def test_one_patient_with_a_finding_leaves_the_macro_average_without_an_interval() -> None:
    labels, scores, patients = cohort(7, patients=60, images=1, findings=3)
    labels[:, 2] = 0
    labels[5, 2] = 1
    found = estimate_aurocs(labels, scores, patients=patients, generator=np.random.default_rng(0), resamples=200)
    assert found.findings[2].low is None and found.findings[2].value is not None
    assert found.macro.value is not None and found.macro.low is None
    assert found.macro.why_null == "interval: too few patients for that of a finding"


def test_few_patients_get_newcombes_interval_with_patients_for_images() -> None:
    labels, scores, patients = cohort(8, patients=30, images=4)
    found = estimate_aurocs(labels, scores, patients=patients, generator=np.random.default_rng(0)).findings[0]
    having = len(np.unique(patients[labels[:, 0] == 1]))
    assert found.method == NEWCOMBE
    assert (found.low, found.high) == newcombe_interval(found.value, having, 30 - having)  # type: ignore[arg-type]


def test_many_patients_are_resampled() -> None:
    labels, scores, patients = cohort(9, patients=150, images=2)
    found = estimate_aurocs(labels, scores, patients=patients, generator=np.random.default_rng(0), resamples=50)
    assert found.findings[0].method == found.macro.method == BOOTSTRAP


def test_perfect_separation_of_many_patients_still_has_a_width() -> None:
    labels = np.repeat([0.0, 1.0], 60)[:, None]
    found = estimate_aurocs(labels, labels, patients=np.arange(120), generator=np.random.default_rng(0), resamples=50)
    assert (found.findings[0].value, found.findings[0].high) == (1, 1)
    assert 0.9 < found.findings[0].low < 0.99  # type: ignore[operator]


def test_the_difference_of_few_patients_is_paired_too() -> None:
    labels, first, patients = cohort(10, patients=40, images=2)
    generators = (np.random.default_rng(0), np.random.default_rng(0))
    alike = estimate_paired_difference(labels, first, first + 0.05 * labels, patients=patients, generator=generators[0])
    other = cohort(11, patients=40, images=2)[1]
    apart = estimate_paired_difference(labels, first, other, patients=patients, generator=generators[1])
    widths = [each.findings[0].high - each.findings[0].low for each in (alike, apart)]  # type: ignore[operator]
    assert alike.findings[0].method == NEWCOMBE
    assert widths[0] < widths[1] / 2


def test_the_mean_of_few_patients_findings_is_narrower_than_each() -> None:
    labels, scores, patients = cohort(12, patients=40, images=1, findings=4)
    found = estimate_aurocs(labels, scores, patients=patients, generator=np.random.default_rng(0), resamples=300)
    width = found.macro.high - found.macro.low  # type: ignore[operator]
    assert found.macro.method == NEWCOMBE
    assert width < min(each.high - each.low for each in found.findings)  # type: ignore[operator]
