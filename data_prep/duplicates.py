"""Exact duplicates: patients who share an image are kept together."""

from collections.abc import Iterable


def merge_patients(images: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Patient → one name for all patients who share images, directly or by way of others.

    Args:
        images: (patient, hash of the pixels) of every image.
    """
    parent: dict[str, str] = {}
    first_of: dict[str, str] = {}
    for patient, pixels in sorted(images):
        parent.setdefault(patient, patient)
        one = _find(parent, first_of.setdefault(pixels, patient))
        other = _find(parent, patient)
        parent[max(one, other)] = min(one, other)
    return {patient: _find(parent, patient) for patient in parent}


def _find(parent: dict[str, str], patient: str) -> str:
    while parent[patient] != patient:
        parent[patient] = parent[parent[patient]]
        patient = parent[patient]
    return patient
