"""Pictures that a page holds in itself, as data URIs."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_JPEG_QUALITY = 90


@dataclass(frozen=True)
class Picture:
    """A picture in a page.

    Attributes:
        source: Its data URI.
        text: Its content in words.
    """

    source: str
    text: str


def encode_svg(content: str, text: str) -> Picture:
    """A drawing in SVG."""
    return Picture(_to_uri("image/svg+xml", content.encode()), text)


def encode_jpeg(pixels: NDArray[np.uint8], text: str, *, quality: int = _JPEG_QUALITY) -> Picture:
    """A grey (H, W) or RGB (H, W, 3) picture, compressed."""
    ordered = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    _, encoded = cv2.imencode(".jpg", ordered, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return Picture(_to_uri("image/jpeg", encoded.tobytes()), text)


def encode_webp(pixels: NDArray[np.uint8], text: str, *, quality: int = _JPEG_QUALITY) -> Picture:
    """An RGBA picture (H, W, 4), compressed; its transparency is exact."""
    ordered = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA)
    _, encoded = cv2.imencode(".webp", ordered, [cv2.IMWRITE_WEBP_QUALITY, quality])
    return Picture(_to_uri("image/webp", encoded.tobytes()), text)


def _to_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
