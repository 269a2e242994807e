"""Parts of the DICOM files that these tests write."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.sequence import Sequence

from tests.builders import write_dicom


def write_carelessly(path: Path, pixels: NDArray[np.integer] | None = None, **settings: Any) -> Path:
    """`write_dicom`, also of values that the standard forbids."""
    with disable_value_validation():
        return write_dicom(path, pixels, **settings)


def write_in(path: Path, keyword: str, text: str, *, encoding: str = "utf-8", **settings: Any) -> Path:
    """`write_dicom` with a code in an alphabet that the standard does not allow there."""
    encoded = text.encode(encoding)
    stand_in = "Q" * (len(encoded) + len(encoded) % 2)
    write_carelessly(path, make_gradient(), **{keyword: stand_in}, **settings)
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), encoded.ljust(len(stand_in))))
    return path


def make_gradient(rows: int = 64, columns: int = 80, *, top: int = 4095, dtype: type = np.uint16) -> NDArray[Any]:
    """Stored values from 0 to `top`, row by row."""
    return np.linspace(0, top, rows * columns).reshape(rows, columns).astype(dtype)


def lut_sequence(first: int, entries: list[int], bits: int) -> Sequence:
    """A Modality or VOI LUT Sequence of one item."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US" if first >= 0 else "SS", [len(entries), first, bits])
    item.add_new("LUTData", "OW", np.array(entries, "<u2").tobytes())
    item.ModalityLUTType = "US"
    return Sequence([item])


def code_sequence(meaning: str, *, value: str = "") -> Sequence:
    """A code sequence of one item with that Code Meaning and Code Value."""
    item = Dataset()
    item.CodeValue, item.CodeMeaning = value, meaning
    return Sequence([item])
