"""Which films are unlike the training films: the distance against its definition, and the threshold's promise."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from xray_resnet.basis import Basis
from xray_resnet.packed import pack
from xray_resnet.scope import FeatureSpace, Scope, choose_threshold, fit_space

BASIS = Basis("tiny", "val", 120, "torch", "fp32")
SCALES = np.array([9, 5, 3, 1, 1, 1, 1, 1], np.float64)


def draw_features(count: int = 400, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    rotation = np.linalg.qr(np.random.default_rng(9).normal(size=(8, 8)))[0]
    return np.asarray(generator.normal(size=(count, 8)) * SCALES @ rotation + 2)


@pytest.fixture(scope="module")
def space() -> FeatureSpace:
    return fit_space(draw_features())


def test_the_distance_is_mahalanobis_with_the_covariance_of_probabilistic_pca(space: FeatureSpace) -> None:
    directions, features = space.directions.array, draw_features(5, seed=1)
    covariance = space.rest * (np.eye(8) - directions.T @ directions)
    covariance += directions.T @ np.diag(space.variances.array) @ directions
    offsets = features - space.mean.array
    expected = np.sqrt(np.einsum("ni,ij,nj->n", offsets, np.linalg.inv(covariance), offsets) / 8)
    np.testing.assert_allclose(space.measure(features), expected, rtol=1e-4)


def test_training_films_are_at_a_distance_of_about_one(space: FeatureSpace) -> None:
    assert np.mean(space.measure(draw_features()) ** 2) == pytest.approx(1, abs=0.01)


def test_a_step_in_a_direction_of_little_variance_is_the_longer_one(space: FeatureSpace) -> None:
    leading = space.directions.array[0]
    other = np.linalg.svd(space.directions.array)[2][-1]
    near, far = space.measure(space.mean.array + 5 * np.stack([leading, other]))
    assert far > 5 * near


@pytest.mark.parametrize(("features", "message"), [
    (np.zeros((9, 8)), r"9 training films, expected 10 or more"),
    (np.zeros((50, 8)), r"features of the training films do not differ"),
])  # fmt: skip
def test_too_few_or_equal_films_make_no_space(features: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_space(features)


def test_the_threshold_is_the_conformal_rank() -> None:
    distances = np.random.default_rng(0).permutation(np.arange(1.0, 200))
    assert choose_threshold(distances, false_alarms=0.01) == 198
    assert choose_threshold(distances, false_alarms=0.05) == 190


def test_a_new_film_exceeds_the_threshold_no_more_often_than_promised() -> None:
    generator = np.random.default_rng(0)
    draws = generator.exponential(size=(4000, 100))
    beyond = [new > (choose_threshold(known, false_alarms=0.05) or 0) for *known, new in draws]
    assert 0.03 < np.mean(beyond) < 0.06


@pytest.mark.parametrize(("patients", "is_made"), [(98, False), (99, True)])
def test_a_promise_of_one_per_cent_takes_99_patients(patients: int, is_made: bool) -> None:
    assert (choose_threshold(np.arange(patients) + 1.0) is not None) == is_made


def test_a_scope_comes_back_from_json(space: FeatureSpace) -> None:
    scope = Scope(BASIS, space, 1.5, 0.01)
    plain = json.loads(json.dumps(asdict(scope)))
    assert Scope.from_plain(plain) == scope
    for name, value in (("threshold", "1.5"), ("threshold", True), ("false_alarms", "0.01")):
        with pytest.raises(ValueError, match=rf"{name} is {value!r}, expected a number"):
            Scope.from_plain({**plain, name: value})


def test_films_beyond_the_threshold_are_out_of_scope(space: FeatureSpace) -> None:
    features = draw_features(4, seed=2)
    distances = space.measure(features)
    threshold = float(np.sort(distances)[1])
    assert Scope(BASIS, space, threshold, 0.01).is_beyond(features).tolist() == (distances > threshold).tolist()


@pytest.mark.parametrize("threshold", [0.0, -1.0, float("nan"), float("inf")])
def test_a_threshold_that_cannot_be_is_refused(space: FeatureSpace, threshold: float) -> None:
    with pytest.raises(ValueError, match=r"expected above 0, and between 0 and 1"):
        Scope(BASIS, space, threshold, 0.01)


@pytest.mark.parametrize(("part", "message"), [
    ({"mean": pack(np.ones(7))}, r"expected \(C,\), \(K, C\) and \(K,\)"),
    ({"variances": pack(np.ones(5))}, r"expected \(C,\), \(K, C\) and \(K,\)"),
    ({"variances": pack([1.0, 1.0, 1.0, 0.0])}, r"expected numbers above 0"),
    ({"rest": 0.0}, r"expected numbers above 0"),
])  # fmt: skip
def test_spaces_that_cannot_be_are_refused(space: FeatureSpace, part: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(space, **part)
