"""How long the paths are that the gradient takes (Veit et al. 2016, section 5).

A network of n residual units is the sum of 2ⁿ paths; those through k branches are C(n, k). Sampling paths of each
length gives the mean norm of their gradients at the image, and with their number how much each length contributes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import lgamma, log
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, NothingToStudyError, Outcome
from xray_resnet.lab.figures import MODEL, Figure, new_figure
from xray_resnet.lab.surgery import Way, is_residual, list_units, routing
from xray_resnet.metrics.bootstrap import estimate
from xray_resnet.models import PreActResNet
from xray_resnet.models.units import Unit

SHORT = 0.5
"""Share of the units that the mean path of the binomial distribution goes through."""
RESAMPLING = "percentile bootstrap of images and paths together"
MOST = 0.95
"""Share of the gradient that `effective_range` covers."""


def take_path(model: PreActResNet, images: Tensor, branches: Sequence[int]) -> Tensor:
    """The gradient at the images of the sum of the logits, along one path, (N, C, H, W).

    Args:
        model: In evaluation mode.
        images: (N, C, H, W).
        branches: Places of the units that the path goes through; it takes the shortcut of the others.
    """
    units, chosen = list_units(model), set(branches)
    ways: dict[Unit, Way] = {unit: "branch" if place in chosen else "shortcut" for place, unit in enumerate(units)}
    shown = images.clone().requires_grad_()
    with routing(ways):
        logits = model(shown)
    return torch.autograd.grad(logits.sum(), shown)[0]


def measure_norms(
    model: PreActResNet, images: Tensor, lengths: Sequence[int], *, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Norms of the gradient along one random path of each length, (lengths, N)."""
    units = list_units(model)
    found = [take_path(model, images, generator.permutation(len(units))[:length].tolist()) for length in lengths]
    return np.stack([torch.linalg.vector_norm(gradient.flatten(1), dim=1).double().cpu().numpy() for gradient in found])


def contribute(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of each length in the sum of all paths' norms: C(n, k) times the mean norm, (n + 1, …) to the same.

    Args:
        norms: Mean norm of the paths of 0 … n branches, along the first axis.
    """
    n = len(norms) - 1
    counts = np.asarray([lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) for k in range(n + 1)])
    with np.errstate(divide="ignore"):
        logs = np.log(norms) + counts.reshape(-1, *[1] * (norms.ndim - 1))
    shares = np.exp(logs - logs.max(axis=0))
    return np.asarray(shares / shares.sum(axis=0))


def find_range(shares: NDArray[np.float64], covered: float = MOST) -> tuple[int, int]:
    """The least run of lengths that carries this share, from and to; of several the one that carries most."""
    cumulated = np.concatenate([[0.0], np.cumsum(shares)])
    runs = [
        (end - start, cumulated[start] - cumulated[end + 1], start, end)
        for start in range(len(shares))
        for end in range(start, len(shares))
        if cumulated[end + 1] - cumulated[start] >= covered
    ]
    *_, start, end = min(runs)
    return start, end


def count_passes(bench: Bench) -> int:
    """Images that go through the run's network; forwards and back count as three."""
    return 3 * _count_images(bench) * _count_draws(bench) * (1 + len(list_units(bench.model)))


def _count_images(bench: Bench) -> int:
    return bench.choose(4, 12)


def _count_draws(bench: Bench) -> int:
    """Paths of each length."""
    return bench.choose(4, 16)


def _measure(bench: Bench) -> Outcome:
    units = list_units(bench.model)
    if not all(is_residual(unit) for unit in units):
        raise NothingToStudyError("the network is plain and has one path only; give a run of a residual network")
    images = bench.draw_sample(_count_images(bench)).images.to(bench.subject.engine.device)
    lengths, draws = [*range(len(units) + 1)], _count_draws(bench)

    def draw(place: int) -> list[list[float]]:
        found: list[list[float]] = measure_norms(
            bench.model, images, lengths, generator=np.random.default_rng([bench.seed, place])
        ).tolist()
        return found

    kept = bench.keep_each("sampling paths", "rounds", [f"round-{place}" for place in range(draws)], draw)
    norms = np.asarray(kept)  # (draws, lengths, images)
    shares = contribute(norms.mean(axis=(0, 2)))
    resampled = contribute(_resample(norms, seed=bench.seed).T)
    relative = np.asarray(lengths) / len(units)
    data = {"norms": norms.mean(axis=(0, 2)).tolist(), "shares": shares.tolist(), "range": find_range(shares)}
    return Outcome(
        estimate=replace(estimate(float(relative @ shares), relative @ resampled), method=RESAMPLING),
        found=_tell(data),
        data=data,
        settings={"images": len(images), "paths_of_each_length": draws},
    )


def _resample(norms: NDArray[np.float64], *, seed: int, resamples: int = 1000) -> NDArray[np.float64]:
    """Mean norm by length, drawing images and rounds anew: (rounds, lengths, images) to (R, lengths)."""
    generator = np.random.default_rng(seed)
    rounds, _, images = norms.shape
    found = []
    for _ in range(resamples):
        some = norms[generator.integers(rounds, size=rounds)]
        found.append(some[:, :, generator.integers(images, size=images)].mean(axis=(0, 2)))
    return np.stack(found)


def _tell(data: Mapping[str, Any]) -> str:
    n, (first, last) = len(data["shares"]) - 1, data["range"]
    mean = float(np.arange(n + 1) @ np.asarray(data["shares"]))
    return (
        f"The network has 2^{n} paths. Their mean length, weighed by the gradient, is {mean:.1f} of {n} units; paths "
        f"through {first} to {last} units carry {100 * MOST:.0f} % of it. Not weighed, it is {n / 2:g}."
    )


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, middle, right) = new_figure(3)
    lengths = np.arange(len(data["shares"]))
    n = len(lengths) - 1
    counts = np.asarray([lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2) for k in lengths])
    left.bar(lengths, np.exp(counts), color="#8fa3ad")
    left.set_title("share of the paths")
    middle.plot(lengths, data["norms"], color=MODEL, marker="o", markersize=3)
    middle.set_yscale("log")
    middle.set_title("gradient of one path")
    right.bar(lengths, data["shares"], color=MODEL)
    right.set_title("share of the gradient")
    for axes in (left, middle, right):
        axes.set_xlabel("units on the path")
    return figure


EXPERIMENT = Experiment(
    name="paths",
    title="The paths of the gradient",
    question="How long are the paths that carry the gradient from the logits to the image?",
    claim=Claim(
        text="Most of the gradient comes from paths that are shorter than the average path.",
        source="Veit et al. 2016, section 5",
        measure="length of the paths, weighed by their gradient, as a share of all units",
        bound=SHORT,
        side="below",
    ),
    measure=_measure,
    draw=_draw,
    passes=count_passes,
)
