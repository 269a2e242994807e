"""Training killed by SIGKILL at random moments and resumed: one line each. `make kill`.

Each run is `xray-train` on the same phantoms in a new folder, with a checkpoint every few steps, smaller inputs first,
augmentation and averaged weights; every second one loads in two processes. What a kill left is resumed to its end; its
weights, its whole last state and its table of epochs must be those of a run that nobody killed, bit for bit.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from xray_resnet.runs import Run

COMMANDS = Path(sys.executable).parent
EPOCHS, IMAGES = 6, 400
TIMES = ("seconds", "images_per_second", "data_wait")
SETTINGS = (
    *(f"--data.phantom.count={IMAGES}", "--data.phantom.size=64", "--prep.size=64", "--prep.workers=1"),
    *("--model.depth=18", "--model.base_width=8", "--model.image_size=64", f"--train.epochs={EPOCHS}"),
    *("--train.batch_size=8", "--train.smaller_first={32: 0.5}", "--train.precision=fp32", "--train.threads=1"),
    "--train.checkpoint_minutes=0.002",
)


@dataclass(frozen=True)
class Outcome:
    """One killed run.

    Attributes:
        workers: Processes that loaded.
        saved: Where its last checkpoint was.
        differences: What is not as in the run that nobody killed.
    """

    workers: int
    saved: str
    differences: list[str]


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    """`xray-train` in `folder`; its output is read until training begins."""
    environment = os.environ | {"XRAY_HASH_KEY": str(folder.parent / "key"), "PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    process = subprocess.Popen([COMMANDS / "xray-train", *options], cwd=folder, env=environment, **pipes)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("training on"):
            break
    return process


def finish(process: subprocess.Popen[str]) -> None:
    process.communicate()
    assert process.returncode == 0, process.args


def options_of(folder: Path, workers: int) -> tuple[str, ...]:
    return *SETTINGS, f"--data.cache={folder.parent / 'dataset'}", f"--train.workers={workers}"


def kill_and_resume(folder: Path, step: int, delay: float, workers: int, whole: Run) -> Outcome:
    """Kills a training `delay` seconds after the checkpoint of a step or a later one, and resumes it."""
    folder.mkdir()
    process = start(folder, *options_of(folder, workers))
    run = only_run(folder)
    while read_step(run) < step and process.poll() is None:
        time.sleep(0.01)
    time.sleep(delay)
    process.kill()
    process.communicate()
    saved = describe_place(run)
    finish(start(folder, f"--resume={run.folder}"))
    return Outcome(workers, saved, [*compare(run, whole)])


def only_run(folder: Path) -> Run:
    (found,) = (folder / "runs").iterdir()
    return Run(found)


def read_step(run: Run) -> int:
    """The step of the last checkpoint; -1 before the first."""
    if not run.last_checkpoint.exists():
        return -1
    return int(torch.load(run.last_checkpoint, weights_only=True)["global_step"])


def describe_place(run: Run) -> str:
    state = torch.load(run.last_checkpoint, weights_only=True)
    return f"in epoch {state['epoch'] + 1} at step {state['global_step']}"


def compare(run: Run, whole: Run) -> Iterator[str]:
    """Names of what is not equal."""
    if run.is_finished and read_weights(run) != read_weights(whole):
        yield "delivered weights"
    if not is_equal(*(torch.load(each.best_checkpoint, weights_only=True) for each in (run, whole))):
        yield "best weights"
    states = [torch.load(each.last_checkpoint, weights_only=True) for each in (run, whole)]
    for name in ("state_dict", "current_model_state", "averaging_state", "optimizer_states", "lr_schedulers"):
        if not is_equal(states[0][name], states[1][name]):
            yield name
    if read_metrics(run) != read_metrics(whole):
        yield "metrics.csv"


def read_weights(run: Run) -> bytes:
    return (run.bundle / "models/model.safetensors").read_bytes()


def is_equal(one: Any, other: Any) -> bool:
    """Whether two nests of dictionaries, lists and tensors are the same, bit for bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(is_equal, one, other))
    return bool(one == other)


def read_metrics(run: Run) -> list[dict[str, str]]:
    """The table of epochs without its times."""
    with run.metrics.open() as file:
        return [{name: value for name, value in row.items() if name not in TIMES} for row in csv.DictReader(file)]


def run_kills(kills: int, seed: int, folder: Path) -> Iterator[Outcome]:
    """Outcomes of so many kills, spread over the steps of a whole training, each at any moment of a step or two."""
    (folder / "whole").mkdir()
    finish(start(folder / "whole", *options_of(folder / "whole", 0)))
    whole = only_run(folder / "whole")
    generator = np.random.default_rng(seed)
    steps = generator.integers(0, int(0.95 * read_step(whole)), kills)
    for number, step in enumerate(steps):
        yield kill_and_resume(folder / str(number), int(step), generator.uniform(0, 0.2), 2 * (number % 2), whole)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for outcome in run_kills(options.kills, options.seed, Path(folder)):
            verdict = f"OTHER {', '.join(outcome.differences)}" if outcome.differences else "equal bit for bit"
            print(f"{outcome.workers} loading processes, saved {outcome.saved}: {verdict}", flush=True)
            wrong += bool(outcome.differences)
    print(f"{options.kills} kills, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
