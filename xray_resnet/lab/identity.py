"""Which order of the layers and which shortcut trains best? He et al. 2016b, figure 4 and table 1."""

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np

from xray_resnet.architecture import Order, Shortcut
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import Figure, draw_curves, new_figure
from xray_resnet.lab.scores import estimate_mean
from xray_resnet.lab.small_networks import describe_network
from xray_resnet.lab.training import train_network

BEST = "full_preactivation, identity"
"""What the paper recommends."""


def list_variants() -> dict[str, dict[str, str]]:
    """Every order with the identity, and every shortcut in the recommended order: name → parts."""
    orders = {f"{order}, identity": {"order": order} for order in get_args(Order)}
    shortcuts = {f"full_preactivation, {kind}": {"shortcut": kind} for kind in get_args(Shortcut)}
    return {**orders, **shortcuts}


def _measure(bench: Bench) -> Outcome:
    depth, seeds, epochs = bench.choose(8, 32), 3, bench.choose(3, 10)
    variants = list_variants()
    aurocs: dict[str, list[float]] = {name: [] for name in variants}
    curves: dict[str, list[float]] = {}
    with bench.show("training", "networks") as progress:
        for seed in range(seeds):
            for number, (name, words) in enumerate(variants.items(), start=1):
                key = f"{name.replace(', ', '-')}-{depth}-{seed}"
                trained = train_network(bench, key, describe_network(depth, **words), epochs=epochs, seed=seed)
                aurocs[name].append(trained.score)
                curves[name] = trained.losses
                progress(seed * len(variants) + number, seeds * len(variants))
    others = np.mean([values for name, values in aurocs.items() if name != BEST], axis=0)
    data = {"aurocs": aurocs, "curves": curves, "depth": depth}
    return Outcome(
        estimate=estimate_mean(np.asarray(aurocs[BEST]) - others),
        found=_tell(data),
        data=data,
        settings={"seeds": seeds, "epochs": epochs, "depth": depth},
    )


def _tell(data: Mapping[str, Any]) -> str:
    means = sorted(((float(np.mean(values)), name) for name, values in data["aurocs"].items()), reverse=True)
    words = "; ".join(f"{name.replace('_', ' ')} {value:.3f}" for value, name in means)
    return (
        f"Macro AUROC at {data['depth']} layers, mean over the seeds: {words}. A training that diverged counts as 0.5."
    )


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, right) = new_figure(2)
    names = sorted(data["aurocs"], key=lambda name: float(np.mean(data["aurocs"][name])))
    for height, name in enumerate(names):
        values = data["aurocs"][name]
        left.plot(values, [height] * len(values), "o", markersize=4, color="#d1603d" if name == BEST else "#0f6e84")
    left.set_yticks(range(len(names)), labels=[name.replace("_", " ") for name in names], fontsize=7)
    left.set_title("macro AUROC of each seed")
    shown = [BEST, "original, identity", "full_preactivation, none"]
    curves = {name: data["curves"][name] for name in shown}
    draw_curves(right, curves)
    right.set_title("training loss")
    return figure


EXPERIMENT = Experiment(
    name="identity",
    title="Identity mappings",
    question="Which order of batch norm, ReLU and convolution, and which shortcut, trains best?",
    claim=Claim(
        text="Full pre-activation with a pure identity is best; every other shortcut or order does worse.",
        source="He et al. 2016b, figure 4 and table 1",
        measure="macro AUROC of full pre-activation with the identity, less the mean of the others",
        bound=0.0,
        side="above",
    ),
    measure=_measure,
    draw=_draw,
)
