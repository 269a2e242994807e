"""`xray-lab`: the theory of residual networks, rerun on a trained X-ray model."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

from xray_resnet.bounds import bounded
from xray_resnet.cli.common import Clock, run_command, show_progress
from xray_resnet.config_files import CommandParser, build_section
from xray_resnet.errors import ConfigurationError
from xray_resnet.runs import Run

if TYPE_CHECKING:
    from xray_resnet.lab.experiment import Experiment
    from xray_resnet.lab.order import Order

COMMAND = "xray-lab"
EXAMPLES = (
    "xray-lab lesion",
    "xray-lab checklist --network resnet50",
    "xray-lab all --run runs/chestxray-20260131-101500 --output lab --quick",
)
NAMES = (
    "all", "checklist", "propagation", "degradation", "identity", "lesion", "reorder", "paths", "paths-train",
    "shattering", "gates", "decay", "noise",
)  # fmt: skip


@dataclass
class LabOptions:
    """What is studied, and how thoroughly."""

    run: Path | None = None
    """Run or bundle folder; without it, the newest run in `runs_folder`."""
    network: str = ""
    """With checklist: a network of timm such as resnet50, instead of a run; what it breaks is printed, not written."""
    data: Path | None = None
    """Dataset folder; without it, the one the run was trained on."""
    split: Literal["val", "test", "all"] = "test"
    """Split of the dataset whose images are used."""
    output: Path = Path("lab")
    """Folder of the results: <experiment>/result.json, figure.svg, figure.png and summary.md; lab.html of all."""
    seed: int = bounded(0, least=0)
    """Seed of everything that is drawn at random."""
    runs_folder: Path = Path("runs")
    """Where the newest run is looked for."""


def main() -> NoReturn:
    """Entry point of the console script."""
    run_command(COMMAND, study)


def study(arguments: Sequence[str]) -> int:
    """Runs experiments, says each verdict, and prints where the page or the result is last."""
    parser = CommandParser(
        COMMAND, purpose="Reruns the experiments of papers on residual networks, on a trained run.", examples=EXAMPLES
    )
    parser.add_argument(
        "experiment", choices=NAMES, help="One of them, or all; the guide docs/residual-networks.md explains each."
    )
    parser.add_class_arguments(LabOptions)
    parser.add_argument(
        "--quick", action="store_true", help="A rough answer, within about two minutes for each experiment."
    )
    values = parser.instantiate(parser.read(arguments))
    options = build_section(LabOptions, values)
    if options.network:
        return _inspect(values.experiment, options.network)
    run = options.run or Run.newest(options.runs_folder).folder
    from xray_resnet.evaluation.subject import find_dataset, open_subject
    from xray_resnet.lab.budget import estimate_budget
    from xray_resnet.lab.catalogue import EXPERIMENTS, find_experiments
    from xray_resnet.lab.order import Order
    from xray_resnet.lab.page import write_page
    from xray_resnet.lab.results import read_results

    clock, chosen = Clock(COMMAND), find_experiments(values.experiment)
    data = options.data or find_dataset(run)
    subject = open_subject(run, dataset=data, split=options.split, precision="fp32", treatment="keep")
    command = f"{COMMAND} {shlex.join(arguments)}"
    order = Order(subject, options.output, seed=options.seed, quick=values.quick, command=command, show=show_progress)
    print(f"{COMMAND}: {values.experiment}: {estimate_budget(chosen, order).describe()}", file=sys.stderr, flush=True)
    for experiment in chosen:
        _run(experiment, order, is_only=len(chosen) == 1)
    results = read_results(options.output, [each.name for each in EXPERIMENTS], like=order.origin)
    page = write_page(results, options.output, command=command)
    clock.say_end(f"open {page}")
    print(page)
    return 0


def _run(experiment: "Experiment", order: "Order", *, is_only: bool) -> None:
    """Prints the verdict, or why there is nothing to study; raises that if no other experiment was asked for."""
    from xray_resnet.lab.experiment import NothingToStudyError
    from xray_resnet.lab.results import run_experiment, summarise

    try:
        print(summarise(run_experiment(experiment, order)), flush=True)
    except NothingToStudyError as error:
        if is_only:
            raise
        print(f"{COMMAND}: {experiment.name}: left out: {error}", file=sys.stderr, flush=True)


def _inspect(experiment: str, network: str) -> int:
    """Prints which rules a network of timm breaks."""
    if experiment != "checklist":
        raise ConfigurationError(f"--network is for checklist alone, not for {experiment}; give --run")
    from xray_resnet.lab.checklist import inspect_timm, tell

    print(f"{network}: {tell(inspect_timm(network))}")
    return 0
