"""How alike the gradients of neighbouring images are, by depth (Balduzzi et al. 2017, on shattered gradients).

Gradients are taken along a line from one image to another, and on a grid in the plane of three. Like brown noise they
resemble their neighbours, like white noise they do not: they are shattered. In fresh networks batch norms have the
statistics of the sample, as in training.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from torch.nn import functional

from xray_resnet.lab import degradation
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import Figure, draw_lines, new_figure
from xray_resnet.lab.scores import estimate_mean
from xray_resnet.lab.small_networks import SIZE, WIDTH, describe_network
from xray_resnet.lab.training import Plan, train_networks
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
ALL_KINDS = (*KINDS, "without_norms", "looks_linear")
SIDE = 8
"""Points along each side of the grid."""
Cell = tuple[str, int, int]
"""Kind, depth, repetition."""


def build_line(first: Tensor, last: Tensor, points: int) -> Tensor:
    """(C, H, W) and (C, H, W) to (points, C, H, W), evenly from one to the other."""
    share = torch.linspace(0, 1, points)[:, None, None, None]
    return (1 - share) * first + share * last


def build_grid(corner: Tensor, one: Tensor, other: Tensor, *, side: int, points: int) -> Tensor:
    """A square of points about an image, in the plane through three: (side · side, C, H, W), row by row.

    Neighbours lie as far apart as those of `build_line` with so many points.

    Args:
        corner: (C, H, W).
        one: The rows lead towards it.
        other: The columns lead towards it.
        side: Points along each side.
        points: Of a whole line.
    """
    shares = torch.arange(side)[:, None, None, None] / (points - 1)
    rows, columns = (shares * (towards - corner) for towards in (one, other))
    return (corner + rows[:, None] + columns[None]).flatten(0, 1)


def measure_gradients(model: nn.Module, points: Tensor) -> NDArray[np.float64]:
    """Gradient of the sum of the logits at each point: (T, C, H, W) to (T, C · H · W)."""
    shown = points.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(shown).sum(), shown)
    return gradient.flatten(1).double().cpu().numpy()


def correlate_grid(gradients: NDArray[np.float64], side: int) -> float:
    """Correlation of neighbours on a grid, mean along rows and columns: (side · side, D)."""
    grid = gradients.reshape(side, side, -1)
    ways = (grid.reshape(side, -1), grid.swapaxes(0, 1).reshape(side, -1))
    return float(np.mean([autocorrelate(way, 1) for way in ways]))


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
    return _fit(np.asarray(depths, float), correlations)[0]


def fit_power(depths: ArrayLike, correlations: ArrayLike) -> float:
    """P of depth^−p, by least squares on the logarithm; the paper's p for residual networks is 1/2."""
    return _fit(np.log(np.asarray(depths, float)), correlations)[0]


def prefers_power(depths: ArrayLike, correlations: ArrayLike) -> bool:
    """Whether a power of the depth fits better than an exponential."""
    x = np.asarray(depths, float)
    return _fit(np.log(x), correlations)[1] < _fit(x, correlations)[1]


def _fit(x: NDArray[np.float64], correlations: ArrayLike) -> tuple[float, float]:
    """Slope, negated, of the logarithm over x; and what is left of its squares."""
    logs = np.log(np.maximum(correlations, _LEAST))
    slope, start = np.polyfit(x, logs, 1)
    return float(-slope), float(np.sum((logs - slope * x - start) ** 2))


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


def plan(bench: Bench) -> dict[degradation.Cell, Plan]:
    """The networks that are looked at after training, which `degradation` has, too."""
    return degradation.plan(bench, depths=list_trained_depths(bench))


def list_trained_depths(bench: Bench) -> list[int]:
    """Layers of the networks that are looked at after training."""
    return bench.choose([20], degradation.list_depths(bench))


def count_gradients(bench: Bench) -> int:
    """In fresh networks, times their units."""
    units = sum(sum(describe_network(depth).stages) for depth in _list_depths(bench))
    return _count_initialisations(bench) * len(ALL_KINDS) * units * (_count_points(bench) + SIDE**2)


def _list_depths(bench: Bench) -> list[int]:
    return bench.choose([8, 14, 20, 32], [8, 14, 20, 32, 44, 56])


def _count_initialisations(bench: Bench) -> int:
    return bench.choose(3, 6)


def _count_points(bench: Bench) -> int:
    """Of a line."""
    return bench.choose(48, 128)


def _measure(bench: Bench) -> Outcome:
    images = functional.interpolate(bench.draw_sample(64).images, size=(SIZE, SIZE), mode="area")
    depths, repetitions, points = _list_depths(bench), _count_initialisations(bench), _count_points(bench)
    cells: list[Cell] = [(kind, depth, k) for k in range(repetitions) for depth in depths for kind in ALL_KINDS]

    def measure(place: int) -> list[float]:
        kind, depth, k = cells[place]
        model = build_network(kind, depth, seed=bench.draw_seed(k))
        calibrate(model, images)
        return _look_at(model, images, bench, k, points=points)

    names = [f"{kind}-{depth}-{k}" for kind, depth, k in cells]
    kept = bench.keep_each("gradients", "networks", names, measure)
    found = np.asarray(kept).reshape(repetitions, len(depths), len(ALL_KINDS), len(LAGS) + 1)
    rates = np.asarray(
        [[fit_rate(depths, found[k, :, place, 0]) for place in range(len(ALL_KINDS))] for k in range(repetitions)]
    )
    data = {
        "depths": depths,
        "correlations": {kind: found[:, :, k, 0].mean(axis=0).tolist() for k, kind in enumerate(ALL_KINDS)},
        "by_lag": {kind: found[:, -1, k, :-1].mean(axis=0).tolist() for k, kind in enumerate(ALL_KINDS)},
        "on_grid": {kind: float(found[:, -1, k, -1].mean()) for k, kind in enumerate(ALL_KINDS)},
        "rates": {kind: float(rates[:, k].mean()) for k, kind in enumerate(ALL_KINDS)},
        "powers": {
            kind: {"p": fit_power(depths, mean), "is_better": prefers_power(depths, mean)}
            for kind, mean in zip(ALL_KINDS, found[:, :, :, 0].mean(axis=0).T, strict=True)
        },
        "trained": _measure_trained(bench, points),
        "trained_depths": list_trained_depths(bench),
    }
    return Outcome(
        estimate=estimate_mean(rates[:, ALL_KINDS.index("plain")] - rates[:, ALL_KINDS.index("residual")]),
        found=_tell(data),
        data=data,
        settings={"initialisations": repetitions, "points": points, "width": WIDTH, "size": SIZE, "grid": SIDE},
    )


def _look_at(model: nn.Module, images: Tensor, bench: Bench, repetition: int, *, points: int) -> list[float]:
    """Correlation along a line at each lag, then that of neighbours on a grid; which images, the repetition decides."""
    chosen = np.random.default_rng([bench.seed, repetition]).choice(len(images), size=3, replace=False)
    one, other, third = (images[place] for place in chosen)
    line = measure_gradients(model, build_line(one, other, points))
    grid = measure_gradients(model, build_grid(one, other, third, side=SIDE, points=points))
    return [*(autocorrelate(line, lag) for lag in LAGS), correlate_grid(grid, SIDE)]


def _measure_trained(bench: Bench, points: int) -> dict[str, list[float]]:
    """Correlation of neighbours on a line in trained networks: kind → by depth, mean over the repetitions."""
    trained = train_networks(bench, plan(bench))
    found = {
        (repetition, depth, kind): _look_at(each.model, bench.small_images, bench, repetition, points=points)[0]
        for (repetition, depth, kind), each in trained.items()
    }
    repetitions = range(degradation.count_repetitions(bench))
    return {
        kind: [float(np.mean([found[k, depth, kind] for k in repetitions])) for depth in list_trained_depths(bench)]
        for kind in degradation.KINDS
    }


def _tell(data: Mapping[str, Any]) -> str:
    deepest, last = data["depths"][-1], data["trained_depths"][-1]
    words = ", ".join(f"{kind.replace('_', ' ')} {values[-1]:.2f}" for kind, values in data["correlations"].items())
    grid = ", ".join(f"{kind} {data['on_grid'][kind]:.2f}" for kind in KINDS)
    rates = ", ".join(f"{kind.replace('_', ' ')} {value:.4f}" for kind, value in data["rates"].items())
    trained = ", ".join(f"{kind} {values[-1]:.2f}" for kind, values in data["trained"].items())
    powers = ", ".join(f"{kind} {fit['p']:.2f}{_say(fit)}" for kind, fit in data["powers"].items() if kind in KINDS)
    return (
        f"Correlation of neighbouring gradients in fresh networks of {deepest} layers: {words}; on a grid {grid}. It "
        f"falls with depth like exp(−α · layers), α: {rates}; or like a power layers^−p, p: {powers}. After training "
        f"it is, at {last} layers: {trained}."
    )


def _say(fit: Mapping[str, Any]) -> str:
    return f" (fits {'better' if fit['is_better'] else 'worse'})"


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, middle, right) = new_figure(3)
    draw_lines(left, {kind: (data["depths"], values) for kind, values in data["correlations"].items()})
    left.set_xlabel("layers")
    left.set_title("neighbouring gradients, fresh")
    draw_lines(middle, {kind: (LAGS, values) for kind, values in data["by_lag"].items()})
    middle.set_xscale("log", base=2)
    middle.set_xlabel("points between them")
    middle.set_title(f"by distance, {data['depths'][-1]} layers, fresh")
    draw_lines(right, {kind: (data["trained_depths"], values) for kind, values in data["trained"].items()})
    right.set_xlabel("layers")
    right.set_title("neighbouring gradients, trained")
    for axes in (left, middle, right):
        axes.set_ylim(-0.1, 1.05)
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
    plan=plan,
    gradients=count_gradients,
)
