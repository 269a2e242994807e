"""`xray-predict`: files to a table of scores, and overlays, without torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from xray_resnet.bounds import bounded
from xray_resnet.cli.common import STARTS_ANEW, Clock, run_command, show_progress
from xray_resnet.config_files import CommandParser, build_section
from xray_resnet.precision import RequestedOfOpenVino

COMMAND = "xray-predict"
FORMATS = ("csv", "json", "jsonl", "parquet")
EXAMPLES = (
    "xray-predict incoming/ --model runs/chestxray-20260131-101500 --output predictions --overlay",
    "xray-predict a.dcm b.dcm --model bundle --output predictions --formats csv json parquet",
)
SOME_REJECTED = 3


@dataclass
class PredictOptions:
    """What to predict with, and where the results go."""

    model: Path
    """Run or bundle folder."""
    output: Path
    """Folder for the tables and overlays."""
    precision: RequestedOfOpenVino = "auto"
    """auto lets OpenVINO choose: bf16 where the processor has AMX."""
    opacity: float = bounded(0.55, least=0, most=1)
    """Of an overlay's map where it is strongest."""
    workers: int = bounded(0, least=0)
    """Processes that read and decode; 0: one per processor, as far as the memory suffices."""


def main() -> NoReturn:
    """Entry point of the console script."""
    run_command(COMMAND, predict, left=STARTS_ANEW)


def predict(arguments: Sequence[str]) -> int:
    """Predicts every input file; 0, or 3 with --strict where some input was rejected."""
    values = build_parser().read(arguments)
    options = build_section(PredictOptions, values)
    from xray_resnet.inference import predict_to_folder

    clock = Clock(COMMAND)
    with show_progress("predicting") as progress:
        summary = predict_to_folder(
            values.inputs, options.model, options.output, formats=values.formats, overlay=values.overlay,
            opacity=options.opacity, precision=options.precision, workers=options.workers, progress=progress,
        )  # fmt: skip
    clock.say_end(f"look into {options.output}")
    print(summary)
    return SOME_REJECTED if values.strict and summary.rejected else 0


def build_parser() -> CommandParser:
    """The command's parser."""
    parser = CommandParser(
        COMMAND,
        purpose="Scores radiographs; every input file gets a row, rejected ones their reason.",
        examples=EXAMPLES,
    )
    parser.add_argument("inputs", nargs="+", type=Path, help="Files or folders of DICOM, PNG or JPEG.")
    parser.add_class_arguments(PredictOptions)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=["csv"], help="Table formats.")
    parser.add_argument("--overlay", action="store_true", help="Also write overlays of the class activation maps.")
    parser.add_argument("--strict", action="store_true", help="Exit with 3 where an input was rejected.")
    return parser
