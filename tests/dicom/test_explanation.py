"""An explanation follows the pipeline: the same pixels, the same verdict, and nothing that names somebody."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.builders import make_chest, make_pixels, write_dicom, write_picture
from xray_resnet.dicom import Reading, explain, prepare, read_radiograph

READING = Reading(size=64)


def make_film(path: Path, **elements: object) -> Path:
    pixels = (make_chest(90, 80, np.random.default_rng(3)) * 4095).astype(np.uint16)
    return write_dicom(path, pixels, **elements)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_film(
        tmp_path / "film.dcm", photometric="MONOCHROME1", PixelPaddingValue=0, RescaleSlope=2, RescaleIntercept=-1000,
        WindowCenter=2000, WindowWidth=5000, PresentationLUTShape="INVERSE",
    )  # fmt: skip


def test_the_steps_of_an_accepted_film_are_told_in_the_order_of_the_standard(film: Path) -> None:
    explanation = explain(film, READING)
    names = [step.name for step in explanation.steps]
    assert names == [
        *("header checks", "stored values", "pixel padding", "Modality LUT", "VOI LUT", "polarity", "square"),
        "appearance",
    ]
    words = {step.name: step.words for step in explanation.steps}
    assert words["Modality LUT"].startswith("slope 2, intercept -1000")
    assert words["VOI LUT"] == "LINEAR, center 2000, width 5000"
    assert words["polarity"].startswith("turned")
    assert explanation.verdict.startswith("accepted")


def test_the_pictures_are_what_preparation_makes(film: Path, tmp_path: Path) -> None:
    explanation = explain(film, READING, pictures=tmp_path / "steps")
    pictures = {path.name: cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in explanation.pictures}
    assert np.array_equal(pictures["6-polarity.png"], read_radiograph(film).pixels)
    assert np.array_equal(pictures["7-square.png"], prepare(film, READING).pixels)
    image = pictures["3-pixel-padding.png"] == 0
    turned = pictures["5-voi-lut.png"].astype(int) + pictures["6-polarity.png"]
    assert np.abs(turned - 65535)[image].max() <= 1


def test_a_rejection_is_explained_with_its_remedy_and_the_steps_before_it(tmp_path: Path) -> None:
    explanation = explain(make_film(tmp_path / "ct.dcm", modality="CT"), READING)
    assert explanation.facts["Rows × Columns"] == "90 × 80"
    assert explanation.steps == []
    assert explanation.verdict.startswith("rejected as wrong_modality: Modality (0008,0060) is CT")
    assert "prep.modalities" in explanation.verdict


def test_a_silent_header_with_a_chest_that_lies_shows_its_likeness(tmp_path: Path) -> None:
    sideways = np.rot90(make_chest(90, 90, np.random.default_rng(3)) * 4095).astype(np.uint16)
    explanation = explain(write_dicom(tmp_path / "side.dcm", sideways, view=""), READING)
    assert explanation.steps[-1][0] == "appearance"
    assert "rejected as not_a_chest" in explanation.verdict


def test_a_picture_has_no_header_to_show(tmp_path: Path) -> None:
    pixels = (make_chest(90, 80, np.random.default_rng(3)) * 255).astype(np.uint8)
    explanation = explain(write_picture(tmp_path / "film.png", pixels), READING)
    assert not explanation.facts
    assert [step.name for step in explanation.steps] == ["picture", "square", "appearance"]


def test_no_file_and_no_image_are_explained(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("no image")
    assert "rejected as not_dicom" in str(explain(tmp_path / "words.txt", READING))
    assert "rejected as unreadable" in str(explain(tmp_path / "nothing.dcm", READING))


def test_an_explanation_names_nobody(tmp_path: Path) -> None:
    planted = {"PatientName": "PLANTED^NAME", "PatientID": "PLANTED-ID", "BodyPartExamined": "CHEST PLANTED"}
    film = write_dicom(tmp_path / "film.dcm", make_pixels(80, 80), **planted)
    assert "PLANTED" not in str(explain(film, READING))


def test_a_film_that_asks_for_too_much_memory_is_explained(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("xray_resnet.dicom.narration.decode_stored_values", fail)
    explanation = explain(film, READING)
    assert explanation.verdict.startswith("rejected as decode_failed: it asks for more memory")
    assert explanation.steps[0].name == "header checks"
