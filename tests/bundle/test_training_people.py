"""Whom a model was trained on, in words."""

from typing import Any

import pytest

from xray_resnet.bundle.training_people import describe_people, describe_training

COUNTS = {"training images": 1200, "training patients": 800}
PEOPLE = {"views": {"PA": 0.6, "AP": 0.4}, "sexes": {"F": 1.0}, "age": (30.0, 45.4, 60.0), "age_known": 0.5}


def test_all_that_is_known_is_told() -> None:
    told = describe_training(
        {"name": "own", "counts": COUNTS, "about": {"patients": "adults of one ward"}, "people": PEOPLE}
    )
    assert told == (
        "1,200 images of 800 patients of own (adults of one ward): "
        "age 45 (half of them 30 to 60; known of 50 %), sex F 100 %, view PA 60 %, AP 40 %"
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "unnamed data: ages, sexes and views not recorded"),
        ({"name": "own", "counts": COUNTS}, "1,200 images of 800 patients of own: ages, sexes and views not recorded"),
    ],
)
def test_what_a_bundle_does_not_say_is_not_recorded(data: dict[str, Any], told: str) -> None:
    assert describe_training(data) == told


def test_what_no_film_tells_is_not_known() -> None:
    people = PEOPLE | {"age": None, "views": {"not known": 1.0}, "sexes": {"not known": 0.9, "M": 0.1}}
    assert describe_people(people) == "age not known, sex not known 90 %, M 10 %, view not known"
