"""Preparation killed by SIGKILL at random moments and run again: one line each. `make kill`.

Each run is `xray-prep` on the same films in a new folder. What it left is run again to its end; its Arrow files must
be those of a run that nobody killed, and no part that was finished may be made again.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.builders import make_chest, write_dicom

COMMAND = Path(sys.executable).parent / "xray-prep"


@dataclass(frozen=True)
class Outcome:
    """One killed run.

    Attributes:
        moment: Seconds after its start.
        finished: Parts that it had finished.
        kept: Of these, as the next run left them.
        equal: Whether the dataset's Arrow files are those of the run that nobody killed.
    """

    moment: float
    finished: int
    kept: int
    equal: bool

    @property
    def is_right(self) -> bool:
        return self.equal and self.kept == self.finished


def make_films(folder: Path, count: int) -> None:
    generator = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"class{number % 2}" / f"person{number // 3}_{number}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_dicom(path, (make_chest(600, 500, generator) * 4095).astype(np.uint16))


def start(source: Path, dataset: Path) -> subprocess.Popen[bytes]:
    """`xray-prep` with 16 films a part."""
    options = ["--data.source=image_folder", f"--data.root={source}", f"--data.cache={dataset}", "--prep.size=2048"]
    classes = r"--data.image_folder={classes: {class0: [], class1: [Mass]}, patient_pattern: '(person\d+)'}"
    environment = os.environ | {"XRAY_HASH_KEY": str(source.with_name("key"))}
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([COMMAND, *options, classes], env=environment, **silent)


def read_parts(dataset: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(dataset.glob("images/part-*.arrow"))}


def kill_and_resume(source: Path, dataset: Path, moment: float, whole: dict[str, bytes]) -> Outcome:
    process = start(source, dataset)
    time.sleep(moment)
    process.kill()
    process.wait()
    finished = {name: _identify(dataset, name) for name in _finished_parts(dataset)}
    assert start(source, dataset).wait() == 0
    kept = sum(_identify(dataset, stem) == before for stem, before in finished.items())
    return Outcome(moment, len(finished), kept, read_parts(dataset) == whole)


def _finished_parts(dataset: Path) -> list[str]:
    """Those with a journal; all of a finished dataset, which has no journals."""
    if (dataset / "dataset.json").exists():
        return [path.name for path in dataset.glob("images/part-*.arrow")]
    return [path.stem for path in dataset.glob("journal/part-*.json")]


def _identify(dataset: Path, part: str) -> tuple[int, int]:
    """Which file a part is, and when it was written."""
    status = (dataset / "images" / part).stat()
    return status.st_ino, status.st_mtime_ns


def run(kills: int, films: int, seed: int, folder: Path) -> list[Outcome]:
    """Outcomes of so many kills, spread over the time that a whole run takes."""
    make_films(folder / "films", films)
    begin = time.perf_counter()
    assert start(folder / "films", folder / "whole").wait() == 0
    duration = time.perf_counter() - begin
    whole = read_parts(folder / "whole")
    moments = np.random.default_rng(seed).uniform(0, duration, kills)
    return [kill_and_resume(folder / "films", folder / str(n), moment, whole) for n, moment in enumerate(moments)]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int)
    parser.add_argument("--films", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        outcomes = run(options.kills, options.films, options.seed, Path(folder))
    for outcome in sorted(outcomes, key=lambda outcome: outcome.moment):
        verdict = "equal bytes" if outcome.equal else "OTHER BYTES"
        parts = f"{outcome.finished:2} parts finished, {outcome.kept:2} kept"
        print(f"killed after {outcome.moment:5.2f} s: {parts}, {verdict}")
    wrong = sum(not outcome.is_right for outcome in outcomes)
    print(f"{len(outcomes)} kills, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
