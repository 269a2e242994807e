"""The shared look: numbers, pictures, and pages that extend it."""

import base64
from pathlib import Path

import cv2
import jinja2
import numpy as np
import pytest

from xray_resnet.pages import encode_jpeg, encode_svg, render_page
from xray_resnet.pages.numbers import fill, format_count, format_percent, format_share, to_title

REPOSITORY = Path(__file__).parents[2]


def test_numbers_are_written_for_readers() -> None:
    assert [format_share(0.91234), format_percent(0.0567), format_count(1234567)] == ["0.912", "5.7 %", "1,234,567"]
    assert (format_share(None), format_percent(None)) == ("–", "–")
    assert fill("%+.1f", -2.25) == "−2.2" and to_title("pleural_thickening") == "Pleural thickening"


def test_a_picture_comes_back_from_its_uri_with_its_colours() -> None:
    picture = encode_jpeg(np.full((16, 16, 3), (250, 10, 10), np.uint8), "red")
    assert picture.source.startswith("data:image/jpeg;base64,") and picture.text == "red"
    content = np.frombuffer(base64.b64decode(picture.source.split(",")[1]), np.uint8)
    blue, green, red = cv2.imdecode(content, cv2.IMREAD_COLOR)[8, 8]
    assert red > 230 and green < 30 and blue < 30
    assert encode_svg("<svg/>", "").source == "data:image/svg+xml;base64,PHN2Zy8+"


def test_a_page_extends_the_look_and_escapes_what_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "page.html.j2").write_text('{% extends "base.html.j2" %}{% block main %}{{ name }}{% endblock %}')
    page = render_page(tmp_path / "page.html.j2", {"name": "<b>"})
    assert "&lt;b&gt;" in page and "<style>" in page and "</html>" in page


def test_a_value_that_is_missing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.html.j2").write_text("{{ absent }}")
    with pytest.raises(jinja2.UndefinedError, match="'absent' is undefined"):
        render_page(tmp_path / "page.html.j2", {})


@pytest.mark.parametrize("template", ["xray_resnet/evaluation/report.html.j2", "data_prep/report.html.j2"])
def test_both_reports_have_the_shared_look(template: str) -> None:
    text = (REPOSITORY / template).read_text()
    assert text.startswith('{% extends "base.html.j2" %}')
    assert "<style" not in text and ":root" not in text
