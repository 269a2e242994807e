"""Cascading randomisation: a network whose weights are drawn anew, part after part from the head down.

Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018, section 3.1: a map that stays as it was does not depend
on what was learnt in those parts.
"""

import copy
from collections.abc import Iterator
from dataclasses import replace

import torch

from xray_resnet.models import PreActResNet, build_model
from xray_resnet.models.units import Unit


def randomise_from_head(model: PreActResNet, *, seed: int) -> Iterator[tuple[str, PreActResNet]]:
    """Yields the name of each part with the network in which that part and all above it are random.

    The weights are those of a network that has not been trained, but that no branch starts at zero: each would be the
    identity. It is one network that changes from step to step.

    Args:
        model: Is left as it is.
        seed: Of the weights.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        fresh = build_model(replace(model.architecture, zero_init=False), num_findings=model.head.out_features)
    changing = copy.deepcopy(model)
    for title, name in list_parts(model):
        changing.get_submodule(name).load_state_dict(fresh.get_submodule(name).state_dict())
        yield title, changing


def list_parts(model: PreActResNet) -> list[tuple[str, str]]:
    """Title and name of the parts that have weights, from the head down: head, last norm, units, stem."""
    units = [(f"unit {unit.place.number}", name) for name, unit in model.named_modules() if isinstance(unit, Unit)]
    parts = [("head", "head"), ("last norm", "final"), *reversed(units), ("stem", "stem")]
    return [(title, name) for title, name in parts if any(True for _ in model.get_submodule(name).parameters())]
