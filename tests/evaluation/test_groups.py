"""Images in groups: every image is in one, whatever is known of it."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xray_resnet.evaluation.groups import MOST_GROUPS, UNKNOWN, Grouping, cross, describe_same, group_images


def group_of(grouping: Grouping) -> list[str]:
    return [grouping.groups[place] for place in grouping.of_image]


@given(st.lists(st.none() | st.text(max_size=2) | st.just("AP") | st.lists(st.integers(1, 9), min_size=2, max_size=2)))
def test_no_image_is_dropped_and_what_is_absent_is_not_known(values: list[Any]) -> None:
    grouping = group_images("view", values)
    assert sum(int(grouping.members(group).sum()) for group in grouping.groups) == len(values)
    unknown = [value is None for value in values]
    assert [group == UNKNOWN for group in group_of(grouping)] == unknown or UNKNOWN in values
    assert len(grouping.groups) <= MOST_GROUPS + 1


@given(st.lists(st.none() | st.floats(0, 120, width=16), min_size=1))
def test_no_number_is_dropped(values: list[Any]) -> None:
    for name in ("age", "pixel spacing"):
        grouping = group_images(name, values)
        assert len(grouping.of_image) == len(values)
        assert all(grouping.members(group).any() for group in grouping.groups)


def test_rare_values_are_together_and_counted() -> None:
    values = [f"site {number}" for number in range(12) for _ in range(12 - number)]
    grouping = group_images("site", values)
    assert grouping.groups == (*(f"site {number}" for number in range(7)), "others (5 values)")
    assert Counter(group_of(grouping))["others (5 values)"] == 5 + 4 + 3 + 2 + 1


def test_as_many_values_as_groups_stay() -> None:
    values = [f"site {number % 8}" for number in range(80)]
    assert len(group_images("site", values).groups) == MOST_GROUPS


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0.0, "under 18"),
        (17.9, "under 18"),
        (18.0, "18 to 39"),
        (40.0, "40 to 59"),
        (79.0, "60 to 79"),
        (80.0, "80 and older"),
    ],
)
def test_ages_are_in_their_bands(age: float, band: str) -> None:
    assert group_of(group_images("age", [age, None])) == [band, UNKNOWN]


def test_bands_of_age_are_in_their_order() -> None:
    assert group_images("age", [90.0, 50.0, 3.0]).groups == ("under 18", "40 to 59", "80 and older")


def test_numbers_of_many_values_are_cut_into_bands_of_equal_size() -> None:
    grouping = group_images("brightness", np.linspace(0, 1, 100).tolist())
    assert np.bincount(grouping.of_image).tolist() == [20] * 5
    assert group_of(grouping)[::20] == [*grouping.groups]
    assert (grouping.groups[0], grouping.groups[-1]) == ("up to 0.2", "above 0.8")


def test_numbers_of_which_a_few_are_frequent_keep_them() -> None:
    """As pixel spacings: a few detectors, and many odd scans."""
    values = [0.143] * 60 + [0.168] * 40 + [0.2 + number / 1000 for number in range(30)]
    grouping = group_images("pixel spacing", values)
    assert grouping.groups[:2] == ("0.143", "0.168") and grouping.groups[-1] == "others (25 values)"


def test_few_numbers_are_in_ascending_order() -> None:
    assert group_images("bit depth", [12, 8, 8, 10]).groups == ("8", "10", "12")


def test_sizes_are_written_out() -> None:
    assert group_images("file_size", [[2500, 2048], None]).groups == ("2500 × 2048", UNKNOWN)


def test_facts_that_do_not_differ_are_told_by_what_they_are() -> None:
    same = {"modality": "CR", "scanner": UNKNOWN, "view": "PA", "sex": UNKNOWN}
    assert describe_same(same) == (
        "The same in all images: modality (CR), view (PA). Not known of any image: scanner, sex."
    )
    assert describe_same({}) == ""


def test_combinations_divide_as_both_facts_do() -> None:
    first, second = group_images("a", ["x", "x", "y", "y"]), group_images("b", ["u", "v", "u", "u"])
    assert len(np.unique(cross([first, second]))) == 3
    assert cross([first, second])[2] == cross([first, second])[3]
