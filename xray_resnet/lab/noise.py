"""How noise travels to the logits, in residual networks and plain ones (Yu & Tomasi 2019)."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import Figure, draw_lines, new_figure
from xray_resnet.lab.scores import estimate_mean, unless_ignorant
from xray_resnet.lab.small_networks import describe_network
from xray_resnet.lab.surgery import list_units
from xray_resnet.lab.training import train_network
from xray_resnet.models import PreActResNet

KINDS = {"plain": "none", "residual": "identity"}
"""Kind → its shortcut; both in the original order."""
SHARE = 0.1
"""Norm of the noise over that of what it is added to."""


def add_noise(signal: Tensor, share: float, *, generator: torch.Generator) -> Tensor:
    """A signal (N, …) with Gaussian noise whose norm is that share of the signal's, image by image."""
    noise = torch.randn(signal.shape, generator=generator, dtype=signal.dtype)
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


def _measure(bench: Bench) -> Outcome:
    depth, seeds, epochs = bench.choose(8, 32), bench.choose(3, 5), bench.choose(8, 10)
    images = bench.small_images[: bench.choose(100, 400)]
    gains: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    aurocs = []
    with bench.show("training", "networks") as progress:
        for seed in range(seeds):
            for number, (kind, shortcut) in enumerate(KINDS.items(), start=1):
                parts = describe_network(depth, order="original", shortcut=shortcut)
                trained = train_network(bench, f"{kind}-{seed}", parts, epochs=epochs, seed=seed)
                aurocs.append(trained.score)
                places = [None, *range(sum(parts.stages))]
                gains[kind].append([measure_gain(trained.model, images, place, seed=bench.seed) for place in places])
                progress(len(KINDS) * seed + number, len(KINDS) * seeds)
    logs = {kind: np.log(np.mean(values, axis=1)) for kind, values in gains.items()}
    data = {"gains": {kind: np.mean(values, axis=0).tolist() for kind, values in gains.items()}, "depth": depth}
    return Outcome(
        estimate=unless_ignorant(estimate_mean(logs["plain"] - logs["residual"]), aurocs),
        found=_tell(data),
        data=data,
        settings={"seeds": seeds, "epochs": epochs, "images": len(images), "noise": SHARE},
    )


def _tell(data: Mapping[str, Any]) -> str:
    words = [
        f"{kind}: {values[0]:.2f} from the image, {np.mean(values[1:]):.2f} from a unit on average"
        for kind, values in data["gains"].items()
    ]
    return f"Change of the logits, as a multiple of the noise's share, at {data['depth']} layers; {'; '.join(words)}."


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (axes,) = new_figure()
    draw_lines(axes, {kind: ([*range(len(values))], values) for kind, values in data["gains"].items()})
    axes.set_yscale("log")
    axes.set_xlabel("unit behind which the noise is added; 0: the image")
    axes.set_ylabel("change of the logits over the noise")
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
)
