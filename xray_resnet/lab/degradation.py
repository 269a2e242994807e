"""Does depth make training harder, with shortcuts and without? He et al. 2016a, sections 1 and 4.2."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import Figure, draw_curves, draw_lines, new_figure
from xray_resnet.lab.scores import estimate_mean
from xray_resnet.lab.small_networks import describe_network
from xray_resnet.lab.training import train_network

KINDS = {"plain": "none", "residual": "identity"}
"""Kind → its shortcut; both in the original order."""


def compare_rises(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much more the plain networks' loss rises from the shallowest to the deepest, (seeds,).

    Args:
        losses: (seeds, depths, 2), plain and residual.
    """
    rises = losses[:, -1] - losses[:, 0]
    return np.asarray(rises[:, 0] - rises[:, 1])


def _measure(bench: Bench) -> Outcome:
    depths, seeds, epochs = bench.choose([8, 32], [8, 20, 32, 56]), bench.choose(3, 5), bench.choose(3, 10)
    cells = [(seed, depth, kind) for seed in range(seeds) for depth in depths for kind in KINDS]
    found = []
    with bench.show("training", "networks") as progress:
        for number, (seed, depth, kind) in enumerate(cells, start=1):
            parts = describe_network(depth, order="original", shortcut=KINDS[kind])
            trained = train_network(bench, f"{kind}-{depth}-{seed}", parts, epochs=epochs, seed=seed)
            found.append((trained.losses[-1] if trained.losses else np.nan, trained.losses, trained.auroc))
            progress(number, len(cells))
    losses = np.asarray([last for last, _, _ in found]).reshape(seeds, len(depths), len(KINDS))
    curves = [curve for _, curve, _ in found[-len(KINDS) * len(depths) :]]
    data = {
        "depths": depths,
        "losses": {kind: losses[:, :, k].mean(axis=0).tolist() for k, kind in enumerate(KINDS)},
        "curves": dict(zip([f"{kind}, {depth}" for depth in depths for kind in KINDS], curves, strict=True)),
    }
    return Outcome(
        estimate=estimate_mean(compare_rises(losses)),
        found=_tell(data),
        data=data,
        settings={"seeds": seeds, "epochs": epochs},
    )


def _tell(data: Mapping[str, Any]) -> str:
    parts = []
    for kind, losses in data["losses"].items():
        ends = f"{losses[0]:.3f} at {data['depths'][0]} layers, {losses[-1]:.3f} at {data['depths'][-1]}"
        parts.append(f"Training loss of {kind} networks: {ends}.")
    return " ".join(parts)


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, right) = new_figure(2)
    draw_lines(left, {kind: (data["depths"], losses) for kind, losses in data["losses"].items()})
    left.set_xlabel("layers")
    left.set_title("training loss of the last epoch")
    deepest = {name: curve for name, curve in data["curves"].items() if name.endswith(f", {data['depths'][-1]}")}
    draw_curves(right, deepest)
    right.set_title(f"training loss, {data['depths'][-1]} layers")
    return figure


EXPERIMENT = Experiment(
    name="degradation",
    title="Degradation by depth",
    question="Does a deeper network train worse, with shortcuts and without?",
    claim=Claim(
        text="The training error of plain networks rises with depth, that of residual networks does not.",
        source="He et al. 2016a, sections 1 and 4.2",
        measure="rise of the training loss from the shallowest to the deepest network, plain less residual",
        bound=0.0,
        side="above",
    ),
    measure=_measure,
    draw=_draw,
)
