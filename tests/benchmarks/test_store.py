"""Reading the Arrow store: random access beside PNG, what processes share, and how soon the first image is there."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from data_prep.ingest import prepare_dataset
from xray_resnet.config import Config, DataConfig, PrepConfig
from xray_resnet.store import Dataset, StoredImage, open_dataset
from xray_resnet.store.schema import IMAGES_FOLDER, DatasetDescription, part_name
from xray_resnet.store.writer import write_description, write_part

IMAGES, PER_PART = 100_000, 128
OPEN = """
import json, sys, time
from xray_resnet.store import open_dataset
start = time.perf_counter()
dataset = open_dataset(sys.argv[1])
first = int(dataset.pixels(len(dataset) - 1).max())
seconds = time.perf_counter() - start
print(json.dumps([len(dataset), seconds]))
"""
TOUCH = """
import re, sys
from xray_resnet.store import open_dataset
dataset = open_dataset(sys.argv[1])
total = sum(int(dataset.pixels(row).sum()) for row in range(len(dataset)))
print("touched", flush=True)
sys.stdin.readline()
maps = open("/proc/self/smaps").read().split("VmFlags")
mine = [text for text in maps if ".arrow" in text]
for key in ("Rss", "Private_Dirty"):
    print(sum(int(kilobytes) for text in mine for kilobytes in re.findall(key + r": +(\\d+) kB", text)))
"""


@pytest.fixture(scope="module")
def nih(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """702 radiographs at 512²."""
    folder = tmp_path_factory.mktemp("nih")
    data = DataConfig(source="nih_chestxray14", root=shared / "data/nih_chestxray14", cache=folder / "dataset")
    return open_dataset(prepare_dataset(Config(data=data, prep=PrepConfig(size=512))))


def test_random_access_beside_png(nih: Dataset, tmp_path: Path) -> None:
    cv2.setNumThreads(1)
    rows = np.random.default_rng(0).permutation(len(nih)).tolist()
    for row in rows:
        assert cv2.imwrite(str(tmp_path / f"{row}.png"), nih.pixels(row))
    png = time_each(lambda row: cv2.imread(str(tmp_path / f"{row}.png"), cv2.IMREAD_GRAYSCALE), rows)
    copied = time_each(lambda row: nih.pixels(row).copy(), rows)
    viewed = time_each(nih.pixels, rows)
    assert not nih.pixels(0).flags.owndata
    print(f"\nPNG {png * 1e6:.0f} µs an image; the store, every pixel copied out {copied * 1e6:.0f} µs = ", end="")
    print(f"{png / copied:.0f} x; a view of it {viewed * 1e6:.1f} µs = {png / viewed:.0f} x")


def time_each(read: Callable[[int], object], rows: list[int]) -> float:
    """Seconds per row, the best of three rounds."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        for row in rows:
            read(row)
        times.append((time.perf_counter() - start) / len(rows))
    return min(times)


def test_processes_share_the_pages(nih: Dataset) -> None:
    command = [sys.executable, "-c", TOUCH, str(nih.folder)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "touched\n"
    for process in processes:
        mapped, private = map(int, re.findall(r"\d+", process.communicate("\n")[0]))
        print(f"\na process that read every image has {mapped >> 10} MiB of the store mapped, {private} KiB its own")


def test_the_first_image_of_a_hundred_thousand(tmp_path: Path) -> None:
    write_large_dataset(tmp_path / "dataset")
    shown = subprocess.run(
        [sys.executable, "-c", OPEN, str(tmp_path / "dataset")], capture_output=True, text=True, check=True
    )
    count, seconds = json.loads(shown.stdout)
    assert count == IMAGES
    print(f"\nfirst image of {count}: {seconds:.2f} s after opening began")


def write_large_dataset(folder: Path) -> None:
    """As many parts as 100,000 images of any size have, of tiny ones."""
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32), np.uint8)
    names = [f"{number:032x}" for number in range(IMAGES)]
    parts: dict[str, int] = {}
    for start in range(0, IMAGES, PER_PART):
        images = [StoredImage(name, name, pixels, {}) for name in names[start : start + PER_PART]]
        parts[part_name(len(parts))] = len(images)
        write_part(folder / IMAGES_FOLDER / [*parts][-1], images, findings=("Mass",), size=32, dtype="uint8")
    description = DatasetDescription(
        name="large", source="phantom", synthetic=True, findings=("Mass",), reading={}, reading_fingerprint="",
        splits={"train": names, "val": [], "test": []}, parts=parts,
    )  # fmt: skip
    write_description(folder, description)
