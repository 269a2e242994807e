"""PNG and JPEG files as radiographs: many public data sets come so."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xray_resnet.dicom.display.pixels import PixelDescription, to_display
from xray_resnet.dicom.header.gate import Gate, check_size
from xray_resnet.dicom.radiograph import Radiograph
from xray_resnet.dicom.reasons import Reason, RejectedImage

_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}
_PNG_BIT_DEPTH = 24
"""Where IHDR, always a PNG's first chunk, holds its bit depth."""
PICTURE_FORMATS = tuple(_SIGNATURES.values())
_COLOUR_TOLERANCE = 8
"""Most that the channels of a grey picture may differ: JPEG rounds them apart."""


def picture_format(start: bytes) -> str | None:
    """PNG, JPEG, or None, by the first bytes of a file."""
    return next((name for signature, name in _SIGNATURES.items() if start.startswith(signature)), None)


def read_picture(content: bytes, gate: Gate) -> Radiograph:
    """A grey picture as a radiograph.

    Raises:
        RejectedImage: TOO_LARGE, TOO_SMALL, DECODE_FAILED or COLOUR.
    """
    kind = picture_format(content[:8]) or ""
    _check_declared_size(content, gate)
    return show_picture(_to_grey(_decode_jpeg(content) if kind == "JPEG" else _decode_png(content)), kind=kind)


def show_picture(grey: NDArray[np.integer], *, kind: str = "PNG") -> Radiograph:
    """Grey pixels (H, W) of 8 or 16 bits as a radiograph.

    Args:
        grey: Bright is dense.
        kind: The format that the picture has, or would have as a file.
    """
    image, mapping = to_display(grey, PixelDescription(bits_stored=grey.dtype.itemsize * 8))
    return Radiograph(image, mapping=mapping, transfer_syntax=kind)


def _check_declared_size(content: bytes, gate: Gate) -> None:
    """Reads the size from the picture's header alone."""
    try:
        with _open(content) as picture:
            columns, rows = picture.size
    except Image.DecompressionBombError:
        raise RejectedImage(Reason.TOO_LARGE, "the picture declares far too many pixels") from None
    except Exception as error:  # Pillow raises many kinds on damaged headers
        raise RejectedImage(Reason.DECODE_FAILED, f"the picture's header is damaged ({type(error).__name__})") from None
    check_size(rows, columns, gate)


def _decode_jpeg(content: bytes) -> NDArray[np.generic]:
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise RejectedImage(Reason.DECODE_FAILED, "the JPEG stream is damaged")
    return np.asarray(decoded)


def _decode_png(content: bytes) -> NDArray[np.generic]:
    """Pillow finds damage that OpenCV lets pass, but reads channels of 16 bits as 8; those OpenCV reads again."""
    try:
        with _open(content) as picture:
            decoded = np.asarray(picture.convert("RGB") if picture.mode in ("P", "1") else picture)
    except Exception as error:  # Pillow raises many kinds on damaged streams
        raise RejectedImage(Reason.DECODE_FAILED, f"the PNG stream is damaged ({type(error).__name__})") from None
    if decoded.ndim == 3 and content[_PNG_BIT_DEPTH] == 16:
        return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED))
    return decoded


@contextmanager
def _open(content: bytes) -> Iterator[Image.Image]:
    """The picture, without Pillow's warning of large ones: the gate has its own limit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(content)) as picture:
            yield picture


def _to_grey(decoded: NDArray[np.generic]) -> NDArray[np.integer]:
    """One channel of a picture whose channels agree; transparency is left out."""
    if decoded.dtype not in (np.uint8, np.uint16):
        raise RejectedImage(Reason.DECODE_FAILED, f"pixels of type {decoded.dtype}, expected 8 or 16 bits")
    if decoded.ndim == 2:
        return np.asarray(decoded)
    channels = [np.ascontiguousarray(decoded[..., channel]) for channel in range(3 if decoded.shape[2] >= 3 else 1)]
    spread = max((int(cv2.absdiff(one, other).max()) for one, other in combinations(channels, 2)), default=0)
    if spread > _COLOUR_TOLERANCE * (257 if decoded.dtype == np.uint16 else 1):
        raise RejectedImage(Reason.COLOUR, "its channels differ, expected a grey picture")
    return channels[min(1, len(channels) - 1)]  # green, which cameras and codecs resolve best
