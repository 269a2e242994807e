"""Peak memory of preparation, of its workers and of the process that leads them, on few files and on many.

The leading process looks at stored pixels where hashes are near: pages of the mapped dataset count as its memory, but
are the system's to take back. Its own memory is what it allocated (RssAnon).
"""

import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from data_prep.phantom.render import render_images

FEW, MANY = 1_000, 20_000
PHANTOMS = 200


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Phantoms, each shifted anew every time, so that no hash takes two for one."""
    folder = tmp_path_factory.mktemp("phantoms")
    generator = np.random.default_rng(0)
    rendered = [image.shown() for image in render_images(PHANTOMS, size=256, seed=0)]
    for count in (FEW, MANY):
        (folder / str(count) / "A").mkdir(parents=True)
        for number in range(count):
            shifted = np.roll(rendered[number % PHANTOMS], generator.integers(0, 256, 2).tolist(), (0, 1))
            assert cv2.imwrite(str(folder / str(count) / "A" / f"{number}.png"), shifted)
    return folder


def test_memory_stays_flat(phantoms: Path) -> None:
    peaks = {count: measure_peaks(phantoms / str(count), phantoms / f"dataset{count}") for count in (FEW, MANY)}
    print()
    for role in ("worker", "lead", "lead, its own"):
        few, many = peaks[FEW][role] >> 10, peaks[MANY][role] >> 10
        print(f"{role}: peak {few} MiB on {FEW} files, {many} MiB on {MANY} = {many / few:.2f} x")


def measure_peaks(source: Path, dataset: Path) -> dict[str, int]:
    """Role → kilobytes, the most of its processes."""
    script = Path(sys.executable).parent / "xray-prep"
    options = ["--data.source=image_folder", f"--data.root={source}", f"--data.cache={dataset}", "--prep.size=512"]
    classes = "--data.image_folder.classes={A: []}"
    environment = os.environ | {"XRAY_HASH_KEY": str(source.with_name("key"))}
    lead = subprocess.Popen([script, *options, classes], stdout=subprocess.DEVNULL, env=environment)
    peaks: dict[str, int] = defaultdict(int)
    while lead.poll() is None:
        for process in descendants(lead.pid):
            role = "lead" if process == lead.pid else "worker"
            peaks[role] = max(peaks[role], read_status(process, "VmHWM"))
        peaks["lead, its own"] = max(peaks["lead, its own"], read_status(lead.pid, "RssAnon"))
        time.sleep(0.2)
    assert lead.returncode == 0
    return peaks


def descendants(process: int) -> list[int]:
    """The process and those below it."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except FileNotFoundError:
        return [process]
    return [process, *(below for child in children for below in descendants(int(child)))]


def read_status(process: int, name: str) -> int:
    """Kilobytes: VmHWM is the most that was resident, with mapped parts; RssAnon what is allocated now."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:")), 0)
