"""Does depth make training harder, with shortcuts and without? He et al. 2016a, sections 1 and 4.2."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim, format_interval
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import Figure, draw_curves, draw_lines, new_figure
from xray_resnet.lab.scores import estimate_mean
from xray_resnet.lab.small_networks import EPOCHS, describe_network
from xray_resnet.lab.training import Plan, Trained, train_networks

KINDS = {"plain": "none", "residual": "identity"}
"""Kind → its shortcut; both in the original order."""
Cell = tuple[int, int, str]
"""Repetition, depth, kind."""
Value = TypeVar("Value")


def list_depths(bench: Bench) -> list[int]:
    """Layers of the networks, rising."""
    return bench.choose([8, 20], [8, 20, 44])


def count_repetitions(bench: Bench) -> int:
    """Trainings of each network, with seeds of their own."""
    return bench.choose(3, 4)


def plan(bench: Bench, depths: list[int] | None = None) -> dict[Cell, Plan]:
    """Plain and residual networks of these depths, or of all, to train alike."""
    return {
        (repetition, depth, kind): Plan(
            describe_network(depth, order="original", shortcut=shortcut),
            EPOCHS,
            bench.draw_seed(repetition),
        )
        for repetition in range(count_repetitions(bench))
        for depth in depths or list_depths(bench)
        for kind, shortcut in KINDS.items()
    }


def sort_by_kind(found: Mapping[Cell, Value]) -> dict[str, list[Value]]:
    """What was found of each network, by its kind, in the order of the repetitions."""
    return {kind: [value for (*_, of), value in found.items() if of == kind] for kind in KINDS}


def compare_rises(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much more the plain networks' loss rises from the shallowest to the deepest, (repetitions,).

    Args:
        losses: (repetitions, depths, 2), plain and residual.
    """
    rises = losses[:, -1] - losses[:, 0]
    return np.asarray(rises[:, 0] - rises[:, 1])


def _measure(bench: Bench) -> Outcome:
    trained = train_networks(bench, plan(bench))
    depths = list_depths(bench)
    shape = (count_repetitions(bench), len(depths), len(KINDS))
    losses = np.asarray([_read_loss(each) for each in trained.values()]).reshape(shape)
    aurocs = np.asarray([each.score for each in trained.values()]).reshape(shape)
    data = {
        "depths": depths,
        "losses": {kind: losses[:, :, k].tolist() for k, kind in enumerate(KINDS)},
        "aurocs": {kind: aurocs[:, :, k].tolist() for k, kind in enumerate(KINDS)},
        "rises": {kind: asdict(estimate_mean(losses[:, -1, k] - losses[:, 0, k])) for k, kind in enumerate(KINDS)},
        "curves": {f"{kind}, {depth}": trained[0, depth, kind].losses for depth in depths for kind in KINDS},
    }
    return Outcome(
        estimate=estimate_mean(compare_rises(losses)),
        found=_tell(data),
        data=data,
        settings={"repetitions": shape[0], "epochs": EPOCHS, "images": len(bench.task.rows["train"])},
    )


def _read_loss(trained: Trained) -> float:
    """Of the last epoch; NaN, which no interval hides, if there was none."""
    return trained.losses[-1] if trained.losses else np.nan


def _tell(data: Mapping[str, Any]) -> str:
    parts = []
    for kind in KINDS:
        words = [
            f"{loss:.3f} at {depth} layers (test AUROC {auroc:.3f})"
            for depth, loss, auroc in zip(data["depths"], *_average(data, kind), strict=True)
        ]
        rise = format_interval(data["rises"][kind])
        parts.append(f"Training loss of {kind} networks: {', '.join(words)}; it rises by {rise}.")
    return " ".join(parts)


def _average(data: Mapping[str, Any], kind: str) -> tuple[list[float], list[float]]:
    """Loss and AUROC by depth, mean over the repetitions."""
    losses, aurocs = (np.mean(data[name][kind], axis=0).tolist() for name in ("losses", "aurocs"))
    return losses, aurocs


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, right) = new_figure(2)
    draw_lines(left, {kind: (data["depths"], _average(data, kind)[0]) for kind in KINDS})
    left.set_xlabel("layers")
    left.set_title("training loss of the last epoch")
    deepest = {name: curve for name, curve in data["curves"].items() if name.endswith(f", {data['depths'][-1]}")}
    draw_curves(right, deepest)
    right.set_title(f"training loss, {data['depths'][-1]} layers, first repetition")
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
    plan=plan,
)
