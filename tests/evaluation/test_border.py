"""The border of images, on images whose border is known."""

from pathlib import Path

import numpy as np
import pytest

from tests.datasets import write_dataset
from xray_resnet.evaluation.border import measure_borders
from xray_resnet.store import Dataset, StoredImage, open_dataset


def make(folder: Path, *films: tuple[np.ndarray, tuple[int, int, int, int]]) -> Dataset:
    images = [
        StoredImage(f"i{row}", f"p{row}", pixels, {"A": 0}, content=content)
        for row, (pixels, content) in enumerate(films)
    ]
    described = {"name": "x", "source": "table", "synthetic": False, "findings": ("A",), "reading": {}}
    splits = {"train": [], "val": [], "test": [image.image_id for image in images]}
    return open_dataset(write_dataset(folder, images, splits=splits, reading_fingerprint="0" * 16, **described))


def test_the_inside_and_the_padding_do_not_count(tmp_path: Path) -> None:
    """A grey frame of 2 pixels around anything, on a square of 50 padded below and beside."""
    pixels = np.zeros((50, 50), np.uint8)
    pixels[:40, :45] = 51
    pixels[2:38, 2:43] = np.random.default_rng(0).integers(0, 255, (36, 41))
    dataset = make(tmp_path, (pixels, (0, 0, 40, 45)), (pixels, (0, 0, 0, 0)))
    framed, unknown = measure_borders(dataset, np.arange(2))
    assert framed == pytest.approx([0.2, 0.0])
    assert unknown[1] > 0.05


def test_half_a_bright_border_has_its_mean_and_spread(tmp_path: Path) -> None:
    pixels = np.zeros((32, 32), np.uint8)
    pixels[:, 16:] = 255
    assert measure_borders(make(tmp_path, (pixels, (0, 0, 32, 32))), np.arange(1))[0] == pytest.approx([0.5, 0.5])


def test_no_image_has_no_border(tmp_path: Path) -> None:
    dataset = make(tmp_path, (np.zeros((8, 8), np.uint8), (0, 0, 8, 8)))
    assert measure_borders(dataset, np.arange(0)).shape == (0, 2)
