"""Lessons: how many pictures of each class, and from which archives."""

from collections import Counter

import numpy as np
import pytest

from data_prep.frontal import lessons
from data_prep.frontal.canvas import SIDE
from data_prep.frontal.lessons import FRONTAL, LATERAL, OTHER, Lessons, draw_lessons


def archive(count: int, value: int, side: int = 64) -> np.ndarray:
    return np.full((count, side, side), value, np.uint8)


@pytest.fixture(scope="module")
def drawn() -> Lessons:
    films = np.random.default_rng(0).integers(0, 256, (5, 64, 64)).astype(np.uint8)
    return draw_lessons({"one": films}, 200, np.random.default_rng(1))


def test_there_are_as_many_pictures_as_were_asked_for(drawn: Lessons) -> None:
    assert drawn.pictures.shape == (200, SIDE, SIDE)
    assert drawn.classes.shape == (200,)


def test_every_lesson_has_a_class_and_no_class_is_rare(drawn: Lessons) -> None:
    shares = {kind: number / 200 for kind, number in Counter(drawn.classes.tolist()).items()}
    assert set(shares) == {FRONTAL, LATERAL, OTHER}
    assert min(shares.values()) > 0.1


def test_frontal_chests_and_other_pictures_are_nearly_as_many(drawn: Lessons) -> None:
    frontal, other = (int((drawn.classes == kind).sum()) for kind in (FRONTAL, OTHER))
    assert abs(frontal - other) < 0.1 * 200


def test_frontal_comes_first_among_the_networks_outputs() -> None:
    assert (FRONTAL, LATERAL, OTHER) == (0, 1, 2)


def test_the_same_draw_gives_the_same_lessons() -> None:
    first, second = (draw_lessons({"a": archive(2, 90)}, 30, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first.pictures, second.pictures)
    np.testing.assert_array_equal(first.classes, second.classes)


def test_a_spoilt_film_is_never_called_a_frontal_chest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "spoil", lambda film, rng: np.full((SIDE, SIDE), 1, np.uint8))
    monkeypatch.setattr(lessons, "vary", lambda film, rng: np.full((SIDE, SIDE), 2, np.uint8))
    drawn = draw_lessons({"a": archive(1, 0)}, 100, np.random.default_rng(0))
    flat = drawn.pictures.reshape(100, -1)
    spoilt = (flat == 1).all(axis=1)
    assert spoilt.any() and set(drawn.classes[spoilt]) == {OTHER}
    films = np.flatnonzero(spoilt)[-1] + 1  # after the spoilt ones come the varied ones, to the end
    assert (flat[films:] == 2).all() and set(drawn.classes[films:]) == {FRONTAL}


def test_half_of_the_films_come_from_every_archive_alike_and_half_by_size() -> None:
    """Of 10 and 990 films the small archive gets ½·½ + ½·1 %."""
    archives = {"small": archive(10, 1, 1), "large": archive(990, 2, 1)}
    rng = np.random.default_rng(0)
    small = np.mean([lessons._choose_film(archives, rng)[0, 0] == 1 for _ in range(4000)])
    assert small == pytest.approx(0.255, abs=4 * np.sqrt(0.255 * 0.745 / 4000))


def test_every_film_of_an_archive_is_used() -> None:
    films = np.arange(5, dtype=np.uint8).reshape(5, 1, 1)
    rng = np.random.default_rng(0)
    assert {int(lessons._choose_film({"a": films}, rng)[0, 0]) for _ in range(200)} == set(range(5))
