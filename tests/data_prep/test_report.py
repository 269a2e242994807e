"""The ingest report, made from a real ingestion."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from data_prep.ingest import prepare_dataset
from tests.builders import make_chest, write_dicom
from xray_resnet.config import Config, DataConfig, ImageFolderConfig, PrepConfig


class Text(HTMLParser):
    """What a reader sees, and the pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.pictures: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pictures += [value or "" for name, value in attrs if name in ("src", "href")]


@pytest.fixture
def page(tmp_path: Path) -> str:
    """The page on eight films: one in negative, one of a hand, a text file with a hostile name."""
    folder = tmp_path / "source" / "films"
    folder.mkdir(parents=True)
    for number in range(8):
        pixels = np.uint16(make_chest(90, 80, np.random.default_rng(number)) * 4095)
        elements = {"PatientID": f"PLANTED{number}"} | ({"BodyPartExamined": "HAND"} if number == 7 else {})
        pixels = 4095 - pixels if number == 3 else pixels
        write_dicom(folder / f"{number}.dcm", pixels, WindowCenter=2048, WindowWidth=4096, **elements)
    (folder / "<img src=x>.dcm").write_text("not an image")
    source = ImageFolderConfig({"films": ["Nodule"]})
    data = DataConfig(source="image_folder", root=tmp_path / "source", cache=tmp_path / "set", image_folder=source)
    prepare_dataset(Config(data=data, prep=PrepConfig(size=64, workers=1)))
    return (tmp_path / "set" / "ingest.html").read_text()


def read(page: str) -> Text:
    text = Text()
    text.feed(page)
    return text


def test_the_page_says_what_became_of_the_files_and_why(page: str) -> None:
    words = " ".join(read(page).words)
    assert "7 accepted images 2 rejected files 7 patients" in words
    assert "not_dicom 1 The file is not a DICOM, PNG or JPEG file." in words
    assert "wrong_body_part 1 It shows another part of the body." in words and "rejected.csv, line 2" in words
    assert "inverted 1 Its pixels look like a chest in negative" in words and "flagged.csv, line 2" in words
    assert "image_folder 9 7 2" in words and "Explicit VR Little Endian 7" in words
    assert re.search(r"Nodule 5 \(100.0%\) \d+ \(100.0%\)", words)


def test_the_page_holds_its_picture_and_names_no_file(page: str) -> None:
    (picture,) = read(page).pictures
    assert picture.startswith("data:image/jpeg;base64,") and len(picture) > 2000
    assert "src=x" not in page and ".dcm" not in page and "PLANTED" not in page
