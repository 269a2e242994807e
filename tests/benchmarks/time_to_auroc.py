"""Time until an AUROC on real films is reached: our training beside the plain recipe's, in turns in one run.

  python -m tests.benchmarks.time_to_auroc KERMANY RECIPE FOLDER [--auroc 0.99] [--turns 3] [options of xray-train]

KERMANY holds train/NORMAL and train/PNEUMONIA; RECIPE is a script with the arguments KERMANY EPOCHS OUT.csv SEED SIZE,
which prints "epoch 1: AUROC 0.9000 after 60 s". Both train on the same films and are judged after each of their epochs
on the films that the recipe holds out. Prints seconds of training, in which neither reads a film, and seconds from the
command on; ours are counted with and without the preparation of the data set, which is done once. If the plain recipe
has not reached the AUROC after its last epoch, what it took counts, and the ratio is a lower bound.
"""

import argparse
import csv
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from docs.robustness.films import write_source
from xray_resnet.processor import name_instruction_set

_CONFIG = Path(__file__).parents[2] / "docs/robustness/kermany.yaml"
_SPLITS = {"test": "val", "val": "train"}
"""Ours is validated on what the plain recipe holds out, and trained on all else."""
_RUN = """
import runpy, sys
import xray_resnet.torch_compat
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script where torchvision's compiled operators may be missing, which timm imports."""
_PLAIN_EPOCH = re.compile(r"epoch (\d+): AUROC ([\d.]+) after (\d+) s")
_OUR_EPOCH = re.compile(r"epoch (\d+)\b.*\bval_macro_auroc ([\d.]+)")


@dataclass(frozen=True)
class Reached:
    """When a training first had the AUROC.

    Attributes:
        epoch: Counted from 1.
        auroc: Of that epoch.
        training: Seconds since its first step.
        whole: Seconds since the command was given.
        in_time: False: it was the last epoch, and the AUROC is still below; the seconds are what it needs at least.
    """

    epoch: int
    auroc: float
    training: float
    whole: float
    in_time: bool = True


def main(arguments: Sequence[str]) -> int:
    """Runs both in turns and prints the ratios; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kermany", type=Path)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("folder", type=Path, help="for the data set and the runs")
    parser.add_argument("--auroc", type=float, default=0.99)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=4, help="of both")
    given, options = parser.parse_known_args(arguments)
    source, films = given.folder / "source", given.folder / "films"
    write_source(given.kermany, source, splits=_SPLITS)
    data = ["--config", str(_CONFIG), "--data.root", str(source), "--data.cache", str(films)]
    prepared = _time(["xray-prep", *data])
    ours = [*data, "--model.image_size", str(given.size), "--train.epochs", str(given.epochs)]
    ours += ["--train.output", str(given.folder / "runs"), *options]
    print(f"{name_instruction_set()}; data set prepared in {prepared:.0f} s", flush=True)
    pairs = []
    for seed in range(given.turns):
        plain = _run_plain(given, seed)
        own = _run_ours(given, [*ours, "--train.seed", str(seed), "--name", f"seed{seed}"])
        print(f"turn {seed + 1}: plain {plain}\n        ours  {own}", flush=True)
        pairs.append((plain, own))
    _print_ratios(pairs, prepared)
    return 0


def _run_plain(given: argparse.Namespace, seed: int) -> Reached:
    out = given.folder / f"plain-{seed}.csv"
    command = [sys.executable, "-c", _RUN, given.recipe, given.kermany, given.epochs, out, seed, given.size]
    last = None
    for line, seconds in _lines(command):
        if found := _PLAIN_EPOCH.match(line):
            auroc = float(found[2])
            last = Reached(int(found[1]), auroc, float(found[3]), seconds, in_time=auroc >= given.auroc)
            if last.in_time:
                break
    if last is None:
        raise SystemExit(f"{given.recipe} printed no epoch")
    return last


def _run_ours(given: argparse.Namespace, options: Sequence[str]) -> Reached:
    for line, seconds in _lines(["xray-train", *options]):
        if (found := _OUR_EPOCH.search(line)) and float(found[2]) >= given.auroc:
            return Reached(int(found[1]), float(found[2]), _read_seconds(given.folder, int(found[1])), seconds)
    raise SystemExit(f"ours does not reach {given.auroc} in {given.epochs} epochs; give it more --epochs")


def _read_seconds(folder: Path, epoch: int) -> float:
    """Seconds of the newest run's first epochs, validation included."""
    table = max(folder.glob("runs/*/metrics.csv"), key=lambda path: path.stat().st_mtime)
    with table.open(newline="") as file:
        return sum(float(row["seconds"]) for row in [*csv.DictReader(file)][:epoch])


def _lines(command: Sequence[object]) -> Iterator[tuple[str, float]]:
    """What a command prints, with the seconds since its start; ended when nobody asks for more."""
    started = time.perf_counter()
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith("epoch"):
                    print(f"  {line.rstrip()}", flush=True)
                yield line, time.perf_counter() - started
        finally:
            process.kill()
    if process.returncode > 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")


def _time(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _print_ratios(pairs: Sequence[tuple[Reached, Reached]], prepared: float) -> None:
    """Plain over ours; the median over the turns and the least."""
    ratios = {
        "training": [plain.training / own.training for plain, own in pairs],
        "from the command on": [plain.whole / own.whole for plain, own in pairs],
        "with the preparation": [plain.whole / (own.whole + prepared) for plain, own in pairs],
    }
    for name, values in ratios.items():
        print(f"{name}: {median(values):.2f} × as fast as the plain recipe, at least {min(values):.2f}")
    if late := sum(not plain.in_time for plain, _ in pairs):
        print(f"the plain recipe had not reached it in {late} of {len(pairs)} turns: the ratios are lower bounds")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
