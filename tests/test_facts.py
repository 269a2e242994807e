"""Facts beside the image: what is known is scaled, what is missing adds nothing."""

from typing import Any

import numpy as np
import pytest

from xray_resnet.facts import count_columns, encode_facts, encode_header, hide_facts


@pytest.mark.parametrize(
    ("fact", "value", "expected"),
    [
        ("age", 50, [0, 1]),
        ("age", 75.0, [1, 1]),
        ("age", 0, [-2, 1]),
        ("sex", "M", [1, 1]),
        ("sex", "F", [-1, 1]),
        ("view_position", "AP", [1, 1]),
        ("view_position", "PA", [-1, 1]),
    ],
)
def test_a_fact_is_its_value_and_a_one(fact: str, value: Any, expected: list[float]) -> None:
    assert encode_facts([fact], {fact: value}).tolist() == expected


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("age", None),
        ("age", 121),
        ("age", -1),
        ("age", float("nan")),
        ("sex", "O"),
        ("sex", ""),
        ("view_position", "LL"),
    ],
)
def test_what_is_missing_or_means_nothing_is_zeros(fact: str, value: Any) -> None:
    assert encode_facts([fact], {fact: value}).tolist() == [0, 0]
    assert encode_facts([fact], {}).tolist() == [0, 0]


def test_facts_stand_in_the_order_asked_for() -> None:
    values = {"age": 25, "sex": "F", "view_position": "PA"}
    assert encode_facts(["view_position", "age"], values).tolist() == [-1, 1, -1, 1]
    assert count_columns(["view_position", "age"]) == 4


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"PatientAge": "075Y", "PatientSex": "M", "ViewPosition": "AP"}, [1, 1, 1, 1, 1, 1]),
        ({"PatientAge": "006M", "PatientSex": "O", "ViewPosition": "PA"}, [(0.5 - 50) / 25, 1, 0, 0, -1, 1]),
        ({}, [0] * 6),
    ],
)
def test_a_header_gives_the_same_numbers(header: dict[str, str], expected: list[float]) -> None:
    """PS3.5 6.2 (AS) and PS3.3 C.7.1.1, C.8.1.1."""
    np.testing.assert_allclose(encode_header(["age", "sex", "view_position"], header), expected, rtol=1e-6)


def test_a_hidden_fact_is_missing_as_a_whole_and_as_often_as_asked() -> None:
    generator = np.random.default_rng(0)
    known = np.array([0.5, 1, -1, 1], np.float32)
    drawn = np.array([hide_facts(known, 0.3, generator) for _ in range(4000)])
    assert {tuple(row) for row in drawn} == {(0.5, 1, -1, 1), (0, 0, -1, 1), (0.5, 1, 0, 0), (0, 0, 0, 0)}
    np.testing.assert_allclose((drawn[:, 1::2] == 0).mean(axis=0), 0.3, atol=3 * (0.3 * 0.7 / 4000) ** 0.5)


def test_nothing_is_hidden_unless_asked() -> None:
    known = np.array([0.5, 1, -1, 1], np.float32)
    np.testing.assert_array_equal(hide_facts(known, 0.0, np.random.default_rng(0)), known)
