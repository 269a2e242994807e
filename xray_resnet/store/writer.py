"""Writing a dataset: Arrow parts first, dataset.json last, each of them atomically."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xray_resnet.files import replacing, write_json
from xray_resnet.findings import LabelState
from xray_resnet.store.schema import (
    DESCRIPTION_FILE,
    DatasetDescription,
    StoredImage,
    build_schema,
    label_column,
)

_PLAIN = (
    "image_id", "patient_id", "study_id", "view", "sex", "age", "pixels_sha256", "transfer_syntax", "mapping",
)  # fmt: skip
_ARRAYS = ("file_size", "content", "affine", "spacing_mm")


def write_part(path: Path, images: Sequence[StoredImage], *, findings: Sequence[str], size: int, dtype: str) -> None:
    """Writes one part as an Arrow IPC file; the same images give the same bytes.

    Args:
        path: The file to write; its folder is made.
        images: Rows in order; may be empty.
        findings: Label columns in order.
        size: Rows and columns of every image.
        dtype: uint8 or uint16.

    Raises:
        ValueError: if an image has another size or dtype.
    """
    schema = build_schema(findings, size=size, dtype=np.dtype(dtype))
    stack = _stack_pixels(images, size=size, dtype=np.dtype(dtype))
    rows = [_to_row(image, findings) for image in images]
    columns = [pa.array([row[name] for row in rows], schema.field(name).type) for name in schema.names[:-1]]
    storage = pa.FixedSizeListArray.from_arrays(pa.array(stack.reshape(-1)), size * size)
    tensor = pa.ExtensionArray.from_storage(schema.field("pixels").type, storage)
    batch = pa.record_batch([*columns, tensor], schema=schema)
    with replacing(path) as temporary, pa.ipc.new_file(str(temporary), schema) as writer:
        writer.write_batch(batch)


def keep_rows(path: Path, image_ids: Sequence[str]) -> None:
    """Rewrites a part with these of its images alone; one that holds no others is left as it is."""
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
        if len(table) == len(image_ids):
            return
        kept = table.filter(pc.is_in(table["image_id"], value_set=pa.array(image_ids, pa.string())))
        with replacing(path) as temporary, pa.ipc.new_file(str(temporary), table.schema) as writer:
            writer.write_table(kept.combine_chunks())


def write_description(folder: Path, description: DatasetDescription) -> None:
    """Writes dataset.json, which makes `folder` a finished dataset."""
    write_json(folder / DESCRIPTION_FILE, description.to_json())


def _stack_pixels(images: Sequence[StoredImage], *, size: int, dtype: np.dtype[Any]) -> np.ndarray[Any, np.dtype[Any]]:
    """(N, size, size) pixels of all images."""
    stack = np.empty((len(images), size, size), dtype)
    for position, image in enumerate(images):
        if image.pixels.shape != (size, size) or image.pixels.dtype != dtype:
            got = f"{image.pixels.shape} {image.pixels.dtype}"
            raise ValueError(f"image {image.image_id} is {got}, the part holds {(size, size)} {dtype}")
        stack[position] = image.pixels
    return stack


def _to_row(image: StoredImage, findings: Sequence[str]) -> Mapping[str, Any]:
    """The image's columns beside the pixels."""
    arrays = {name: getattr(image, name) for name in _ARRAYS}
    return {
        **{name: getattr(image, name) for name in _PLAIN},
        **{name: None if value is None else list(value) for name, value in arrays.items()},
        "facts": sorted(image.facts.items()),
        "boxes": [box._asdict() for box in image.boxes],
        **{label_column(finding): _state_or_null(image.states, finding) for finding in findings},
    }


def _state_or_null(states: Mapping[str, int], finding: str) -> int | None:
    """The label state as Arrow holds it: null where the finding was not assessed."""
    state = states.get(finding, LabelState.NOT_ASSESSED)
    return None if state == LabelState.NOT_ASSESSED else int(state)
