"""Frames of the JPEG family, by the fastest decoder that gives the right pixels.

libjpeg-turbo through OpenCV decodes 8 bits; dicomsdl decodes 12 bits and the lossless processes, about three times as
fast as GDCM and pixel by pixel the same. dicomsdl does not notice that a stream is cut, so that streams without an end
are left to GDCM, which does.
"""

from io import BytesIO
from pathlib import Path
from struct import pack

import cv2
import dicomsdl
import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, SecondaryCaptureImageStorage

from xray_resnet.dicom.reasons import Reason, RejectedImage

dicomsdl.set_loglevel(dicomsdl.LogLevel.DISABLE)

_END = b"\xff\xd9"
_ITEM, _END_OF_ITEMS = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
_PIXEL_DATA = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + _ITEM + b"\0\0\0\0" + _ITEM
"""The head of Pixel Data in fragments, an empty offset table, and the head of the only fragment (PS3.5 A.4)."""
_PIXEL_ELEMENTS = (
    *("SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
)


def decode_baseline(frame: bytes) -> NDArray[np.integer]:
    """A grey frame of 8 bits.

    Raises:
        RejectedImage: DECODE_FAILED.
    """
    decoded = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise RejectedImage(Reason.DECODE_FAILED, "the JPEG stream is damaged")
    return np.asarray(decoded, np.uint8)


def is_whole(frame: bytes) -> bool:
    """Whether the stream has its end, EOI (ITU-T T.81 B.1.1.3), with at most zeros after it."""
    return frame[-64:].rstrip(b"\0").endswith(_END)


def decode_with_dicomsdl(frame: bytes, header: Dataset, syntax: UID) -> NDArray[np.integer]:
    """A frame of JPEG extended or lossless, in a file made anew: dicomsdl sees only elements that were checked."""
    dataset = Dataset()
    for keyword in _PIXEL_ELEMENTS:
        if keyword in header:
            dataset[keyword] = header[keyword]
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, UID("2.25.0")
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    file = BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    even = b"\0" * (len(frame) % 2)
    content = b"".join((file.getvalue(), _PIXEL_DATA, pack("<I", len(frame) + len(even)), frame, even, _END_OF_ITEMS))
    stored = np.asarray(dicomsdl.open_memory(content, copy_data=False).pixelData(storedvalue=True))
    return stored.view(f"i{stored.itemsize}") if header.PixelRepresentation else stored  # 8 bits come without a sign


def decode_with_gdcm(header: Dataset, path: Path) -> NDArray[np.integer]:
    """The frame of a file of 16 bits allocated, by GDCM itself: pydicom's plug-in refuses JPEG extended of 12 bits.

    Raises:
        RejectedImage: DECODE_FAILED.
    """
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        raise RejectedImage(Reason.DECODE_FAILED, "GDCM cannot read the file")
    # GDCM's wrapper hands bytes out as text, with bytes that are no UTF-8 escaped.
    buffer = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    stored = np.frombuffer(buffer, np.int16 if header.PixelRepresentation else np.uint16)
    return stored.reshape(int(header.Rows), int(header.Columns))
