"""Contact sheet: a small picture of many radiographs, each named synthetic."""

from pathlib import Path

import cv2
import pytest

from data_prep.phantom.contact_sheet import caption_of, draw_contact_sheet, main
from tests.phantom.scenes import render_with


def test_tiles_stand_in_rows_and_columns() -> None:
    sheet = draw_contact_sheet([render_with({}, number=number) for number in range(3)], 2)
    assert sheet.shape == (2 * 208, 2 * 192)


def test_the_caption_names_findings_and_subtlety() -> None:
    assert caption_of(render_with({"Nodule": 2})) == "Nodule 2"
    assert caption_of(render_with({})) == "no finding"


def test_the_sheet_fits_a_readme(tmp_path: Path) -> None:
    assert main([str(tmp_path / "sheet.png")]) == 0
    assert (tmp_path / "sheet.png").stat().st_size < 400_000
    assert cv2.imread(str(tmp_path / "sheet.png"), cv2.IMREAD_GRAYSCALE).shape == (4 * 208, 5 * 192)


def test_a_missing_argument_shows_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
