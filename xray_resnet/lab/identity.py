"""Which order of the layers and which shortcut trains best? He et al. 2016b, figure 4 and table 1."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from xray_resnet.architecture import Order, Shortcut
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim, format_interval
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import COLOURS, Figure, draw_curves, draw_lines, new_figure
from xray_resnet.lab.scores import estimate_mean
from xray_resnet.lab.small_networks import EPOCHS, describe_network
from xray_resnet.lab.training import Plan, train_networks

BEST = "full_preactivation, identity"
"""What the paper recommends."""
REPETITIONS = 3
Cell = tuple[int, int, str]
"""Repetition, depth, variant."""


def list_variants() -> dict[str, dict[str, str]]:
    """Every order with the identity, and every shortcut in the recommended order: name → parts."""
    orders = {f"{order}, identity": {"order": order} for order in get_args(Order)}
    shortcuts = {f"full_preactivation, {kind}": {"shortcut": kind} for kind in get_args(Shortcut)}
    return {**orders, **shortcuts}


def plan(bench: Bench) -> dict[Cell, Plan]:
    """Every variant at every depth."""
    return {
        (repetition, depth, name): Plan(
            describe_network(depth, **words), _count_epochs(bench), bench.draw_seed(repetition)
        )
        for repetition in range(REPETITIONS)
        for depth in _list_depths(bench)
        for name, words in list_variants().items()
    }


def measure_leads(aurocs: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """AUROC of the recommended variant less the mean of the others; each (repetitions, depths) to the same."""
    others = [values for name, values in aurocs.items() if name != BEST]
    return np.asarray(aurocs[BEST] - np.mean(others, axis=0))


def _count_epochs(bench: Bench) -> int:
    return bench.choose(4, EPOCHS)


def _list_depths(bench: Bench) -> list[int]:
    return bench.choose([8], [8, 20])


def _measure(bench: Bench) -> Outcome:
    depths, trained = _list_depths(bench), train_networks(bench, plan(bench))
    aurocs = {
        name: np.asarray([[trained[k, depth, name].score for depth in depths] for k in range(REPETITIONS)])
        for name in list_variants()
    }
    leads = measure_leads(aurocs)
    growth = estimate_mean(leads[:, -1] - leads[:, 0])
    data = {
        "depths": depths,
        "aurocs": {name: values.tolist() for name, values in aurocs.items()},
        "leads": leads.tolist(),
        "growth": asdict(growth),
        "curves": {name: trained[0, depths[-1], name].losses for name in aurocs},
    }
    return Outcome(
        estimate=estimate_mean(leads[:, -1]),
        found=_tell(data),
        data=data,
        settings={"repetitions": REPETITIONS, "epochs": _count_epochs(bench), "depths": depths},
    )


def _tell(data: Mapping[str, Any]) -> str:
    means = {name: float(np.mean(values, axis=0)[-1]) for name, values in data["aurocs"].items()}
    names = sorted(means, key=lambda name: -means[name])
    words = "; ".join(f"{name.replace('_', ' ')} {means[name]:.3f}" for name in names)
    parts = [
        f"Macro AUROC at {data['depths'][-1]} layers, mean over the repetitions: {words}. A training that diverged "
        f"counts as 0.5. Full pre-activation with the identity is number {names.index(BEST) + 1} of {len(names)}."
    ]
    if len(data["depths"]) > 1:
        leads = ", ".join(
            f"{lead:.3f} at {depth} layers"
            for depth, lead in zip(data["depths"], np.mean(data["leads"], axis=0), strict=True)
        )
        parts.append(
            f"The lead of the recommended variant over the mean of the others is {leads}; "
            f"it grows by {format_interval(data['growth'])}."
        )
    return " ".join(parts)


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, right) = new_figure(2)
    at_last = {name: [row[-1] for row in rows] for name, rows in data["aurocs"].items()}
    names = sorted(at_last, key=lambda name: float(np.mean(at_last[name])))
    for height, name in enumerate(names):
        left.plot(at_last[name], [height] * len(at_last[name]), "o", markersize=4, color=COLOURS[name == BEST])
    left.set_yticks(range(len(names)), labels=[name.replace("_", " ") for name in names], fontsize=7)
    left.set_title(f"macro AUROC of each repetition, {data['depths'][-1]} layers")
    if len(data["depths"]) > 1:
        draw_lines(right, {f"repetition {k + 1}": (data["depths"], row) for k, row in enumerate(data["leads"])})
        right.set_xlabel("layers")
        right.set_title("lead of full pre-activation with the identity")
    else:
        shown = [BEST, "original, identity", "full_preactivation, none"]
        draw_curves(right, {name: data["curves"][name] for name in shown})
        right.set_title("training loss")
    return figure


EXPERIMENT = Experiment(
    name="identity",
    title="Identity mappings",
    question="Which order of batch norm, ReLU and convolution, and which shortcut, trains best?",
    claim=Claim(
        text="Full pre-activation with a pure identity trains better than other orders and shortcuts do on average; in "
        "the paper it is the best of them, and its lead grows with depth.",
        source="He et al. 2016b, figure 4 and table 1",
        measure="macro AUROC of full pre-activation with the identity, less the mean of the others",
        bound=0.0,
        side="above",
    ),
    measure=_measure,
    draw=_draw,
    plan=plan,
)
