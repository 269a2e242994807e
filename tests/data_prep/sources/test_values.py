"""What a cell says: views, sexes, ages."""

import pytest

from data_prep.sources.values import read_age, read_sex, read_view


@pytest.mark.parametrize(
    ("text", "age"),
    [("58", 58.0), ("058Y", 58.0), ("28.5", 28.5), ("1943.", None), ("414", None), ("006M", None), ("-3", None)],
)
def test_an_age_is_a_number_of_years_that_can_be(text: str, age: float | None) -> None:
    assert read_age(text) == age


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("pa", "PA"),
        ("AP Supine", "AP"),
        ("AP_horizontal", "AP"),
        ("L", "LATERAL"),
        ("XTABLE LATERAL", "LATERAL"),
        ("AP LLD", "LLD"),
        ("UNK", ""),
        ("Doe^John", ""),
        ("", ""),
    ],
)
def test_only_known_words_are_views(text: str, view: str) -> None:
    assert read_view(text) == view


def test_sexes_are_letters_or_words() -> None:
    assert [read_sex(text) for text in ("m", "Female", "O", "Doe^John", "")] == ["M", "F", "", "", ""]
