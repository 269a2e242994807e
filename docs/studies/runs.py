"""Trainings and evaluations of a study: each is done once, and one that was interrupted goes on."""

from collections.abc import Sequence
from pathlib import Path

from xray_resnet.config import Config
from xray_resnet.config_files import CommandParser, build_section
from xray_resnet.evaluation.evaluate import evaluate
from xray_resnet.runs import Run, evaluation_folder
from xray_resnet.store import open_dataset
from xray_resnet.training.fit import train


def read_config(arguments: Sequence[str]) -> Config:
    """The configuration that options such as `--config mine.yaml --train.epochs 2` give."""
    parser = CommandParser("study", purpose="A configuration of a study.")
    parser.add_class_arguments(Config)
    return build_section(Config, parser.instantiate(parser.read(arguments)))


def train_once(config: Config) -> Path:
    """The run of a configuration, by its name in `train.output`: the one that is there, finished, or a new one."""
    found = sorted(path.parent for path in config.train.output.glob(f"{config.name}-2*/config.yaml"))
    if not found:
        return train(config)
    run = Run(found[-1])
    return run.folder if run.is_finished else train(run.read_config(), resume=run.folder)


def evaluate_once(run: Path, *, split: str = "test") -> Path:
    """The evaluation of a run on a split of the dataset that it was trained on."""
    name = open_dataset(Run(run).find_dataset()).name
    folder = evaluation_folder(run / "bundle", dataset=name, split=split)
    return folder if (folder / "metrics.json").is_file() else evaluate(run, split=split)
