"""How alike the gradients of neighbouring images are, by depth (Balduzzi et al. 2017, on shattered gradients).

Gradients are taken along a line from one image to another. Like brown noise they resemble their neighbours, like white
noise they do not: they are shattered. Batch norms have the statistics of the sample, as in training.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from torch.nn import functional

from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import Figure, draw_lines, new_figure
from xray_resnet.lab.scores import estimate_mean
from xray_resnet.lab.small_networks import SIZE, WIDTH, describe_network
from xray_resnet.models import PreActResNet, build_model

LAGS = (1, 2, 4, 8, 16, 32)
"""Points between two gradients; the first is the one whose decay over depth is fitted."""
_LEAST = 0.02
"""Correlations of unrelated gradients scatter by as much: below, a logarithm says nothing."""
KINDS: Mapping[str, Mapping[str, Any]] = {
    "plain": {"order": "original", "shortcut": "none"},
    "residual": {"order": "original", "shortcut": "identity"},
    "preactivation": {"order": "full_preactivation", "shortcut": "identity"},
}


def build_line(first: Tensor, last: Tensor, points: int) -> Tensor:
    """(C, H, W) and (C, H, W) to (points, C, H, W), evenly from one to the other."""
    share = torch.linspace(0, 1, points)[:, None, None, None]
    return (1 - share) * first + share * last


def measure_gradients(model: nn.Module, line: Tensor) -> NDArray[np.float64]:
    """Gradient of the sum of the logits at each point of a line: (T, C, H, W) to (T, C · H · W)."""
    shown = line.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(shown).sum(), shown)
    return gradient.flatten(1).double().cpu().numpy()


def autocorrelate(gradients: NDArray[np.float64], lag: int) -> float:
    """Correlation of gradients that lie `lag` points apart: 1 alike, 0 unrelated.

    It is not taken about the mean along the line: over random weights the mean of a gradient is zero.

    Args:
        gradients: (T, D).
        lag: From 0 to T − 1.
    """
    ahead, behind = gradients[lag:], gradients[: len(gradients) - lag]
    return float(np.sum(ahead * behind) / np.sqrt(np.sum(ahead**2) * np.sum(behind**2)))


def fit_rate(depths: ArrayLike, correlations: ArrayLike) -> float:
    """α of exp(−α · depth), by least squares on the logarithm."""
    logs = np.log(np.maximum(correlations, _LEAST))
    return float(-np.polyfit(np.asarray(depths, float), logs, 1)[0])


@torch.no_grad()
def calibrate(model: nn.Module, images: Tensor) -> None:
    """Gives the batch norms the statistics of these images, and leaves the network in evaluation mode."""
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()(images)
    model.eval()


def remove_norms(model: nn.Module) -> None:
    """Takes the batch norms out, in place."""
    for layer in [*model.modules()]:
        for name, child in layer.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(layer, name, nn.Identity())


@torch.no_grad()
def look_linear(model: PreActResNet) -> None:
    """Weights with which a plain network of ReLUs without batch norm is linear at first (Balduzzi et al., section 4).

    Channels stand in pairs z and −z, so that what a ReLU takes from one the other keeps; a layer sees their difference.
    """
    *convolutions, last = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    for number, layer in enumerate([*convolutions, last]):
        half = layer.weight[: layer.out_channels // 2].clone()
        if number:
            half = half[:, : layer.in_channels // 2]
            half = torch.cat([half, -half], dim=1)
        layer.weight.copy_(torch.cat([half, -half]))
    weights = model.head.weight[:, : model.head.in_features // 2]
    model.head.weight.copy_(torch.cat([weights, -weights], dim=1))


def build_network(kind: str, depth: int, *, seed: int) -> PreActResNet:
    """A fresh network with the small stem, three stages and no branch that starts at zero.

    Args:
        kind: One of `KINDS`; `without_norms` or `looks_linear` for a plain network without batch norm.
        depth: 6n + 2.
        seed: Of the weights.
    """
    parts = describe_network(depth, **KINDS.get(kind, KINDS["plain"]))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = build_model(parts, num_findings=1)
    if kind not in KINDS:
        remove_norms(model)
    if kind == "looks_linear":
        look_linear(model)
    return model


def _measure(bench: Bench) -> Outcome:
    images = functional.interpolate(bench.draw_sample(64).images, size=(SIZE, SIZE), mode="area")
    depths = bench.choose([8, 14, 20, 32], [8, 14, 20, 32, 44, 56])
    seeds, points = bench.choose(3, 10), bench.choose(48, 128)
    kinds = [*KINDS, "without_norms", "looks_linear"]
    cells = [(kind, depth, seed) for seed in range(seeds) for depth in depths for kind in kinds]

    def measure(place: int) -> list[float]:
        kind, depth, seed = cells[place]
        model = build_network(kind, depth, seed=bench.seed + seed)
        calibrate(model, images)
        one, other = np.random.default_rng([bench.seed, seed]).choice(len(images), size=2, replace=False)
        gradients = measure_gradients(model, build_line(images[one], images[other], points))
        return [autocorrelate(gradients, lag) for lag in LAGS]

    names = [f"{kind}-{depth}-{seed}" for kind, depth, seed in cells]
    kept = bench.keep_each("gradients", "networks", names, measure)
    found = np.asarray(kept).reshape(seeds, len(depths), len(kinds), len(LAGS))
    rates = np.asarray([[fit_rate(depths, found[s, :, k, 0]) for k in range(len(kinds))] for s in range(seeds)])
    data = {
        "depths": depths,
        "correlations": {kind: found[:, :, k, 0].mean(axis=0).tolist() for k, kind in enumerate(kinds)},
        "by_lag": {kind: found[:, -1, k].mean(axis=0).tolist() for k, kind in enumerate(kinds)},
        "rates": {kind: rates[:, k].mean() for k, kind in enumerate(kinds)},
    }
    return Outcome(
        estimate=estimate_mean(rates[:, kinds.index("plain")] - rates[:, kinds.index("residual")]),
        found=_tell(data),
        data=data,
        settings={"initialisations": seeds, "points": points, "width": WIDTH, "size": SIZE},
    )


def _tell(data: Mapping[str, Any]) -> str:
    deepest = data["depths"][-1]
    words = ", ".join(f"{kind.replace('_', ' ')} {values[-1]:.2f}" for kind, values in data["correlations"].items())
    rates = ", ".join(f"{kind.replace('_', ' ')} {value:.4f}" for kind, value in data["rates"].items())
    return (
        f"Correlation of neighbouring gradients in fresh networks of {deepest} layers: {words}. It falls with "
        f"depth like exp(−α · layers), α: {rates}."
    )


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, right) = new_figure(2)
    draw_lines(left, {kind: (data["depths"], values) for kind, values in data["correlations"].items()})
    left.set_xlabel("layers")
    left.set_title("correlation of neighbouring gradients")
    draw_lines(right, {kind: (LAGS, values) for kind, values in data["by_lag"].items()})
    right.set_xscale("log", base=2)
    right.set_xlabel("points between them")
    right.set_title(f"the same by distance, {data['depths'][-1]} layers")
    return figure


EXPERIMENT = Experiment(
    name="shattering",
    title="Shattered gradients",
    question="How alike are the gradients of neighbouring images, and how does depth change it?",
    claim=Claim(
        text="Gradients of plain networks decorrelate exponentially with depth, those of residual networks far slower.",
        source="Balduzzi et al. 2017, sections 1 and 3",
        measure="rate α of exp(−α · layers) of plain networks less that of residual ones, with batch norm, per layer",
        bound=0.0,
        side="above",
    ),
    measure=_measure,
    draw=_draw,
)
