"""What the pixels say against the header."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from data_prep.phantom.render import render_images
from tests.builders import make_chest, write_dicom
from xray_resnet.dicom import Flag, Gate, Reading, Reason, RejectedImage, prepare
from xray_resnet.dicom.appearance import _FRONTAL, check_appearance, measure_likeness

READING = Reading(size=64)


def chest(seed: int = 0) -> np.ndarray:
    return np.uint16(make_chest(120, 100, np.random.default_rng(seed)) * 4095)


def write(path: Path, pixels: np.ndarray, view: str | None = "PA", **elements: object) -> Path:
    return write_dicom(path, pixels, WindowCenter=2048, WindowWidth=4096, ViewPosition=view, **elements)


def test_the_table_is_the_mean_of_the_phantoms_that_it_names() -> None:
    phantoms = render_images(100, size=128, seed=5)
    small = [cv2.resize(item.shown() / 255.0, (8, 8), interpolation=cv2.INTER_AREA) for item in phantoms]
    centred = np.array(small) - np.mean(small, axis=(1, 2), keepdims=True)
    mean = (centred / np.linalg.norm(centred, axis=(1, 2), keepdims=True)).mean(axis=0)
    mean = mean + mean[:, ::-1]
    np.testing.assert_allclose(np.rint(mean / np.linalg.norm(mean) * 100), _FRONTAL, atol=1)


def test_likeness_turns_with_the_polarity_and_is_nothing_for_a_blank() -> None:
    pixels = chest()
    assert measure_likeness(pixels) > 0.5
    assert measure_likeness(pixels) == pytest.approx(-measure_likeness(4095 - pixels), abs=1e-3)
    assert measure_likeness(np.full((9, 9), 7, np.uint16)) == 0


@pytest.mark.parametrize("view", ["PA", "AP", None])
def test_a_negative_is_accepted_and_flagged(tmp_path: Path, view: str | None) -> None:
    assert prepare(write(tmp_path / "a.dcm", chest(), view), READING).flags == ()
    assert prepare(write(tmp_path / "b.dcm", 4095 - chest(), view), READING).flags == (Flag.INVERTED,)


def test_burned_in_annotation_is_flagged(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", chest(), BurnedInAnnotation="YES")
    assert prepare(path, READING).flags == (Flag.BURNED_IN_ANNOTATION,)


def test_no_view_and_no_frontal_chest_is_taken_for_a_lateral_view() -> None:
    flat = np.uint16(np.random.default_rng(1).random((8, 8)) * 30000)
    flat[:, 6:] += 9000
    assert -0.35 < measure_likeness(flat) < -0.05
    with pytest.raises(RejectedImage) as rejected:
        check_appearance(flat, view="", gate=Gate())
    assert rejected.value.reason == Reason.LATERAL_VIEW
    assert check_appearance(flat, view="", gate=Gate(accept_lateral=True)) == ()
    assert check_appearance(flat, view="PA", gate=Gate()) == (Flag.INVERTED,)


def test_black_and_white_alone_is_saturated(tmp_path: Path) -> None:
    pixels = np.where(chest() > 1600, 4095, 0).astype(np.uint16)
    with pytest.raises(RejectedImage) as rejected:
        prepare(write(tmp_path / "a.dcm", np.kron(pixels, np.ones((8, 8), np.uint16))), READING)
    assert rejected.value.reason == Reason.SATURATED


def test_no_real_frontal_film_is_unlike_one_and_every_negative_is_found(shared: Path) -> None:
    folders = {"nih_chestxray14/dicom": "*.dcm", "rsna_pneumonia/stage_2_train_images": "*.dcm"}
    folders["kermany_pneumonia/train"] = "*/*.jpeg"
    for folder, pattern in folders.items():
        for path in sorted((shared / "data" / folder).glob(pattern))[::11]:
            prepared = prepare(path, READING)
            content = prepared.placement.cut(prepared.pixels).astype(np.uint16) * 257
            assert prepared.flags == ()
            assert check_appearance(65535 - content, view="PA", gate=Gate()) == (Flag.INVERTED,)
