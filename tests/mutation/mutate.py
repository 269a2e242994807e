"""Puts faults into the code and counts those that no test notices.

Run as `python -m tests.mutation.mutate`; a seed draws a bounded sample of each target, so that a run takes minutes and
can be repeated. Kept tools (mutmut, cosmic-ray) mutate everything or what a list names; neither draws a sample. The
faults are put into copies of the tree, never into the tree itself. Survivors that `survivors.csv` explains, because the
fault changes nothing that can be seen, are told apart from those that a test is missing for.
"""

import argparse
import csv
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.conftest import REPOSITORY, locate_shared
from tests.mutation.operators import Mutant, find_mutants

EXPLAINED = Path(__file__).parent / "survivors.csv"
_TIMEOUT_S = 120
_COPIED = ("xray_resnet", "data_prep", "configs", "tests", "docs", "pyproject.toml", "README.md")


@dataclass(frozen=True)
class Target:
    """Modules and the tests that guard them, as paths from the root."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


TARGETS = (
    Target(
        "metrics",
        (
            "xray_resnet/holm.py",
            *(
                f"xray_resnet/metrics/{name}.py"
                for name in (
                    "aurocs",
                    "bootstrap",
                    "clustered",
                    "components",
                    "newcombe",
                    "paired",
                    "ranking",
                    "ranking_intervals",
                )
            ),
        ),
        ("tests/metrics", "tests/test_holm.py"),
    ),
    Target(
        "pointing",
        ("xray_resnet/metrics/localisation.py", "xray_resnet/metrics/overlap.py", "xray_resnet/map_grid.py"),
        (
            "tests/metrics/test_localisation.py",
            "tests/metrics/test_overlap.py",
            "tests/test_map_grid.py",
            "tests/evaluation/test_localisation.py",
        ),
    ),
    Target(
        "detector noise",
        ("xray_resnet/data/degradations/quantum_noise.py", "xray_resnet/detector/display_curve.py"),
        ("tests/data/degradations", "tests/detector"),
    ),
    Target(
        "display",
        ("xray_resnet/dicom/display/pixels.py",),
        ("tests/dicom/test_pixels.py", "tests/dicom/test_read.py", "tests/dicom/test_unused_bits.py"),
    ),
    Target("split", ("data_prep/split.py",), ("tests/data_prep/test_split.py",)),
    Target(
        "losses",
        tuple(
            f"xray_resnet/training/losses/{name}.py"
            for name in ("asymmetric", "auc_margin", "cross_entropy", "focal", "masking", "statistics")
        ),
        ("tests/training/losses",),
    ),
)


@dataclass(frozen=True)
class Trial:
    """One mutant of one module, and the tests to run."""

    module: str
    mutant: Mutant
    tests: tuple[str, ...]


def draw_trials(target: Target, count: int, seed: int) -> list[Trial]:
    """At most `count` mutants of a target, drawn with `seed`."""
    mutants = [
        Trial(module, mutant, target.tests)
        for module in target.modules
        for mutant in find_mutants((REPOSITORY / module).read_text(encoding="utf-8"))
    ]
    return random.Random(f"{seed} {target.name}").sample(mutants, min(count, len(mutants)))


class Trees:
    """Copies of the tree, one a worker."""

    def __init__(self, folder: Path, count: int) -> None:
        self._free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            self._free.put(_copy_tree(folder / str(number)))

    def survives(self, trial: Trial) -> bool:
        """Whether the tests pass with the fault; a test that hangs has noticed it."""
        tree = self._free.get()
        try:
            with _changed(tree / trial.module, trial.mutant.source):
                return _passes(tree, trial.tests)
        finally:
            self._free.put(tree)


def read_explained() -> dict[tuple[str, str, str], str]:
    """(module, line as it stands, change) → why no test can notice it."""
    with EXPLAINED.open(encoding="utf-8", newline="") as file:
        return {(row["module"], row["line"], row["change"]): row["reason"] for row in csv.DictReader(file)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints each target's share of noticed faults and its survivors; 1 if fewer than nine in ten were noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20, help="mutants of each target (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="draws them (%(default)s)")
    parser.add_argument("--target", choices=[target.name for target in TARGETS], help="this one alone")
    options = parser.parse_args(arguments)
    targets = [target for target in TARGETS if options.target in (None, target.name)]
    noticed = total = 0
    with TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        trees = Trees(Path(folder), os.cpu_count() or 1)
        for target in targets:
            trials = draw_trials(target, options.count, options.seed)
            alive = [trial for trial, lives in zip(trials, pool.map(trees.survives, trials), strict=True) if lives]
            _report(target, trials, alive)
            noticed, total = noticed + len(trials) - len(alive), total + len(trials)
    print(f"all: {noticed} of {total} noticed ({noticed / total:.0%})")
    return int(noticed < 0.9 * total)


def _report(target: Target, trials: list[Trial], alive: list[Trial]) -> None:
    print(f"{target.name}: {len(trials) - len(alive)} of {len(trials)} noticed", flush=True)
    explained = read_explained()
    for trial in alive:
        reason = explained.get((trial.module, trial.mutant.text, trial.mutant.name), "no test notices it")
        print(f"  {trial.module}:{trial.mutant.line}  {trial.mutant.name}  ({reason})", flush=True)


def _copy_tree(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in _COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


@contextmanager
def _changed(path: Path, source: str):  # type: ignore[no-untyped-def]
    original = path.read_text(encoding="utf-8")
    path.write_text(source, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(original, encoding="utf-8")


def _passes(tree: Path, tests: Sequence[str]) -> bool:
    environment = os.environ | {
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        "XRAY_SHARED": str(locate_shared()),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not slow", *tests]
    try:
        result = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
