"""How many units a network can do without, by what their gates have learned (Savarese et al. 2016; Yu et al. 2018)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from xray_resnet.architecture import Gate
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import COLOURS, Figure, new_figure
from xray_resnet.lab.scores import estimate_mean, unless_ignorant
from xray_resnet.lab.small_networks import BATCH_SIZE, EPOCHS, ask, describe_network
from xray_resnet.lab.surgery import deleting, keeps_shape, list_units
from xray_resnet.lab.training import Plan, Trained, train_networks
from xray_resnet.metrics import macro_auroc
from xray_resnet.models import PreActResNet
from xray_resnet.models.gates import ScalarGate
from xray_resnet.models.pruning import find_silent_units
from xray_resnet.models.units import Unit

MARGINAL = 0.01
"""AUROC that a cut may cost and still be marginal."""
_GATES: tuple[Gate, ...] = ("scalar", "strict_identity", "none")
LARGE = 0.5
"""Share of the parameters of all units that keep the shape; the paper's best cut is about 0.8 of a network's."""


def read_gates(model: PreActResNet) -> list[float]:
    """max(0, k) of every unit, in order."""
    steps = [step for unit in list_units(model) for step in unit.merge.steps]
    return [max(step.k.item(), 0.0) for step in steps if isinstance(step, ScalarGate)]


def count_parameters(unit: Unit) -> int:
    """Numbers that are learned in a unit."""
    return sum(parameter.numel() for parameter in unit.parameters())


def find_cut(shares: Sequence[float], aurocs: Sequence[float], *, margin: float = MARGINAL) -> float:
    """The largest share that can be cut before the AUROC has fallen by more than the margin.

    Args:
        shares: Cut so far, rising from 0.
        aurocs: At each share, the first that of the whole network.
        margin: What may be lost.
    """
    kept = 0.0
    for share, auroc in zip(shares, aurocs, strict=True):
        if auroc < aurocs[0] - margin:
            break
        kept = share
    return kept


def plan(bench: Bench) -> dict[tuple[int, Gate], Plan]:
    """Networks with scalar gates, with strict identity, and with neither."""
    depth = bench.choose(14, 32)
    return {
        (repetition, gate): Plan(describe_network(depth, gate=gate), EPOCHS, bench.draw_seed(repetition))
        for repetition in range(bench.choose(3, 4))
        for gate in _GATES
    }


def _measure(bench: Bench) -> Outcome:
    plans = plan(bench)
    trained, one = train_networks(bench, plans), plans[0, "scalar"]
    gated = [each for (_, gate), each in trained.items() if gate == "scalar"]
    curves = [_cut(bench, each) for each in gated]
    cuts = [find_cut(shares, aurocs) for shares, aurocs in curves]
    aurocs = {gate: [trained[k, gate].score for k in range(len(gated))] for gate in _GATES}
    strict = [each for (_, gate), each in trained.items() if gate == "strict_identity"]
    data = {
        "gates": [read_gates(each.model) for each in gated],
        "curves": curves,
        "cuts": cuts,
        "silent": [_count_silent(bench, each) for each in strict],
        "aurocs": aurocs,
    }
    return Outcome(
        estimate=unless_ignorant(estimate_mean(cuts), aurocs["scalar"]),
        found=_tell(data),
        data=data,
        settings={"repetitions": len(cuts), "epochs": one.epochs, "units": sum(one.parts.stages)},
    )


def _cut(bench: Bench, trained: Trained) -> tuple[list[float], list[float]]:
    """Share of the parameters that is cut, and the AUROC, deleting unit after unit from the least gate on."""
    units, gates = list_units(trained.model), read_gates(trained.model)
    movable = [place for place, unit in enumerate(units) if keeps_shape(unit)]
    order = sorted(movable, key=lambda place: gates[place])
    sizes = np.asarray([count_parameters(units[place]) for place in order], float)
    images, labels = bench.small_images, bench.small_labels
    aurocs = []
    for count in range(len(order) + 1):
        with deleting(units[place] for place in order[:count]):
            aurocs.append(macro_auroc(labels, ask(trained.model, images)) or 0.0)
    return [0.0, *(np.cumsum(sizes) / sizes.sum()).tolist()], aurocs


def _count_silent(bench: Bench, trained: Trained) -> float:
    """The share of the parameters, in units that keep the shape, of units that no image of the split needs."""
    silent = find_silent_units(trained.model, torch.split(bench.small_images, BATCH_SIZE))
    sizes = {unit.place.number: count_parameters(unit) for unit in list_units(trained.model) if keeps_shape(unit)}
    return sum(sizes[number] for number in silent) / sum(sizes.values())


def _tell(data: Mapping[str, Any]) -> str:
    gates = np.asarray(data["gates"])
    closed, cut = int((gates < 0.1).sum()), f"{100 * np.mean(data['cuts']):.0f} %"
    neither, strict = (np.mean(data["aurocs"][gate]) for gate in ("none", "strict_identity"))
    return (
        f"Gates end between {gates.min():.2f} and {gates.max():.2f}; {closed} of {gates.size} are below 0.1. Cutting "
        f"units from the least gate on, {cut} of the parameters of units that keep the shape can go before more than "
        f"{MARGINAL:g} of the macro AUROC is lost. With strict identity {100 * np.mean(data['silent']):.0f} % of them "
        f"are silent on every image and can go at no loss; those networks have a macro AUROC of {strict:.3f}, networks "
        f"with neither kind of gate {neither:.3f}."
    )


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, right) = new_figure(2)
    for values in data["gates"]:
        left.plot(range(1, len(values) + 1), values, "o-", markersize=3, linewidth=1, color=COLOURS[0], alpha=0.6)
    left.set_xlabel("unit")
    left.set_title("gate that was learned, by repetition")
    for shares, aurocs in data["curves"]:
        right.plot(shares, aurocs, "o-", markersize=3, linewidth=1, color=COLOURS[0], alpha=0.6)
    right.set_xlabel("share of the parameters that is cut")
    right.set_title("macro AUROC, by repetition")
    return figure


EXPERIMENT = Experiment(
    name="gates",
    title="Gates and pruning",
    question="Which units does a network learn to do without, and how much of it can be cut?",
    claim=Claim(
        text="Many units become the identity, and a large part of the network can be cut at a marginal loss.",
        source="Savarese et al. 2016; Yu et al. 2018, who cut up to about 80 % of the parameters",
        measure="share of the parameters, in units that keep the shape, that can be cut for 0.01 of the macro AUROC",
        bound=LARGE,
        side="above",
    ),
    measure=_measure,
    draw=_draw,
    plan=plan,
)
