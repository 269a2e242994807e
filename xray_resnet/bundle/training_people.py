"""Whom a model was trained on, in words, as far as its bundle says."""

from collections.abc import Mapping
from typing import Any

from xray_resnet.store.people import UNKNOWN


def describe_training(training_data: Mapping[str, Any]) -> str:
    """Images, patients and who they are; what the bundle does not say is called not recorded.

    Args:
        training_data: Of the bundle's metadata.
    """
    counts = training_data.get("counts", {})
    images, patients = (counts.get(f"training {what}") for what in ("images", "patients"))
    number = f"{images:,} images of {patients:,} patients of " if images and patients else ""
    told = training_data.get("about", {}).get("patients")
    name = f"{training_data.get('name', 'unnamed data')}{f' ({told})' if told else ''}"
    return f"{number}{name}: {describe_people(training_data.get('people'))}"


def describe_people(people: Mapping[str, Any] | None) -> str:
    """Ages, sexes and views.

    Args:
        people: As of `store.people.People`; None if nobody wrote them down.
    """
    if people is None:
        return "ages, sexes and views not recorded"
    return ", ".join(
        (
            _describe_ages(people["age"], people["age_known"]),
            _share("sex", people["sexes"]),
            _share("view", people["views"]),
        )
    )


def _describe_ages(quartiles: tuple[float, ...] | None, known: float) -> str:
    if quartiles is None:
        return "age not known"
    low, middle, high = quartiles
    of = "" if known == 1 else f"; known of {100 * known:.0f} %"
    return f"age {middle:.0f} (half of them {low:.0f} to {high:.0f}{of})"


def _share(name: str, shares: Mapping[str, float]) -> str:
    if [*shares] == [UNKNOWN]:
        return f"{name} not known"
    return f"{name} " + ", ".join(f"{value} {100 * share:.0f} %" for value, share in shares.items())
