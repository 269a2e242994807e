"""Datasets made of datasets: with other splits, of films turned about, or with labels turned round."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data_prep.near_duplicates import compute_difference_hash, find_near_duplicates
from xray_resnet.files import replacing
from xray_resnet.findings import LabelState
from xray_resnet.store import Dataset, StoredImage
from xray_resnet.store.schema import IMAGES_FOLDER, label_column, part_name
from xray_resnet.store.writer import write_description, write_part

Rows = NDArray[np.int64]

ORIENTATIONS = ("On its side", "Upside down", "Mirrored")
"""The eight ways in which a square can lie, as three answers of yes or no."""


def split_anew(source: Dataset, folder: Path, splits: Mapping[str, Rows]) -> Path:
    """The same images under other splits, in `folder`, whose name is that of the dataset; images in none are not used.

    Args:
        source: Has the images, which are linked to.
        folder: Made if it is missing.
        splits: train, val and test → rows.
    """
    ids = {split: source.image_ids[rows].tolist() for split, rows in splits.items()}
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / IMAGES_FOLDER).exists():
        (folder / IMAGES_FOLDER).symlink_to((source.folder / IMAGES_FOLDER).absolute(), target_is_directory=True)
    write_description(folder, replace(source.description, name=folder.name, splits=ids))
    return folder


def turn_films(source: Dataset, folder: Path, splits: Mapping[str, Rows], *, seed: int = 0) -> Path:
    """Each film turned and mirrored by chance, with how it lies as its labels: what can be learned without any other.

    Args:
        source: Has the films, square as all that is stored.
        folder: Where they go; its name is that of the dataset.
        splits: train, val and test → rows.
        seed: Of what is drawn.
    """
    rows = np.concatenate([*splits.values()])
    draws = np.random.default_rng(seed).integers(0, 2, (len(rows), len(ORIENTATIONS)))
    films = [_turn(source, row, draw) for row, draw in zip(rows.tolist(), draws.tolist(), strict=True)]
    size, dtype = films[0].pixels.shape[0], str(films[0].pixels.dtype)
    write_part(folder / IMAGES_FOLDER / part_name(0), films, findings=ORIENTATIONS, size=size, dtype=dtype)
    ids = {split: source.image_ids[chosen].tolist() for split, chosen in splits.items()}
    description = replace(
        source.description, name=folder.name, findings=ORIENTATIONS, splits=ids, parts={part_name(0): len(films)}
    )
    write_description(folder, description)
    return folder


def _turn(source: Dataset, row: int, draw: Sequence[int]) -> StoredImage:
    on_its_side, upside_down, mirrored = draw
    pixels = np.rot90(source.pixels(row), on_its_side + 2 * upside_down)
    states = {
        name: int(LabelState.POSITIVE if is_so else LabelState.NEGATIVE)
        for name, is_so in zip(ORIENTATIONS, draw, strict=True)
    }
    return StoredImage(
        image_id=str(source.image_ids[row]),
        patient_id=str(source.patient_ids[row]),
        pixels=np.ascontiguousarray(pixels[:, ::-1] if mirrored else pixels),
        states=states,
    )


def find_shared(one: Dataset, other: Dataset) -> set[int]:
    """Rows of `one` that are images of `other`, too, exactly or nearly."""
    pixels = [dataset.pixels(row) for dataset in (one, other) for row in range(len(dataset))]
    pairs = find_near_duplicates([compute_difference_hash(each) for each in pixels], pixels.__getitem__)
    return {first for first, second in pairs if first < len(one) <= second}


def turn_labels(source: Dataset, folder: Path, finding: str, rows: Rows) -> Path:
    """The same images and splits with some labels of a finding turned round, positive for negative and back.

    Args:
        source: Has the images; those in `rows` have labels of one or the other kind.
        folder: Where they go; its name is that of the dataset.
        finding: Whose labels.
        rows: Which.
    """
    column, turned = label_column(finding), np.isin(np.arange(len(source)), rows)
    for name, count in source.description.parts.items():
        with pa.memory_map(str(source.folder / IMAGES_FOLDER / name)) as file:
            part = pa.ipc.open_file(file).read_all()
            place, old = part.schema.get_field_index(column), part.column(column).to_numpy()
            new = pa.array(np.where(turned[:count], 1 - old, old), pa.int8(), from_pandas=True)
            _write_table(folder / IMAGES_FOLDER / name, part.set_column(place, part.schema.field(place), new))
        turned = turned[count:]
    write_description(folder, replace(source.description, name=folder.name))
    return folder


def _write_table(path: Path, table: pa.Table) -> None:
    with replacing(path) as temporary, pa.ipc.new_file(str(temporary), table.schema) as writer:
        writer.write_table(table)
