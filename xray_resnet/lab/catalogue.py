"""The experiments of the laboratory, in the order of the page. To add one: its file, and a line here."""

from xray_resnet.lab import (
    checklist,
    decay,
    degradation,
    gates,
    identity,
    lesion,
    noise,
    paths,
    paths_train,
    propagation,
    reorder,
    shattering,
)
from xray_resnet.lab.experiment import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (
    checklist.EXPERIMENT,
    propagation.EXPERIMENT,
    degradation.EXPERIMENT,
    identity.EXPERIMENT,
    lesion.EXPERIMENT,
    reorder.EXPERIMENT,
    paths.EXPERIMENT,
    paths_train.EXPERIMENT,
    shattering.EXPERIMENT,
    gates.EXPERIMENT,
    decay.EXPERIMENT,
    noise.EXPERIMENT,
)


def find_experiments(name: str) -> tuple[Experiment, ...]:
    """The experiment of a name, or `all` of them."""
    return tuple(each for each in EXPERIMENTS if name in (each.name, "all"))
