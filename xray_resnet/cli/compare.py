"""`xray-compare`: two models on the same images, as paired differences with intervals."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from xray_resnet.bounds import bounded
from xray_resnet.cli.common import STARTS_ANEW, run_command
from xray_resnet.config_files import CommandParser, build_section

COMMAND = "xray-compare"
EXAMPLES = (
    "xray-compare runs/plain/eval/phantom-test runs/noise/eval/phantom-test",
    "xray-compare runs/plain/eval/phantom-test runs/noise/eval/phantom-test --report --output plain-noise",
)


@dataclass
class CompareOptions:
    """How findings are tested that too few patients have, or lack, for another test."""

    permutations: int = bounded(2000, least=1)
    """Exchanges of the two models' scores within patients."""
    seed: int = bounded(0, least=0)
    """Seed of the exchanges."""
    output: Path = Path("comparison")
    """Folder of the page and its figures, with --report."""


def main() -> NoReturn:
    """Entry point of the console script."""
    run_command(COMMAND, compare, left=STARTS_ANEW)


def compare(arguments: Sequence[str]) -> int:
    """Prints a table of both models' AUROC and of the second minus the first."""
    parser = CommandParser(COMMAND, purpose="Compares two evaluations of the same images.", examples=EXAMPLES)
    parser.add_argument("first", type=Path, help="Evaluation folder, RUN/eval/<dataset>-<split>.")
    parser.add_argument("second", type=Path, help="Evaluation folder of the other model on the same images.")
    parser.add_class_arguments(CompareOptions)
    parser.add_argument("--report", action="store_true", help="Also write comparison.html and comparison.json.")
    values = parser.instantiate(parser.read(arguments))
    options = build_section(CompareOptions, values)
    from xray_resnet.evaluation.compare import compare as paired_comparison
    from xray_resnet.evaluation.compare import format_comparison

    comparison = paired_comparison(values.first, values.second, permutations=options.permutations, seed=options.seed)
    print(format_comparison(comparison))
    print(
        f"\n{comparison.n_images} images of {comparison.n_patients} patients, who are the unit of intervals and tests"
    )
    if values.report:
        from xray_resnet.evaluation.comparison_page import write_comparison

        command = shlex.join([COMMAND, *arguments])
        print(write_comparison(comparison, options.output, folders=(values.first, values.second), command=command))
    return 0
