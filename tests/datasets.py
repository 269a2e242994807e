"""Tiny datasets for tests: radiograph-like images with one bright square per finding, through the real writer."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from xray_resnet.boxes import Box
from xray_resnet.findings import LabelState
from xray_resnet.store import StoredImage
from xray_resnet.store.schema import IMAGES_FOLDER, DatasetDescription, part_name
from xray_resnet.store.writer import write_description, write_part

READING = {"size": 64, "dtype": "uint8"}
_SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}


def make_dataset(
    folder: Path,
    *,
    count: int = 60,
    size: int = 64,
    findings: Sequence[str] = ("Cardiomegaly", "Effusion"),
    seed: int = 0,
    images_per_patient: int = 2,
    name: str = "tiny",
    reading: dict[str, object] | None = None,
    reading_fingerprint: str = "0123456789abcdef",
    unclear: bool = False,
) -> Path:
    """Writes a dataset of `count` images (size, size) uint8 and returns its folder.

    A positive image has a bright square in the finding's own place, with its box; every label is assessed.
    If `unclear`, every third label of the first finding is uncertain, and of the second unmentioned, instead.
    Patients have `images_per_patient` images and stand in one split each: 60 % train, 20 % val, 20 % test.
    """
    generator = np.random.default_rng(seed)
    images = [_make_image(row, row // images_per_patient, size, findings, generator) for row in range(count)]
    if unclear:
        images = [_blur(image, findings) if row % 3 == 0 else image for row, image in enumerate(images)]
    return write_dataset(
        folder,
        images,
        name=name,
        source="phantom",
        synthetic=True,
        findings=tuple(findings),
        reading=reading or READING | {"size": size},
        reading_fingerprint=reading_fingerprint,
        splits=_split(images),
    )


def write_dataset(folder: Path, images: Sequence[StoredImage], *, dtype: str = "uint8", **described: Any) -> Path:
    """Writes a dataset that fits into memory: one part and its description.

    Args:
        folder: Where it goes.
        images: Rows in order, all of one size.
        dtype: uint8 or uint16.
        described: Fields of `DatasetDescription`, without `parts`.
    """
    size = images[0].pixels.shape[0]
    part = folder / IMAGES_FOLDER / part_name(0)
    write_part(part, images, findings=described["findings"], size=size, dtype=dtype)
    write_description(folder, DatasetDescription(parts={part.name: len(images)}, **described))
    return folder


def _make_image(
    row: int, patient: int, size: int, findings: Sequence[str], generator: np.random.Generator
) -> StoredImage:
    """Two dark lungs on a grey body, noise, and a bright square per positive finding."""
    present = generator.random(len(findings)) < 0.5
    boxes = [_place(position, len(findings), size) for position in range(len(findings))]
    pixels = generator.normal(90, 12, (size, size))
    pixels[size // 5 : -size // 5, size // 8 : -size // 8] -= 40
    for x, y, side in (box for box, positive in zip(boxes, present, strict=True) if positive):
        pixels[y : y + side, x : x + side] += 110
    return StoredImage(
        image_id=f"image{row:05d}",
        patient_id=f"patient{patient:05d}",
        study_id=f"study{row:05d}",
        pixels=pixels.clip(0, 255).astype(np.uint8),
        states={
            finding: int(LabelState.POSITIVE if positive else LabelState.NEGATIVE)
            for finding, positive in zip(findings, present, strict=True)
        },
        boxes=[
            _to_box(finding, *box) for finding, box, positive in zip(findings, boxes, present, strict=True) if positive
        ],
        view="PA" if row % 3 else "AP",
        sex="M" if patient % 2 else "F",
        age=float(20 + patient % 60),
        file_size=(size, size),
        transfer_syntax="1.2.840.10008.1.2.1",
        content=(0, 0, size, size),
    )


def _blur(image: StoredImage, findings: Sequence[str]) -> StoredImage:
    states = dict(zip(findings, (LabelState.UNCERTAIN, LabelState.UNMENTIONED), strict=False))
    return replace(image, states={**image.states, **{name: int(state) for name, state in states.items()}})


def _place(position: int, count: int, size: int) -> tuple[int, int, int]:
    """(x, y, side) of a finding's square: a row of places across the image."""
    side = max(4, size // (2 * count + 2))
    return (2 * position + 1) * size // (2 * count + 1), size // 2, side


def _to_box(finding: str, x: int, y: int, side: int) -> Box:
    return Box(finding, float(x), float(y), float(side), float(side))


def _split(images: Sequence[StoredImage]) -> dict[str, list[str]]:
    """Patients in order of their number, by the shares."""
    patients = sorted({image.patient_id for image in images})
    ends = (np.cumsum(list(_SHARES.values())) * len(patients)).round().astype(int)
    split_of = {
        patient: list(_SHARES)[int(np.searchsorted(ends, position, side="right"))]
        for position, patient in enumerate(patients)
    }
    return {split: [image.image_id for image in images if split_of[image.patient_id] == split] for split in _SHARES}
