"""`xray-eval`: a run and a dataset to metrics and a report."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

from xray_resnet.bounds import bounded
from xray_resnet.cli.common import Clock, run_command, show_progress
from xray_resnet.config_files import CommandParser, build_section
from xray_resnet.errors import ConfigurationError
from xray_resnet.precision import RequestedPrecision
from xray_resnet.runs import Run

if TYPE_CHECKING:
    from xray_resnet.evaluation.amendment import AmendOptions

COMMAND = "xray-eval"
EXAMPLES = (
    "xray-eval --report",
    "xray-eval --run runs/chestxray-20260131-101500 --split val",
    "xray-eval --run runs/nih --data datasets/rsna --report",
    "xray-eval --ladder --report",
    "xray-eval --split val --sensitivity 0.95 --prevalence '{Effusion: 0.04, Nodule: 0.01}'",
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
    language: Literal["en", "de", "ko"] = "en"
    """Of the report's labels: English, German or Korean; its sentences are English."""
    seen: Literal["refuse", "leave_out", "keep"] = "refuse"
    """Patients in `data` that the model was fitted to."""
    precision: RequestedPrecision = "auto"
    """auto takes bf16 only where the processor computes in it."""
    resamples: int = bounded(2000, least=1)
    """Bootstrap resamples of the patients."""
    seed: int = bounded(0, least=0)
    """Seed of the bootstrap."""
    runs_folder: Path = Path("runs")
    """Where the newest run is looked for."""
    sensitivity: float | None = None
    """Chooses operating points that have this sensitivity; without it or --specificity, by Youden's index."""
    specificity: float | None = None
    """Chooses operating points that have this specificity."""
    prevalence: float | dict[str, float] | None = None
    """How frequent findings are where the model is used, for all or by finding: for predictive values and, if the
    bundle is amended, for its probabilities."""

    def list_mistakes(self) -> Iterator[str]:
        """What is wrong with the settings together."""
        if self.sensitivity is not None and self.specificity is not None:
            yield "sensitivity and specificity are both given, expected one: it leaves the other to the scores"
        for name in ("sensitivity", "specificity"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                yield f"{name} is {value:g}, expected more than 0 and at most 1"
        given = self.prevalence if isinstance(self.prevalence, dict) else {"": self.prevalence}
        for finding, value in given.items():
            if value is not None and not 0 < value < 1:
                yield f"prevalence{finding and f'.{finding}'} is {value:g}, expected more than 0 and less than 1"


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
    parser.add_argument(
        "--amend",
        action="store_true",
        help="Write calibration and operating points into the bundle; so without it on the run's own --split val.",
    )
    parser.add_argument("--no-amend", action="store_true", help="Leave the bundle as it is.")
    values = parser.instantiate(parser.read(arguments))
    options = build_section(EvaluateOptions, values)
    if values.amend and values.no_amend:
        raise ConfigurationError("--amend and --no-amend are both given, expected one")
    run = options.run or Run.newest(options.runs_folder).folder
    from xray_resnet.evaluation import evaluate as evaluation

    clock = Clock(COMMAND)
    folder = evaluation.evaluate(
        run, dataset=options.data, split=options.split, report=values.report, language=options.language,
        also=["ladder"] if values.ladder else [],
        options=_read_amend_options(options, amend=values.amend or (False if values.no_amend else None)),
        precision=options.precision, treatment=options.seen, resamples=options.resamples, seed=options.seed,
        show=show_progress, tell=_tell,
    )  # fmt: skip
    clock.say_end(f"open {folder / 'report.html'}" if values.report else "the same with --report")
    print(folder)
    return 0


def _read_amend_options(options: EvaluateOptions, *, amend: bool | None) -> "AmendOptions":
    from xray_resnet.evaluation.amendment import AmendOptions
    from xray_resnet.metrics.operating import Criterion

    criterion = Criterion()
    if options.sensitivity is not None:
        criterion = Criterion("sensitivity", options.sensitivity)
    if options.specificity is not None:
        criterion = Criterion("specificity", options.specificity)
    return AmendOptions(amend, criterion, options.prevalence)


def _tell(sentence: str) -> None:
    print(f"{COMMAND}: {sentence}", file=sys.stderr)
