"""Films: what varying keeps and what spoiling breaks."""

import numpy as np
import pytest

from data_prep.frontal import films
from data_prep.frontal.canvas import SIDE
from data_prep.frontal.films import spoil, vary


def gradient(side: int = 96) -> np.ndarray:
    """Dark above, bright below."""
    return np.tile(np.linspace(0, 255, side).astype(np.uint8)[:, None], (1, side))


def textured(side: int = 64) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (side, side)).astype(np.uint8)


@pytest.mark.parametrize("change", [vary, spoil])
@pytest.mark.parametrize("side", [48, 64, 128])
def test_a_picture_of_any_side_becomes_one_of_the_side_that_is_taught(change: object, side: int) -> None:
    picture = change(gradient(side), np.random.default_rng(0))  # type: ignore[operator]
    assert (picture.shape, picture.dtype) == ((SIDE, SIDE), np.uint8)
    assert picture.flags.c_contiguous


def test_a_film_is_not_changed_by_what_is_made_of_it() -> None:
    film = textured()
    before = film.copy()
    for seed in range(40):
        vary(film, np.random.default_rng(seed))
        spoil(film, np.random.default_rng(seed))
    np.testing.assert_array_equal(film, before)


def test_a_varied_film_stays_upright() -> None:
    for seed in range(30):
        picture = vary(gradient(), np.random.default_rng(seed)).astype(float)
        assert picture[36:48, 20:44].mean() > picture[16:28, 20:44].mean()


def test_half_of_the_varied_films_are_mirrored() -> None:
    """An exposure of a bright right half, at the sides of the middle, where no border comes."""
    film = np.zeros((64, 64), np.uint8)
    film[:, 32:] = 200
    pictures = [vary(film, np.random.default_rng(seed)).astype(float) for seed in range(400)]
    mirrored = np.mean([picture[28:36, 16:24].mean() > picture[28:36, 40:48].mean() for picture in pictures])
    assert mirrored == pytest.approx(0.5, abs=4 * 0.5 / 20)  # four standard errors of a share of 400


def test_a_film_turned_over_is_a_quarter_a_half_or_three_quarters_of_a_turn() -> None:
    film = textured()
    turns = {1: 0, 2: 0, 3: 0}
    for seed in range(60):
        picture = films._turn_over(film, np.random.default_rng(seed))
        turns[next(turn for turn in turns if np.array_equal(picture, np.rot90(film, turn)))] += 1
    assert min(turns.values()) > 5


def test_a_cut_out_shows_at_most_half_of_the_height_or_of_the_width() -> None:
    """Of a film that rises by a grey value a pixel along both sides."""
    up = np.tile(np.arange(128, dtype=np.uint8)[:, None], (1, 128))
    for seed in range(40):
        rows = np.ptp(films._cut_out(up, np.random.default_rng(seed)))
        columns = np.ptp(films._cut_out(np.ascontiguousarray(up.T), np.random.default_rng(seed)))
        assert min(rows, columns) <= 64
        assert min(rows, columns) >= 7


def test_a_scrambled_film_keeps_its_spectrum_and_loses_its_shapes() -> None:
    """The amplitudes are the film's up to one scale, which stretches them to all grey values; the phases are not."""
    film = np.kron(np.random.default_rng(0).integers(0, 2, (4, 4)), np.full((16, 16), 200)).astype(np.uint8)
    picture = films._scramble(film, np.random.default_rng(1))
    old, new = (np.abs(np.fft.rfft2(one - one.mean())).ravel() for one in (film.astype(float), picture.astype(float)))
    assert np.corrcoef(old, new)[0, 1] > 0.999
    assert abs(np.corrcoef(film.ravel(), picture.ravel())[0, 1]) < 0.5
    assert (picture.min(), picture.max()) == (0, 255)


def test_swapped_halves_hold_the_same_pixels_in_other_places() -> None:
    film = textured()
    kinds = set()
    for seed in range(60):
        picture = films._swap(film, np.random.default_rng(seed))
        shifts = [(32, 32), (0, 32), (32, 0)]
        kinds.add(next(shift for shift in shifts if np.array_equal(picture, np.roll(film, shift, (0, 1)))))
    assert kinds == {(32, 32), (0, 32), (32, 0)}


def test_a_tiled_film_repeats_along_a_side() -> None:
    film = gradient(64)
    for seed in range(20):
        picture = films._tile(film, np.random.default_rng(seed)).astype(int)
        assert picture.shape == film.shape
        down = np.abs(picture[:32] - picture[32:]).max() <= 1
        halves = np.abs(picture[:, :32] - picture[:, 32:]).max() <= 1
        thirds = np.abs(picture[:, :20] - picture[:, 22:42]).max() <= 1
        assert down or halves or thirds


def test_a_chest_in_a_whole_trunk_fills_at_most_three_fifths_of_the_height() -> None:
    """A black film shows where it lies: the trunk about it is grey, the spine and the pelvis brighter still."""
    for seed in range(20):
        trunk = films._extend(np.zeros((96, 96), np.uint8), np.random.default_rng(seed))
        dark = np.flatnonzero((trunk[:, :8] == 0).all(axis=1))
        assert 0.28 * 96 <= len(dark) <= 0.6 * 96
        assert np.all(np.diff(dark) == 1) and dark[0] <= 0.25 * 96


def test_collimation_covers_no_more_than_a_sixth_of_each_side_with_black_or_white() -> None:
    grey = np.full((SIDE, SIDE), 100, np.uint8)
    covered = [films._collimate(grey, np.random.default_rng(seed)) for seed in range(200)]
    reach = int(np.ceil(SIDE / 6))
    assert all((picture[reach:-reach, reach:-reach] == 100).all() for picture in covered)
    assert set(np.unique(covered)) == {0, 100, 255}
    rows, columns = (np.any(np.array(covered) != 100, axis=axis).sum(axis=0) for axis in (2, 1))
    for edges in (rows, columns):
        assert min(edges[0], edges[-1]) > 50  # each of the four edges is used
    assert np.any([picture[0, 32] == 100 and picture[32, 0] == 100 for picture in covered])


def test_a_film_is_turned_and_zoomed_about_its_middle() -> None:
    """A disc in the middle stays there but for what a film is moved."""
    film = np.zeros((128, 128), np.uint8)
    offset = np.arange(128) - 63.5
    film[np.hypot(offset[:, None], offset[None]) < 20] = 255
    pictures = [vary(film, np.random.default_rng(seed)).astype(float) for seed in range(60)]
    stays = [picture[29:35, 29:35].mean() > picture[18:46, 10:14].mean() + 60 for picture in pictures]
    assert np.mean(stays) > 0.95


def test_noise_on_white_does_not_wrap_round_to_black() -> None:
    white = np.full((SIDE, SIDE), 255, np.uint8)
    assert min(films._expose_otherwise(white, np.random.default_rng(seed)).min() for seed in range(20)) > 127
