"""`xray-eval`: a run and a dataset to metrics and a report."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

from xray_resnet.bounds import bounded, refuse_mistakes
from xray_resnet.cli.common import Clock, run_command, show_progress
from xray_resnet.config_files import CommandParser, build_section
from xray_resnet.errors import ConfigurationError
from xray_resnet.evaluation.request import LADDER_IMAGES, Request
from xray_resnet.explain.methods import Cam
from xray_resnet.precision import RequestedPrecision
from xray_resnet.runs import Run

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from xray_resnet.evaluation.amend_options import AmendOptions
    from xray_resnet.evaluation.dose_options import DoseOptions
    from xray_resnet.evaluation.retraining import Retraining
    from xray_resnet.triage import Promises

COMMAND = "xray-eval"
EXAMPLES = (
    "xray-eval --report",
    "xray-eval --run runs/chestxray-20260131-101500 --split val",
    "xray-eval --run runs/nih --data datasets/rsna --report",
    "xray-eval --ladder --report",
    "xray-eval --audit --split all --only data",
    "xray-eval --ladder --ladder_images 0",
    "xray-eval --explanation --report --cam layercam",
    "xray-eval --report --dose --dose-margin 0.02 --dose-grid 0.5 0.25 0.1",
    "xray-eval --report --subgroup Modality --subgroup file_size",
    "xray-eval --only findings subgroups shortcuts",
    "xray-eval --report --skip examples localisation",
    "xray-eval --split val --ppv 0.9 --npv 0.98",
    "xray-eval --split val --sensitivity 0.95 --prevalence '{Effusion: 0.04, Nodule: 0.01}'",
)

ANALYSES = (
    "findings", "external", "baseline", "curves", "calibration", "operating_points", "triage", "scope", "shift",
    "shortcuts", "subgroups", "examples", "localisation", "explanation", "ladder", "dose", "audit", "data", "model",
)  # fmt: skip
"""Named here too, so that --help loads nothing heavy."""


NAMED = ("explanation", "ladder", "dose", "audit")
"""Analyses that run only by an option of their name."""
PROMISES = ("ppv", "npv", "fpr", "fnr", "confidence")


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
    cam: Cam = "gradcam"
    """Which map the report shows over its examples."""
    seen: Literal["refuse", "leave_out", "keep"] = "refuse"
    """Patients in `data` that the model was fitted to."""
    precision: RequestedPrecision = "auto"
    """auto takes bf16 only where the processor computes in it."""
    resamples: int = bounded(2000, least=1)
    """Bootstrap resamples of the patients."""
    seed: int = bounded(0, least=0)
    """Seed of the bootstrap."""
    audit_folds: int = bounded(3, least=2)
    """Trainings of an audit of labels that the network was fitted to, each without this share of the patients."""
    ladder_images: int = bounded(LADDER_IMAGES, least=0)
    """How many images --ladder takes at most, of patients drawn with the seed; 0: all."""
    runs_folder: Path = Path("runs")
    """Where the newest run is looked for."""
    sensitivity: float | None = None
    """Chooses operating points that have this sensitivity; without it or --specificity, by Youden's index. With either
    there is no triage, unless a promise of it is given, too."""
    specificity: float | None = None
    """Chooses operating points that have this specificity."""
    prevalence: float | dict[str, float] | None = None
    """How frequent findings are where the model is used, for all or by finding: for predictive values and, if the
    bundle is amended, for its probabilities."""
    ppv: float | None = None
    """Rules films in with at least this PPV, promised with --confidence; 0.9 without it or --fpr."""
    npv: float | None = None
    """Rules films out with at least this NPV, promised with --confidence; 0.95 without it or --fnr."""
    fpr: float | None = None
    """Promises instead that at most this share of the films without a finding is ruled in, at any prevalence."""
    fnr: float | None = None
    """Promises instead that at most this share of the films with a finding is ruled out, at any prevalence."""
    confidence: float | None = None
    """With which each promise holds over the draw of the patients; 0.95 without it."""

    def list_mistakes(self) -> Iterator[str]:
        """What is wrong with the settings together."""
        if self.sensitivity is not None and self.specificity is not None:
            yield "sensitivity and specificity are both given, expected one: it leaves the other to the scores"
        for one, other in (("ppv", "fpr"), ("npv", "fnr")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                yield f"{one} and {other} are both given, expected one: a side of the triage keeps one promise"
        for name in PROMISES:
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                yield f"{name} is {value:g}, expected more than 0 and less than 1"
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
        help="Also evaluate on the images corrupted in 55 ways; can be interrupted, and what it asked is kept.",
    )
    _add_dose_arguments(parser)
    parser.add_argument(
        "--explanation",
        action="store_true",
        help="Also check every kind of map on up to 48 images; takes as long as predicting some 8,000.",
    )
    parser.add_argument(
        "--audit",
        action="store_true",
        help="Also list the labels that are most likely wrong; of images that the network was fitted to, it takes "
        "--audit_folds trainings, can be interrupted, is kept.",
    )
    parser.add_argument(
        "--subgroup",
        action="append",
        default=[],
        metavar="COLUMN",
        help="Also compares the groups of this column or DICOM keyword with the rest; may be given several times.",
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help=f"Run these analyses alone, of {', '.join(ANALYSES)}."
    )
    parser.add_argument("--skip", nargs="+", default=[], metavar="NAME", help="Leave out these analyses.")
    parser.add_argument(
        "--amend",
        action="store_true",
        help="Write calibration, operating points and triage into the bundle; so without it on the run's own "
        "--split val.",
    )
    parser.add_argument("--no-amend", action="store_true", help="Leave the bundle as it is.")
    parser.add_argument("--no-triage", action="store_true", help="Decide by operating points alone.")
    values = parser.instantiate(parser.read(arguments))
    options = build_section(EvaluateOptions, values)
    if values.amend and values.no_amend:
        raise ConfigurationError("--amend and --no-amend are both given, expected one")
    if values.no_triage and (given := [name for name in PROMISES if getattr(options, name) is not None]):
        raise ConfigurationError(f"--no-triage and --{given[0]} are both given, expected one")
    dose = _read_dose_options(values)
    run = options.run or Run.newest(options.runs_folder).folder
    from xray_resnet.evaluation import evaluate as evaluation
    from xray_resnet.evaluation.evidence import Chance

    clock = Clock(COMMAND)
    folder = evaluation.evaluate(
        run,
        dataset=options.data,
        split=options.split,
        asked=_read_request(options, values, run=run, dose=dose),
        options=_read_amend_options(
            options, amend=values.amend or (False if values.no_amend else None), triage=not values.no_triage
        ),
        precision=options.precision,
        treatment=options.seen,
        chance=Chance(options.resamples, options.seed),
        show=show_progress,
        tell=_tell,
    )
    clock.say_end(f"open {folder / 'report.html'}" if values.report else "the same with --report")
    print(folder)
    return 0


def _read_request(options: EvaluateOptions, values: "Namespace", *, run: Path, dose: "DoseOptions") -> Request:
    return Request(
        report=values.report,
        language=options.language,
        also=[name for name in NAMED if getattr(values, name)],
        only=values.only,
        skip=values.skip,
        subgroups=values.subgroup,
        cam=options.cam,
        ladder_images=options.ladder_images,
        dose=dose,
        retraining=_find_retraining(run, options.audit_folds) if values.audit or "audit" in values.only else None,
    )


def _add_dose_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "--dose",
        action="store_true",
        help="Also say how far the dose could fall before findings are ranked worse, by simulated exposures; takes 33 "
        "times as long, can be interrupted, is kept.",
    )
    parser.add_argument(
        "--dose-margin", type=float, metavar="AUROC", help="With --dose: AUROC that it may cost; 0.02 without it."
    )
    parser.add_argument(
        "--dose-grid", nargs="+", type=float, metavar="DOSE",
        help="With --dose: fractions of the dose to try; without it, eight from 0.5 to 0.02.",
    )  # fmt: skip
    parser.add_argument(
        "--dose-repeats", type=int, metavar="COUNT",
        help="With --dose: exposures to simulate of each film at each dose; 4 without it.",
    )  # fmt: skip


def _read_dose_options(values: "Namespace") -> "DoseOptions":
    from xray_resnet.evaluation.dose_options import DoseOptions

    names = {"margin": "dose_margin", "doses": "dose_grid", "repeats": "dose_repeats"}
    given = {name: values[option] for name, option in names.items() if values[option] is not None}
    if given and not (values.dose or "dose" in values.only):
        option = names[min(given)].replace("_", "-")
        raise ConfigurationError(f"--{option} is given without --dose; add --dose, which plans a dose")
    if "doses" in given:
        given["doses"] = tuple(sorted(set(given["doses"]), reverse=True))
    options = DoseOptions(**given)
    refuse_mistakes(options)
    return options


def _find_retraining(run_or_bundle: Path, folds: int) -> "Retraining | None":
    """The training of the run, to be repeated by an audit; None for a bundle that stands alone."""
    from xray_resnet.audit.retrain import RunRetraining

    run = Run.around(run_or_bundle)
    return None if run is None else RunRetraining(run, folds, show_progress, _tell)


def _read_amend_options(options: EvaluateOptions, *, amend: bool | None, triage: bool) -> "AmendOptions":
    from xray_resnet.evaluation.amend_options import AmendOptions
    from xray_resnet.metrics.operating import Criterion

    criterion = Criterion()
    if options.sensitivity is not None:
        criterion = Criterion("sensitivity", options.sensitivity)
    if options.specificity is not None:
        criterion = Criterion("specificity", options.specificity)
    return AmendOptions(amend, criterion, options.prevalence, triage, read_promises(options))


def read_promises(options: EvaluateOptions) -> "Promises | None":
    """What is promised; None if nothing is said of it."""
    from xray_resnet.triage import Promise, Promises

    if all(getattr(options, name) is None for name in PROMISES):
        return None
    default = Promises()
    confidence = default.rule_in.confidence if options.confidence is None else options.confidence
    sides = ((options.ppv, options.fpr, default.rule_in), (options.npv, options.fnr, default.rule_out))
    return Promises(
        *(
            Promise("predictive value", side.limit if value is None else value, confidence)
            if rate is None
            else Promise("error rate", rate, confidence)
            for value, rate, side in sides
        )
    )


def _tell(sentence: str) -> None:
    print(f"{COMMAND}: {sentence}", file=sys.stderr)
