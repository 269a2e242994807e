"""How many units a network can do without, by what their gates have learned (Savarese et al. 2016; Yu et al. 2018)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import COLOURS, Figure, new_figure
from xray_resnet.lab.scores import estimate_mean, unless_ignorant
from xray_resnet.lab.small_networks import ask, describe_network
from xray_resnet.lab.surgery import deleting, keeps_shape, list_units
from xray_resnet.lab.training import Trained, train_network
from xray_resnet.metrics import macro_auroc
from xray_resnet.models import PreActResNet
from xray_resnet.models.gates import ScalarGate
from xray_resnet.models.units import Unit

MARGINAL = 0.01
"""AUROC that a cut may cost and still be marginal."""
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


def _measure(bench: Bench) -> Outcome:
    depth, seeds, epochs = bench.choose(14, 56), bench.choose(3, 5), bench.choose(8, 10)
    cuts, gates, curves = [], [], []
    with bench.show("training", "networks") as progress:
        for seed in range(seeds):
            trained = train_network(
                bench, f"gated-{seed}", describe_network(depth, gate="scalar"), epochs=epochs, seed=seed
            )
            shares, aurocs = _cut(bench, trained)
            cuts.append(find_cut(shares, aurocs))
            gates.append(read_gates(trained.model))
            curves.append([shares, aurocs])
            progress(seed + 1, seeds)
    data = {"gates": gates, "curves": curves, "cuts": cuts}
    return Outcome(
        estimate=unless_ignorant(estimate_mean(cuts), [aurocs[0] for _, aurocs in curves]),
        found=_tell(data),
        data=data,
        settings={"seeds": seeds, "epochs": epochs, "depth": depth},
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


def _tell(data: Mapping[str, Any]) -> str:
    gates = np.asarray(data["gates"])
    closed, cut = int((gates < 0.1).sum()), f"{100 * np.mean(data['cuts']):.0f} %"
    return (
        f"Gates end between {gates.min():.2f} and {gates.max():.2f}; {closed} of {gates.size} are below 0.1. Cutting "
        f"units from the least gate on, {cut} of the parameters of units that keep the shape can go before more than "
        f"{MARGINAL:g} of the macro AUROC is lost."
    )


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, right) = new_figure(2)
    for values in data["gates"]:
        left.plot(range(1, len(values) + 1), values, "o-", markersize=3, linewidth=1, color=COLOURS[0], alpha=0.6)
    left.set_xlabel("unit")
    left.set_title("gate that was learned, by seed")
    for shares, aurocs in data["curves"]:
        right.plot(shares, aurocs, "o-", markersize=3, linewidth=1, color=COLOURS[0], alpha=0.6)
    right.set_xlabel("share of the parameters that is cut")
    right.set_title("macro AUROC, by seed")
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
)
