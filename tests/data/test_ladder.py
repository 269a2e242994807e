"""The corruption ladder: which rungs there are, and that every model gets the same pixels."""

from dataclasses import replace

import numpy as np
import pytest

from xray_resnet.data import ladder
from xray_resnet.data.ladder import RUNGS, Rung, climb, corrupt, fingerprint_ladder

FILM = np.random.default_rng(0).random((512, 512)).astype(np.float32)


def test_there_are_eleven_corruptions_in_five_severities_of_which_four_are_never_trained_on() -> None:
    assert len(RUNGS) == len({rung.name for rung in RUNGS}) == 55
    held_out = {rung.corruption for rung in RUNGS if rung.kind.held_out}
    assert held_out == {"motion_blur", "jpeg", "grid_lines", "dead_pixels"}


@pytest.mark.parametrize("corruption", ["quantum_noise", "rotation", "dead_pixels"])
def test_an_image_gets_the_same_pixels_each_time_and_another_image_others(corruption: str) -> None:
    rung = Rung(corruption, 3)
    first = corrupt(FILM, rung, image="a")
    np.testing.assert_array_equal(corrupt(FILM, rung, image="a"), first)
    assert any((corrupt(FILM, rung, image=name) != first).any() for name in "bcdefg")


def test_severities_differ_in_nothing_but_their_amount() -> None:
    """An image that the first severity brightens is brightened by the last, too."""
    for image in "abcdef":
        changes = [corrupt(FILM, Rung("exposure", severity), image=image).mean() - FILM.mean() for severity in (1, 5)]
        assert np.sign(changes[0]) == np.sign(changes[1])
        assert abs(changes[1]) > abs(changes[0])


def test_the_image_itself_stays_as_it_is() -> None:
    before = FILM.copy()
    for rung in RUNGS[::5]:
        corrupt(FILM, rung, image="a")
    np.testing.assert_array_equal(FILM, before)


@pytest.mark.parametrize("side", [256, 512, 1024])
def test_images_of_any_store_are_corrupted_at_512(side: int) -> None:
    pixels = np.full((side, side), 51, np.uint8)
    np.testing.assert_allclose(climb(pixels), np.full((512, 512), 0.2), rtol=1e-6)


def test_larger_images_are_averaged() -> None:
    blocks = np.kron(FILM, np.ones((2, 2), np.float32))
    np.testing.assert_allclose(climb(blocks), FILM, atol=1e-6)


def test_the_fingerprint_changes_with_what_a_corruption_does(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint_ladder()
    assert fingerprint_ladder() == before
    blur = ladder._CORRUPTION_OF["detector_blur"]
    monkeypatch.setitem(ladder._CORRUPTION_OF, "detector_blur", replace(blur, degrade=lambda share, _, __: 1 - share))
    assert fingerprint_ladder() != before
