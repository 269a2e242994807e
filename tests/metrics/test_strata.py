"""AUROC within strata: pairs counted one by one, its variance against the known one, and how often intervals cover."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from xray_resnet.metrics import auroc
from xray_resnet.metrics.aurocs import estimate_aurocs
from xray_resnet.metrics.clustered import Variation
from xray_resnet.metrics.components import differentiate_auroc
from xray_resnet.metrics.newcombe import wilson_interval
from xray_resnet.metrics.ranking_intervals import WITHIN
from xray_resnet.metrics.strata import NO_PAIRS, ComparedPairs, compare_within, estimate_within_strata

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
def test_with_one_stratum_all_is_as_over_all_pairs(seed: int) -> None:
    labels, scores, _, patients = images(seed)
    found = compared(labels, scores, np.zeros(len(labels), np.intp), patients).variation
    whole = Variation.of(differentiate_auroc, labels, scores, patients=patients)
    assert found.values == pytest.approx(whole.values)
    assert found.independent == pytest.approx(whole.independent)
    np.testing.assert_allclose(found.sums(), whole.sums(), atol=1e-12)
    np.testing.assert_allclose(found.sizes, whole.sizes)


@pytest.mark.parametrize("patients", [40, 200])
def test_a_group_of_all_images_has_the_interval_of_the_headline(patients: int) -> None:
    labels, scores, _, people = images(5, patients=patients)
    found = estimate_within_strata(labels, scores, np.zeros(len(labels), np.intp), patients=people)
    headline = estimate_aurocs(labels[:, None], scores[:, None], patients=people).findings[0]
    assert found.method == headline.method
    assert (found.value, found.low, found.high) == pytest.approx((headline.value, headline.low, headline.high))


def test_sides_that_share_no_patient_are_independent() -> None:
    labels, scores, _, patients = images(0)
    sides = [np.where((patients < 30) == side, 0, -1) for side in (True, False)]
    one, other = (compared(labels, scores, side, patients).variation.sums()[0] for side in sides)
    assert one @ other == 0


def test_an_image_weighs_as_many_as_its_pairs() -> None:
    """The third positive alone has one pair, the first two have three each: 6 of 7 pairs, of three positives."""
    labels, strata = np.array([1.0, 1, 1, 0, 0, 0, 0]), np.array([0, 0, 1, 0, 0, 0, 1])
    sizes = compared(labels, labels, strata, np.arange(7)).variation.sizes
    np.testing.assert_allclose(sizes[0, :3], [9 / 7, 9 / 7, 3 / 7])
    np.testing.assert_allclose(sizes[1, 3:], [8 / 7, 8 / 7, 8 / 7, 4 / 7])


def test_the_variance_is_that_of_the_bootstrap_of_patients() -> None:
    labels, scores, strata, patients = images(3, patients=300)
    generator, drawn = np.random.default_rng(0), []
    for _ in range(400):
        who = generator.integers(300, size=300)
        rows = (2 * who[:, None] + [0, 1]).ravel()
        drawn.append(compared(labels[rows], scores[rows], strata[rows], np.repeat(np.arange(300), 2)).area)
    assert np.sqrt(compared(labels, scores, strata, patients).variation.variance()[0]) == pytest.approx(
        np.std(drawn), rel=0.12
    )


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


def test_few_patients_in_strata_have_no_less_than_wilsons_interval_and_many_students() -> None:
    labels, scores, strata, patients = images(5, patients=200)
    many = compared(labels, scores, strata, patients)
    few = compared(labels[:60], scores[:60], strata[:60], patients[:60])
    assert many.method == few.method == WITHIN
    shares = [(pairs / few.n_pairs) ** 2 / min(counts) for counts, pairs in few.strata]
    low, high = wilson_interval(few.area, min(1 / sum(shares), *few.variation.equal_patients))
    found = few.estimate()
    assert found.low is not None and found.high is not None and found.low <= low + 1e-12 and found.high >= high - 1e-12
    wide = wilson_interval(many.area, min(many.variation.equal_patients))
    assert float(many.bound().high[0] - many.bound().low[0]) < 0.9 * (wide[1] - wide[0])


@pytest.mark.parametrize(("patients", "least", "most"), [(30, 0.95, 1.0), (300, 0.93, 0.98)])
def test_intervals_within_strata_cover_the_truth(patients: int, least: float, most: float) -> None:
    """Within a stratum the scores are shifted by 1 under a unit normal: Φ(1 / √2), whatever the strata add."""
    truth, given, covered = float(norm.cdf(np.sqrt(0.5))), 0, 0
    for seed in range(300):
        generator = np.random.default_rng(seed)
        strata = generator.integers(3, size=patients)
        labels = (generator.random(patients) < 0.2 + 0.25 * strata).astype(float)
        scores = labels + 2.0 * strata + generator.normal(size=patients)
        found = estimate_within_strata(labels, scores, strata, patients=np.arange(patients))
        if found.low is not None and found.high is not None:
            given, covered = given + 1, covered + (found.low <= truth <= found.high)
    assert given > 200 and least <= covered / given <= most


def test_a_variance_that_is_inflated_makes_the_interval_as_much_wider() -> None:
    generator = np.random.default_rng(0)
    labels, strata = generator.integers(2, size=400), generator.integers(3, size=400)
    scores, people = generator.normal(size=400) + labels, np.arange(400)
    plain = compare_within(labels, scores, strata, patients=people)
    assert plain is not None
    wide = plain.inflate(1.5).inflate(1.5)
    assert wide.variation.variance() == pytest.approx(2.25 * plain.variation.variance())
    assert (wide.area, wide.inflation) == (plain.area, 2.25)
    found = estimate_within_strata(labels, scores, strata, patients=people, inflation=2.25)
    assert (found.low, found.high) == pytest.approx((wide.estimate().low, wide.estimate().high))
    few = compare_within(labels[:60], scores[:60], strata[:60], patients=people[:60])
    assert few is not None
    narrow, wide_of_few = few.estimate(), few.inflate(4).estimate()
    assert None not in (narrow.low, narrow.high, wide_of_few.low, wide_of_few.high)
    assert wide_of_few.high - wide_of_few.low > 1.5 * (narrow.high - narrow.low)  # type: ignore[operator]
