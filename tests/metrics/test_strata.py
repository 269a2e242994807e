"""AUROC within strata: pairs counted one by one, its variance against the known one, and how often intervals cover."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from xray_resnet.metrics import auroc
from xray_resnet.metrics.clustered import FEW_PATIENTS
from xray_resnet.metrics.newcombe import newcombe_interval
from xray_resnet.metrics.strata import (
    LOGIT,
    NEWCOMBE,
    NO_PAIRS,
    VAN_DANTZIG,
    ComparedPairs,
    compare_within,
    estimate_within_strata,
)

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]


def images(seed: int, *, patients: int = 60, strata: int = 4) -> tuple[Floats, Floats, Whole, Whole]:
    """Labels that strata foretell, scores with ties, strata, and patients with two images, often of two strata."""
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 2)
    stratum = generator.integers(strata, size=len(patient))
    labels = (generator.random(len(patient)) < 0.2 + 0.6 * stratum / strata).astype(float)
    scores = np.round(labels + stratum + generator.normal(size=patients)[patient], 1)
    return labels, scores, stratum, patient


def count_pairs(labels: Floats, scores: Floats, strata: Whole) -> tuple[float, int]:
    """Wins and pairs, one by one."""
    wins = pairs = 0.0
    for i in np.flatnonzero(labels == 1):
        for j in np.flatnonzero(labels == 0):
            if strata[i] == strata[j] >= 0:
                pairs += 1
                wins += 1.0 if scores[i] > scores[j] else 0.5 if scores[i] == scores[j] else 0.0
    return wins / pairs, int(pairs)


def vary(labels: Floats, scores: Floats, patients: Whole) -> tuple[Floats, Floats]:
    """What each patient's positives and negatives add to an AUROC, pair by pair (Obuchowski 1997, V10 and V01)."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    wins = np.array([[1.0 if p > n else 0.5 if p == n else 0.0 for n in negative] for p in positive])
    people = np.unique(patients)
    over = [(wins.mean(axis=1) - wins.mean())[patients[labels == 1] == who].sum() / len(positive) for who in people]
    under = [(wins.mean(axis=0) - wins.mean())[patients[labels == 0] == who].sum() / len(negative) for who in people]
    return np.array(over), np.array(under)


def inflate(count: int) -> float:
    """The small-sample factor."""
    return count / (count - 1)


def compared(labels: Floats, scores: Floats, strata: Whole, patients: Whole) -> ComparedPairs:
    found = compare_within(labels, scores, strata, patients=patients)
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_area_is_the_share_of_pairs_within_strata_that_are_in_order(seed: int) -> None:
    labels, scores, strata, patients = images(seed)
    labels[:5], strata[5:12] = np.nan, -1
    found = compared(labels, scores, strata, patients)
    assert (found.area, found.n_pairs) == pytest.approx(count_pairs(labels, scores, strata))


@pytest.mark.parametrize("seed", range(3))
def test_with_one_stratum_area_and_variance_are_those_over_all_pairs(seed: int) -> None:
    labels, scores, _, patients = images(seed)
    found = compared(labels, scores, np.zeros(len(labels), np.intp), patients)
    over, under = vary(labels, scores, patients)
    having, lacking = (len(np.unique(patients[labels == value])) for value in (1, 0))
    crossed = 2 * inflate(60) * over @ under
    variance = inflate(having) * over @ over + inflate(lacking) * under @ under + crossed
    assert (found.area, found.variance) == pytest.approx((auroc(labels, scores), variance))


def test_the_covariance_of_two_scores_is_that_of_what_patients_add() -> None:
    labels, first, _, patients = images(0)
    second = first + np.random.default_rng(1).normal(size=len(first))
    one, other = (compared(labels, scores, np.zeros(len(labels), np.intp), patients) for scores in (first, second))
    sums = [sum(vary(labels, scores, patients)) for scores in (first, second)]
    assert one.covariance(other) == pytest.approx(inflate(60) * sums[0] @ sums[1])


def test_sides_that_share_no_patient_are_independent() -> None:
    labels, scores, _, patients = images(0)
    sides = [np.where((patients < 30) == side, 0, -1) for side in (True, False)]
    one, other = (compared(labels, scores, side, patients) for side in sides)
    assert one.covariance(other) == 0


def test_the_variance_is_that_of_the_bootstrap_of_patients() -> None:
    labels, scores, strata, patients = images(3, patients=300)
    generator, drawn = np.random.default_rng(0), []
    for _ in range(400):
        who = generator.integers(300, size=300)
        rows = (2 * who[:, None] + [0, 1]).ravel()
        drawn.append(compared(labels[rows], scores[rows], strata[rows], np.repeat(np.arange(300), 2)).area)
    assert np.sqrt(compared(labels, scores, strata, patients).variance) == pytest.approx(np.std(drawn), rel=0.12)


def test_a_score_that_only_tells_the_strata_apart_is_worth_nothing_within_them() -> None:
    labels, _, strata, patients = images(4, patients=200)
    whole = auroc(labels, strata)
    assert whole is not None and whole > 0.6
    assert compared(labels, strata.astype(float), strata, patients).area == 0.5


def test_without_pairs_the_reason_is_given() -> None:
    labels = np.array([1.0, 1, 0, 0])
    nothing = estimate_within_strata(labels, labels, [0, 0, 1, 1], patients=range(4))
    assert (nothing.value, nothing.why_null) == (None, NO_PAIRS)
    assert estimate_within_strata(labels[:2], labels[:2], [0, 0], patients=range(2)).why_null == "no negative image"


def test_one_patient_with_the_finding_leaves_no_interval() -> None:
    found = estimate_within_strata([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1], [0, 0, 0, 0], patients=[0, 0, 1, 2])
    assert (found.value, found.low) == (0.75, None)
    assert found.why_null == "interval: too few patients, 1 with and 2 without"


def test_few_patients_of_one_stratum_have_newcombes_interval_and_many_a_normal_one() -> None:
    labels, scores, _, patients = images(5, patients=40)
    few = estimate_within_strata(labels, scores, np.zeros(80, np.intp), patients=patients)
    counts = [len(np.unique(patients[labels == value])) for value in (1, 0)]
    assert (few.low, few.high) == pytest.approx(newcombe_interval(float(few.value or 0), *counts))
    assert min(counts) < FEW_PATIENTS and few.method == NEWCOMBE
    labels, scores, strata, patients = images(5, patients=200)
    assert estimate_within_strata(labels, scores, strata, patients=patients).method == LOGIT
    assert estimate_within_strata(labels[:60], scores[:60], strata[:60], patients=patients[:60]).method == VAN_DANTZIG


@pytest.mark.parametrize(("patients", "least", "most"), [(30, 0.95, 1.0), (300, 0.92, 0.98)])
def test_intervals_within_strata_cover_the_truth(patients: int, least: float, most: float) -> None:
    """Within a stratum the scores are shifted by 1 under a unit normal: Φ(1 / √2), whatever the strata add."""
    truth, covered = float(norm.cdf(np.sqrt(0.5))), 0
    for seed in range(300):
        generator = np.random.default_rng(seed)
        strata = generator.integers(3, size=patients)
        labels = (generator.random(patients) < 0.2 + 0.25 * strata).astype(float)
        scores = labels + 2.0 * strata + generator.normal(size=patients)
        found = estimate_within_strata(labels, scores, strata, patients=np.arange(patients))
        assert found.low is not None and found.high is not None
        covered += found.low <= truth <= found.high
    assert least <= covered / 300 <= most
