"""albumentations behind one door: what it does for training as well as our own functions, and the library itself.

It is imported on first use: that takes 0.7 s, and a command that does not augment never needs it.
"""

from functools import cache
from typing import Any

import numpy as np

import xray_resnet.silence  # noqa: F401  before albumentations, which asks for updates on import
from xray_resnet.data.degradations import Share


@cache
def load_library() -> Any:
    """The package `albumentations`."""
    import albumentations

    return albumentations


def mirror(share: Share) -> Share:
    """The image with left and right exchanged."""
    return np.asarray(_build("HorizontalFlip").apply(share), np.float32)


def change_pose(share: Share, *, degrees: float, zoom: float, shift: tuple[float, float]) -> Share:
    """As `degradations.pose.change_pose`, bilinear, black outside: the same pixels."""
    rows, columns = share.shape
    matrix = _affine_matrix(
        {"x": shift[0] * columns, "y": shift[1] * rows},
        {"x": 0.0, "y": 0.0},
        {"x": zoom, "y": zoom},
        degrees,
        ((columns - 1) / 2, (rows - 1) / 2),
    )
    return np.asarray(_build("Affine").apply(share, matrix=matrix, output_shape=share.shape), np.float32)


def apply_gamma(share: Share, gamma: float) -> Share:
    """As `degradations.exposure.apply_gamma`, to the last digits of float32: each library has a power of its own."""
    return np.asarray(_build("RandomGamma").apply(share, gamma=gamma), np.float32)


def compress_jpeg(share: Share, quality: int) -> Share:
    """As `degradations.jpeg.compress_jpeg`, to the last digit of float32."""
    image = _build("ImageCompression").apply(share[..., None], quality=quality, image_type=".jpg")
    return np.asarray(image[..., 0], np.float32)


@cache
def _build(name: str) -> Any:
    """A transform whose deterministic part is used; Affine is bilinear with black outside by default."""
    return getattr(load_library(), name)()


def _affine_matrix(*movement: Any) -> Any:
    return load_library().augmentations.geometric.functional.create_affine_transformation_matrix(*movement)
