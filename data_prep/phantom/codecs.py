"""Codecs: one lossless frame of each compressed transfer syntax that phantoms use."""

from collections.abc import Callable

import jpeg_ls
import numpy as np
import openjpeg.utils
import rle
from numpy.typing import NDArray
from pydicom.uid import UID, JPEG2000Lossless, JPEGLSLossless, RLELossless

Pixels = NDArray[np.uint16]


def encode_rle(pixels: Pixels, bits: int) -> bytes:
    """RLE Lossless (PS3.5 G)."""
    rows, columns = pixels.shape
    frame = rle.encode_pixel_data(
        pixels.tobytes(), byteorder="<", rows=rows, columns=columns, samples_per_pixel=1, bits_allocated=16
    )
    return bytes(frame)


def encode_jpeg_ls(pixels: Pixels, bits: int) -> bytes:
    """JPEG-LS Lossless (ISO 14495-1); `bits` is the sample precision in the frame header."""
    rows, columns = pixels.shape
    frame = jpeg_ls.encode_pixel_data(
        pixels.tobytes(), lossy_error=0, rows=rows, columns=columns, samples_per_pixel=1, bits_stored=bits
    )
    return bytes(frame)


def encode_jpeg_2000(pixels: Pixels, bits: int) -> bytes:
    """JPEG 2000 Lossless (ISO 15444-1), the code stream alone."""
    return bytes(openjpeg.utils.encode_array(pixels, bits_stored=bits, photometric_interpretation=2))


FRAME_ENCODERS: dict[UID, Callable[[Pixels, int], bytes]] = {
    RLELossless: encode_rle,
    JPEGLSLossless: encode_jpeg_ls,
    JPEG2000Lossless: encode_jpeg_2000,
}
"""Transfer syntax → encoder of (pixels, bits stored); a syntax not listed stores pixels as they are."""
