"""AUROC of several versions together, and means of few repetitions."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from xray_resnet.lab.scores import estimate_mean, resample_aurocs
from xray_resnet.metrics import macro_auroc

GENERATOR = np.random.default_rng(0)
LABELS = (GENERATOR.random((60, 3)) < 0.4).astype(np.float32)
SCORES = GENERATOR.standard_normal((2, 60, 3)) + LABELS
PATIENTS = np.repeat(np.arange(30), 2)


def test_aurocs_are_those_of_the_metric() -> None:
    values, samples = resample_aurocs(LABELS, [*SCORES], patients=PATIENTS, seed=0, resamples=50)
    assert values == pytest.approx([macro_auroc(LABELS, scores) for scores in SCORES], abs=1e-12)
    assert samples.shape == (2, 50)


def test_versions_are_paired_by_the_draws_of_the_patients() -> None:
    _, samples = resample_aurocs(LABELS, [SCORES[0], SCORES[0]], patients=PATIENTS, seed=0, resamples=50)
    np.testing.assert_array_equal(samples[0], samples[1])
    assert np.ptp(samples[0]) > 0


def test_a_finding_without_positives_is_left_out() -> None:
    labels = LABELS.copy()
    labels[:, 1] = 0
    values, _ = resample_aurocs(labels, [SCORES[0]], patients=PATIENTS, seed=0, resamples=5)
    assert values[0] == pytest.approx(macro_auroc(LABELS[:, [0, 2]], SCORES[0][:, [0, 2]]), abs=1e-12)


def test_the_interval_of_a_mean_is_students() -> None:
    values = [0.1, 0.3, 0.35, 0.5]
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    found = estimate_mean(values)
    assert (found.low, found.high) == pytest.approx(tuple(expected), rel=1e-9)
    assert found.method == "Student's t over 4 repetitions"


def test_two_repetitions_have_no_interval() -> None:
    found = estimate_mean([0.1, 0.2])
    assert found.value == pytest.approx(0.15)
    assert (found.low, found.why_null) == (None, "interval: 2 repetitions are too few")
