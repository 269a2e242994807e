"""`xray-train`: a dataset to a trained network, as a run folder with its bundle."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from xray_resnet.cli.common import Clock, run_command
from xray_resnet.cli.prep import build_dataset
from xray_resnet.config import Config
from xray_resnet.config_files import CommandParser, build_section
from xray_resnet.errors import ConfigurationError
from xray_resnet.runs import Run

COMMAND = "xray-train"
EXAMPLES = (
    "xray-train --config chestxray.yaml",
    "xray-train --config nih_chestxray14.yaml --data.root /archive/nih --train.epochs 20",
    "xray-train --resume runs/chestxray-20260131-101500",
    "xray-train --resume runs/chestxray-20260131-101500 --deliver",
    "xray-train --config chestxray.yaml --find-lr",
    "xray-train --config nih_chestxray14_448.yaml --dry-run",
)

_BESIDE_RESUME = ("--resume", "--deliver", "--help")


def main() -> NoReturn:
    """Entry point of the console script."""
    run_command(COMMAND, train)


def train(arguments: Sequence[str]) -> int:
    """Prepares the data where needed, trains, and prints the run folder last."""
    parser = CommandParser(COMMAND, purpose="Trains a pre-activation ResNet on a dataset.", examples=EXAMPLES)
    parser.add_class_arguments(Config)
    parser.add_argument("--resume", type=Path | None, default=None, help="Run folder to go on with.")
    parser.add_argument(
        "--deliver", action="store_true", help="With --resume: end the run now, with its best weights so far."
    )
    parser.add_argument(
        "--find-lr", action="store_true", help="Train no run: print the loss at rising learning rates (Smith 2017)."
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="Build everything and take two steps on generated images; keep nothing."
    )
    refuse_settings_beside_resume(arguments)
    values = parser.instantiate(parser.read(arguments))
    if values.deliver and values.resume is None:
        raise ConfigurationError("--deliver ends an interrupted run; name it with --resume RUN")
    config = build_section(Config, values) if values.resume is None else saved_config(values.resume)
    from xray_resnet.data import build_augmentation
    from xray_resnet.torch_engine import choose_engine
    from xray_resnet.training import fit
    from xray_resnet.training.delivery import end_run
    from xray_resnet.training.distributed import find_processes
    from xray_resnet.training.dry_run import dry_run
    from xray_resnet.training.watching import keep_silent, print_now

    choose_engine(config.train.precision, accelerator=config.train.accelerator)
    processes = find_processes(devices=config.train.devices, nodes=config.train.nodes)
    if values.dry_run:
        dry_run(config, announce=print_now if processes.is_first else keep_silent)
        return 0
    build_augmentation(config.augment)  # what cannot be used is said before the data are prepared
    clock = Clock(COMMAND)
    if not processes.are_started:
        build_dataset(config)
    if values.find_lr:
        for line in fit.find_learning_rate(config):
            print(line)
        return 0
    with processes.with_one_voice():
        run = end_run(config, values.resume) if values.deliver else fit.train(config, resume=values.resume)
    if processes.is_first:
        clock.say_end(f"xray-eval --run {shlex.quote(str(run))} --report")
        print(run)
    return 0


def refuse_settings_beside_resume(arguments: Sequence[str]) -> None:
    """A run goes on as it began: no setting beside `--resume` would be heeded."""
    options = [argument.split("=")[0] for argument in arguments if argument.startswith("--")]
    if "--resume" in options and (others := [option for option in options if option not in _BESIDE_RESUME]):
        raise ConfigurationError(f"--resume goes on with the run's own configuration; leave out {', '.join(others)}")


def saved_config(folder: Path) -> Config:
    """The configuration that a run was started with.

    Raises:
        ConfigurationError: if the folder is not that of a run.
    """
    return Run.open(folder).read_config()
