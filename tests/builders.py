"""The one maker of tiny DICOM and picture files for all tests."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, JPEGBaseline8Bit, generate_uid

DX_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.1"


def make_pixels(
    rows: int = 80, columns: int = 64, *, bits_stored: int = 12, is_signed: bool = False
) -> NDArray[np.integer]:
    """A diagonal ramp over every value that the depth can hold, the lowest and the highest among them."""
    ramp = np.linspace(0, 1, rows)[:, None] * 0.5 + np.linspace(0, 1, columns)[None, :] * 0.5
    values = np.rint(ramp * ((1 << bits_stored) - 1)).astype(np.int64) - (1 << (bits_stored - 1) if is_signed else 0)
    return values.astype(f"{'i' if is_signed else 'u'}{1 if bits_stored <= 8 else 2}")


def make_chest(rows: int, columns: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Shares 0 to 1 of the range, (rows, columns): blobs before a bright mediastinum and a bright abdomen."""
    blobs = cv2.resize(generator.random((9, 8)), (columns, rows), interpolation=cv2.INTER_LINEAR)
    across, down = np.linspace(-1, 1, columns)[None, :], np.linspace(0, 1, rows)[:, None]
    chest = np.maximum(np.exp(-((across / 0.3) ** 2)), down**3) - across**2 / 2
    return np.clip(0.4 * blobs + 0.6 * chest, 0, 1)


def make_dataset(
    pixels: NDArray[np.integer],
    *,
    photometric: str = "MONOCHROME2",
    bits_stored: int = 12,
    transfer_syntax: str = ExplicitVRLittleEndian,
    modality: str = "DX",
    view: str = "PA",
    body_part: str = "CHEST",
    **elements: Any,
) -> Dataset:
    """A radiograph in memory, of planted identity; `elements` by keyword come last, None leaves one out.

    Args:
        pixels: (rows, columns) stored values, or (rows, columns, 3); their type decides Bits Allocated and the sign.
        photometric: Photometric Interpretation.
        bits_stored: At most 8 or 16, by the type of the pixels.
        transfer_syntax: Uncompressed, RLE, JPEG-LS, JPEG 2000 or JPEG baseline.
        modality: Modality.
        view: View Position.
        body_part: Body Part Examined.
        elements: Any other element, or one to replace.
    """
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = DX_FOR_PRESENTATION
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.PatientName, dataset.PatientID, dataset.AccessionNumber = "PLANTED^NAME", "PLANTEDID", "PLANTEDACC"
    dataset.Modality, dataset.ViewPosition, dataset.BodyPartExamined = modality, view, body_part
    _describe_pixels(dataset, pixels, photometric, bits_stored)
    _encode_pixels(dataset, pixels)
    for keyword, value in elements.items():
        _replace(dataset, keyword, value)
    return dataset


def write_dicom(path: Path, pixels: NDArray[np.integer] | None = None, **settings: Any) -> Path:
    """Writes what `make_dataset` makes of the same arguments; without pixels, of a 12-bit ramp."""
    dataset = make_dataset(make_pixels() if pixels is None else pixels, **settings)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_without_meta(path: Path, **settings: Any) -> Path:
    """Writes a data set with neither preamble nor file meta information, as old systems did."""
    dataset = make_dataset(make_pixels(), **settings)
    del dataset.file_meta
    dataset.save_as(path, implicit_vr=True, little_endian=True)
    return path


def write_picture(path: Path, pixels: NDArray[np.integer]) -> Path:
    """Writes a PNG or JPEG file, by the suffix."""
    Image.fromarray(pixels).save(path)
    return path


def _describe_pixels(dataset: Dataset, pixels: NDArray[np.integer], photometric: str, bits_stored: int) -> None:
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 1 if pixels.ndim == 2 else pixels.shape[2]
    dataset.PhotometricInterpretation = photometric
    if dataset.SamplesPerPixel > 1:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = pixels.dtype.itemsize * 8
    dataset.BitsStored = min(bits_stored, dataset.BitsAllocated)
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")


def _encode_pixels(dataset: Dataset, pixels: NDArray[np.integer]) -> None:
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax == JPEGBaseline8Bit:
        done, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])
        assert done
        dataset.PixelData = encapsulate([jpeg.tobytes()])
        dataset["PixelData"].VR = "OB"
        return
    if syntax.is_encapsulated:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.PixelData = pixels.tobytes()
        dataset.compress(syntax, generate_instance_uid=False)
        return
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    dataset["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"


def _replace(dataset: Dataset, keyword: str, value: Any) -> None:
    if value is not None:
        setattr(dataset, keyword, value)
    elif keyword in dataset:
        delattr(dataset, keyword)
