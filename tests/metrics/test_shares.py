"""Shares of images with intervals by patients: they cover what they say, and few patients are told."""

import numpy as np
import pytest

from xray_resnet.metrics.bootstrap import BOOTSTRAP, Estimate
from xray_resnet.metrics.newcombe import wilson_interval
from xray_resnet.metrics.shares import WILSON, estimate_shares


def share(hits: object, cases: object, patients: object, *, seed: int = 0) -> Estimate:
    generator = np.random.default_rng(seed)
    (found,) = estimate_shares(
        [hits], [cases], patients=patients, generator=generator, why_none=["no case"], resamples=400
    )  # fmt: skip
    return found


def test_only_cases_are_counted() -> None:
    found = share([True, False, True, True], [True, True, True, False], ["a", "b", "c", "d"])
    assert found.value == pytest.approx(2 / 3)


def test_without_a_case_the_share_is_null_with_its_reason() -> None:
    found = share([True, False], [False, False], ["a", "b"])
    assert (found.value, found.low, found.why_null) == (None, None, "no case")


def test_one_patient_has_no_interval_however_many_the_images() -> None:
    found = share(np.arange(50) % 2 == 0, np.ones(50), ["a"] * 50)
    assert (found.value, found.low, found.why_null) == (0.5, None, "interval: too few patients, 1")


def test_weights_count_patients_alike_whatever_their_films() -> None:
    """The mean of the patients' own shares, as of a film drawn at random from a patient drawn at random."""
    films = np.arange(200) % 4 + 1
    who = np.repeat(np.arange(200), films)
    hits = np.random.default_rng(0).random(len(who)) < np.repeat(films / 5, films)
    (found,) = estimate_shares(
        [hits], [np.ones(len(who))], patients=who, weights=1 / films[who], generator=np.random.default_rng(0),
        why_none=["no case"], resamples=400,
    )  # fmt: skip
    own = np.bincount(who, hits) / films
    assert found.value == pytest.approx(own.mean())
    assert found.low is not None and found.high is not None
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * own.std() / np.sqrt(200), rel=0.15)


def test_few_patients_with_a_miss_get_wilsons_interval_of_the_patients() -> None:
    hits = np.r_[np.ones(190), np.zeros(10)]
    found = share(hits, np.ones(200), np.repeat(np.arange(100), 2))
    assert found.method == WILSON
    assert (found.low, found.high) == wilson_interval(0.95, 100)


def test_wilsons_interval_covers_although_patients_have_unequal_numbers_of_images_that_agree() -> None:
    covered = 0
    for seed in range(300):
        generator = np.random.default_rng(seed)
        images = np.r_[20, np.ones(59, int)]
        hits = generator.random(60) < 0.3
        found = share(np.repeat(hits, images), np.ones(images.sum()), np.repeat(np.arange(60), images), seed=seed)
        assert found.method == WILSON and found.low is not None and found.high is not None
        covered += found.low <= 0.3 <= found.high
    assert covered / 300 > 0.9


def test_a_share_of_one_has_an_interval_with_a_width() -> None:
    found = share(np.ones(60), np.ones(60), np.arange(60))
    assert found.high == pytest.approx(1)
    assert found.low == pytest.approx(60 / (60 + 1.959964**2), abs=1e-6)


def test_the_bootstrap_counts_patients_not_images() -> None:
    """Copies of a patient's image add nothing; the interval is that of one image each."""
    hits = np.arange(400) % 2 == 0
    once = share(hits, np.ones(400), np.arange(400))
    five = share(np.repeat(hits, 5), np.ones(2000), np.repeat(np.arange(400), 5))
    assert once.method == five.method == BOOTSTRAP
    assert (five.low, five.high) == (once.low, once.high)


@pytest.mark.parametrize(("share_of_hits", "patients"), [(0.5, 250), (0.93, 90)])
def test_intervals_cover_what_they_say_although_images_of_a_patient_agree(share_of_hits: float, patients: int) -> None:
    covered = 0
    for seed in range(250):
        generator = np.random.default_rng(seed)
        own = generator.beta(2 * share_of_hits, 2 * (1 - share_of_hits), patients)
        hits = generator.random((patients, 3)) < own[:, None]
        found = share(hits.ravel(), np.ones(hits.size), np.repeat(np.arange(patients), 3), seed=seed)
        assert found.low is not None and found.high is not None
        covered += found.low <= share_of_hits <= found.high
    assert 0.91 <= covered / 250 <= 0.995
