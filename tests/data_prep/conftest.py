"""A folder of three hundred images, configurations of it, and what of a dataset does not change from run to run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.builders import make_chest
from xray_resnet.config import Config, DataConfig, ImageFolderConfig, PrepConfig


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three hundred grey images of sixty children in two class folders, and a file that is no image."""
    root = tmp_path / "source"
    generator = np.random.default_rng(0)
    for number in range(300):
        folder = root / ("PNEUMONIA" if number % 2 else "NORMAL")
        folder.mkdir(parents=True, exist_ok=True)
        write_image(folder / f"person{number // 5}_{number}.png", generator)
    (root / "NORMAL" / "person0_notes.txt").write_text("not an image")
    return root


def write_image(path: Path, generator: np.random.Generator) -> None:
    """A grey image of blobs, 96 × 80."""
    assert cv2.imwrite(str(path), np.uint8(make_chest(96, 80, generator) * 255))


@pytest.fixture
def configure(source: Path, tmp_path: Path) -> Callable[..., Config]:
    """Builds configurations of the source."""

    def build(cache: str = "dataset", *, workers: int = 1, size: int = 32, **data: object) -> Config:
        classes = ImageFolderConfig({"NORMAL": [], "PNEUMONIA": ["Pneumonia"]}, r"(person\d+)")
        section = DataConfig(source="image_folder", root=source, cache=tmp_path / cache, image_folder=classes)
        prep = PrepConfig(size=size, workers=workers)
        return Config(data=replace(section, **data), prep=prep)  # type: ignore[arg-type]

    return build


def lasting_bytes(folder: Path) -> dict[str, bytes]:
    """Content of every file but the times."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "ingest.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
