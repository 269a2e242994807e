"""`xray-eval`: a run and a dataset to metrics and a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

from xray_resnet.bounds import bounded
from xray_resnet.cli.common import Clock, run_command, show_progress
from xray_resnet.config_files import CommandParser, build_section
from xray_resnet.precision import RequestedPrecision
from xray_resnet.runs import Run

COMMAND = "xray-eval"
EXAMPLES = (
    "xray-eval --report",
    "xray-eval --run runs/chestxray-20260131-101500 --split val",
    "xray-eval --run runs/nih --data datasets/rsna --report",
    "xray-eval --ladder --report",
)


@dataclass
class EvaluateOptions:
    """What to evaluate, and how."""

    run: Path | None = None
    """Run or bundle folder; without it, the newest run in `runs_folder`."""
    data: Path | None = None
    """Dataset folder; without it, the one the run was trained on."""
    split: Literal["train", "val", "test", "all"] = "test"
    """Which images."""
    precision: RequestedPrecision = "auto"
    """auto takes bf16 only where the processor computes in it."""
    resamples: int = bounded(2000, least=1)
    """Bootstrap resamples of the patients."""
    seed: int = bounded(0, least=0)
    """Seed of the bootstrap."""
    runs_folder: Path = Path("runs")
    """Where the newest run is looked for."""


def main() -> NoReturn:
    """Entry point of the console script."""
    run_command(COMMAND, evaluate)


def evaluate(arguments: Sequence[str]) -> int:
    """Evaluates, and prints the folder with the results last."""
    parser = CommandParser(COMMAND, purpose="Evaluates a trained network on a dataset.", examples=EXAMPLES)
    parser.add_class_arguments(EvaluateOptions)
    parser.add_argument("--report", action="store_true", help="Also write report.html and overlays.")
    parser.add_argument(
        "--ladder",
        action="store_true",
        help="Also evaluate on the images corrupted in 55 ways; takes 56 times as long, can be interrupted, is kept.",
    )
    values = parser.instantiate(parser.read(arguments))
    options = build_section(EvaluateOptions, values)
    run = options.run or Run.newest(options.runs_folder).folder
    from xray_resnet.evaluation import evaluate as evaluation

    clock = Clock(COMMAND)
    folder = evaluation.evaluate(
        run, dataset=options.data, split=options.split, report=values.report, also=["ladder"] if values.ladder else [],
        precision=options.precision, resamples=options.resamples, seed=options.seed, show=show_progress,
    )  # fmt: skip
    clock.say_end(f"open {folder / 'report.html'}" if values.report else "the same with --report")
    print(folder)
    return 0
