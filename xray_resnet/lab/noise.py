"""How noise travels to the logits, in residual networks and plain ones (Yu & Tomasi 2019)."""

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import Tensor, nn

from xray_resnet.data.ladder import Rung, climb, corrupt
from xray_resnet.lab import degradation
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.degradation import KINDS
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import COLOURS, Figure, draw_lines, new_figure
from xray_resnet.lab.scores import estimate_mean, unless_ignorant
from xray_resnet.lab.small_networks import ask
from xray_resnet.lab.surgery import list_units
from xray_resnet.lab.training import Plan, Trained, train_networks
from xray_resnet.metrics import macro_auroc
from xray_resnet.models import PreActResNet

NOISES = ("quantum_noise", "electronic_noise")
"""Of the corruption ladder."""
DEPTH = 20
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


def plan(bench: Bench) -> dict[degradation.Cell, Plan]:
    """Plain and residual networks, which `degradation` has, too."""
    return degradation.plan(bench, depths=[DEPTH])


def _measure(bench: Bench) -> Outcome:
    trained = train_networks(bench, plan(bench))
    images = bench.small_images[: bench.choose(100, 400)]
    gains = {kind: [_measure_gains(bench, each.model, images) for each in some] for kind, some in _sort(trained)}
    losses = _measure_losses(bench, dict(_sort(trained)))
    logs = {kind: np.log(np.mean(values, axis=1)) for kind, values in gains.items()}
    at_image = [math.log(values[0]) for kind in KINDS for values in gains[kind]]
    lost = [float(np.mean(rungs)) for kind in KINDS for rungs in losses[kind]]
    data = {
        "gains": {kind: np.mean(values, axis=0).tolist() for kind, values in gains.items()},
        "rungs": [rung.name for rung in _list_rungs(bench)],
        "lost": losses,
        "correlation": _correlate(at_image, lost),
        "depth": DEPTH,
    }
    return Outcome(
        estimate=unless_ignorant(estimate_mean(logs["plain"] - logs["residual"]), [e.score for e in trained.values()]),
        found=_tell(data),
        data=data,
        settings={"repetitions": len(logs["plain"]), "images": len(images), "noise": SHARE},
    )


def _sort(trained: Mapping[degradation.Cell, Trained]) -> Iterator[tuple[str, list[Trained]]]:
    """The networks of each kind, by repetition."""
    for kind in KINDS:
        yield kind, [each for (*_, of), each in trained.items() if of == kind]


def _measure_gains(bench: Bench, model: PreActResNet, images: Tensor) -> list[float]:
    """From the image, and from behind each unit."""
    places = [None, *range(len(list_units(model)))]
    return [measure_gain(model, images, place, seed=bench.seed) for place in places]


def _list_rungs(bench: Bench) -> list[Rung]:
    """The two noises of the corruption ladder, at some severities."""
    return [Rung(name, severity) for name in NOISES for severity in bench.choose((5,), (3, 4, 5))]


def _measure_losses(bench: Bench, kinds: Mapping[str, list[Trained]]) -> dict[str, list[list[float]]]:
    """Macro AUROC that each network loses on each rung: kind → (repetitions, rungs)."""
    rows = bench.small_rows[: bench.choose(100, 300)]
    labels = bench.task.targets[rows]
    clean, *corrupted = _build_versions(bench, rows)

    def lose(each: Trained) -> list[float]:
        whole, *others = (macro_auroc(labels, ask(each.model, images)) for images in (clean, *corrupted))
        return [(whole or 0.0) - (other or 0.0) for other in others]

    return {kind: [lose(each) for each in some] for kind, some in kinds.items()}


def _build_versions(bench: Bench, rows: NDArray[np.int64]) -> list[Tensor]:
    """Input of small networks: the images at the ladder's size without noise, and on each rung."""
    dataset, prepare = bench.task.dataset, bench.task.model_input
    versions: list[list[NDArray[np.float32]]] = [[] for _ in range(1 + len(_list_rungs(bench)))]
    with bench.show("adding noise", "images") as progress:
        for done, row in enumerate(rows, start=1):
            share = climb(dataset.pixels(int(row)))
            noisy = [corrupt(share, rung, image=str(dataset.image_ids[row])) for rung in _list_rungs(bench)]
            for version, image in zip(versions, [share, *noisy], strict=True):
                version.append(prepare(image))
            progress(done, len(rows))
    return [torch.from_numpy(np.stack(version)[:, None]) for version in versions]


def _correlate(first: list[float], second: list[float]) -> float | None:
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
        f"networks, the rank correlation of the gain from the image with that loss is {related}."
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
)
