"""How noise travels to the logits, in residual networks and plain ones (Yu & Tomasi 2019)."""

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.stats import spearmanr
from torch import Tensor, nn

from xray_resnet.lab import degradation
from xray_resnet.lab.bench import BATCH_SIZE, Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.degradation import KINDS
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import COLOURS, INK, Figure, draw_lines, new_figure
from xray_resnet.lab.noise_ladder import count_images, list_rungs, measure_run, measure_small
from xray_resnet.lab.scores import estimate_mean, unless_ignorant
from xray_resnet.lab.surgery import list_units
from xray_resnet.lab.training import Plan, train_networks
from xray_resnet.models import PreActResNet

DEPTH = 20
SHARE = 0.1
"""Norm of the noise over that of what it is added to."""


def add_noise(signal: Tensor, share: float, *, generator: torch.Generator) -> Tensor:
    """A signal (N, …) with Gaussian noise whose norm is that share of the signal's, image by image."""
    noise = torch.randn(signal.shape, generator=generator, dtype=signal.dtype).to(signal.device)
    norms = [torch.linalg.vector_norm(one.flatten(1), dim=1) for one in (signal, noise)]
    scale: Tensor = share * norms[0] / norms[1].clamp_min(1e-12)
    return signal + noise * scale.reshape(-1, *[1] * (signal.ndim - 1))


@contextmanager
def disturbing(layers: list[nn.Module], share: float, *, generator: torch.Generator) -> Iterator[None]:
    """While it lasts, noise is added to what each of these layers gives."""
    with ExitStack() as hooks:
        for layer in layers:
            hook = layer.register_forward_hook(lambda _, __, output: add_noise(output, share, generator=generator))
            hooks.callback(hook.remove)
        yield


@torch.inference_mode()
def measure_gain(model: PreActResNet, images: Tensor, place: int | None, *, seed: int) -> float:
    """Relative change of the logits over the share of the noise; 1: it passes unchanged, below 1: attenuated.

    The change is measured against the spread of the logits over the images, so that a large bias hides nothing.

    Args:
        model: In evaluation mode.
        images: (N, C, H, W).
        place: Of the unit behind which the noise is added, from 0; None: at the image.
        seed: Of the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    before = model(images)
    if place is None:
        after = model(add_noise(images, SHARE, generator=generator))
    else:
        with disturbing([list_units(model)[place]], SHARE, generator=generator):
            after = model(images)
    spread = (before - before.mean(dim=0)).square().mean().sqrt()
    return float((after - before).square().mean().sqrt() / spread / SHARE)


def plan(bench: Bench) -> dict[degradation.Cell, Plan]:
    """Plain and residual networks, which `degradation` has, too."""
    return degradation.plan(bench, depths=[DEPTH])


def count_passes(bench: Bench) -> int:
    """Images that go through the run's network."""
    return count_images(bench) * (1 + len(list_rungs(bench)))


def _measure(bench: Bench) -> Outcome:
    trained = train_networks(bench, plan(bench))
    images = bench.small_images[: bench.choose(100, 400)]
    kinds = degradation.sort_by_kind(trained)
    gains = {kind: [_measure_gains(bench, each.model, images) for each in some] for kind, some in kinds.items()}
    lost = measure_small(bench, [each.model for some in kinds.values() for each in some])
    logs = {kind: np.log(np.mean(values, axis=1)) for kind, values in gains.items()}
    at_image = [math.log(values[0]) for kind in KINDS for values in gains[kind]]
    repetitions = len(logs["plain"])
    data = {
        "gains": {kind: np.mean(values, axis=0).tolist() for kind, values in gains.items()},
        "rungs": [rung.name for rung in list_rungs(bench)],
        "lost": {kind: lost[k * repetitions : (k + 1) * repetitions] for k, kind in enumerate(KINDS)},
        "correlation": _correlate(at_image, np.mean(lost, axis=1)),
        "run": {"gain": _measure_run_gain(bench), "lost": measure_run(bench)},
        "depth": DEPTH,
    }
    aurocs = [each.score for each in trained.values()]
    return Outcome(
        estimate=unless_ignorant(estimate_mean(logs["plain"] - logs["residual"]), aurocs),
        found=_tell(data),
        data=data,
        settings={"repetitions": repetitions, "images": len(images), "noise": SHARE},
    )


def _measure_run_gain(bench: Bench) -> float:
    """From the image to the logits of the run's network."""
    images = bench.draw_sample(BATCH_SIZE).images
    return measure_gain(bench.model, images.to(bench.subject.engine.device), None, seed=bench.seed)


def _measure_gains(bench: Bench, model: PreActResNet, images: Tensor) -> list[float]:
    """From the image, and from behind each unit."""
    places = [None, *range(len(list_units(model)))]
    return [measure_gain(model, images, place, seed=bench.seed) for place in places]


def _correlate(first: ArrayLike, second: ArrayLike) -> float | None:
    """Spearman's rank correlation; None if one of them is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(spearmanr(first, second).statistic)


def _tell(data: Mapping[str, Any]) -> str:
    words = [
        f"{kind}: {values[0]:.2f} from the image, {np.mean(values[1:]):.2f} from a unit on average"
        for kind, values in data["gains"].items()
    ]
    lost = ", ".join(f"{kind} ones {np.mean(values):.3f}" for kind, values in data["lost"].items())
    correlation = data["correlation"]
    related = "unknown" if correlation is None else f"{correlation:.2f}"
    return (
        f"Change of the logits, as a multiple of the noise's share, at {data['depth']} layers; {'; '.join(words)}. On "
        f"the corruption ladder ({', '.join(data['rungs'])}) the networks lose, of the macro AUROC: {lost}. Over the "
        f"networks, the rank correlation of the gain from the image with that loss is {related}. The run's own network "
        f"has a gain of {data['run']['gain']:.2f} from the image, and loses {np.mean(data['run']['lost']):.3f}."
    )


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, right) = new_figure(2)
    draw_lines(left, {kind: ([*range(len(values))], values) for kind, values in data["gains"].items()})
    left.set_yscale("log")
    left.set_xlabel("unit behind which the noise is added; 0: the image")
    left.set_title("change of the logits over the noise")
    for place, (kind, rows) in enumerate(data["lost"].items()):
        heights = np.arange(len(data["rungs"])) + 0.2 * place - 0.1
        for row in rows:
            right.plot(row, heights, "o", markersize=4, color=COLOURS[place], alpha=0.6)
        right.plot([], [], "o", markersize=4, color=COLOURS[place], label=kind)
    right.plot(data["run"]["lost"], range(len(data["rungs"])), "D", markersize=5, color=INK, label="the run's network")
    right.set_yticks(range(len(data["rungs"])), labels=[name.replace("_", " ") for name in data["rungs"]])
    right.legend(frameon=False, fontsize=8)
    right.set_title("macro AUROC lost on the corruption ladder")
    return figure


EXPERIMENT = Experiment(
    name="noise",
    title="Noise stability",
    question="Does noise at the image or within the network reach the logits?",
    claim=Claim(
        text="Identity connections attenuate noise: less of it reaches the logits than in a plain network.",
        source="Yu & Tomasi 2019",
        measure="logarithm of the noise's gain in plain networks over that in residual ones, mean over the places",
        bound=0.0,
        side="above",
    ),
    measure=_measure,
    draw=_draw,
    plan=plan,
    passes=count_passes,
)
