"""What the corruption ladder's noises cost small networks, and the run's own."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xray_resnet.data.ladder import Rung, climb, corrupt
from xray_resnet.lab.bench import BATCH_SIZE, Bench
from xray_resnet.lab.small_networks import ask
from xray_resnet.metrics import macro_auroc
from xray_resnet.model_input import Pixels
from xray_resnet.models import PreActResNet

NOISES = ("quantum_noise", "electronic_noise")
"""Of the corruption ladder."""
Ask = Callable[[Tensor], NDArray[np.float32]]
"""Network input to logits."""
Prepare = Callable[[Pixels], NDArray[np.float32]]
"""An image at the ladder's size to a network's input."""


def list_rungs(bench: Bench) -> list[Rung]:
    """Both noises, at some severities."""
    return [Rung(name, severity) for name in NOISES for severity in bench.choose((5,), (3, 4, 5))]


def count_images(bench: Bench) -> int:
    """Images at most that are put on the ladder."""
    return bench.choose(100, 300)


def measure_small(bench: Bench, models: Sequence[PreActResNet]) -> list[list[float]]:
    """Macro AUROC that small networks lose on each rung, each (rungs,)."""
    return _measure(bench, bench.task.model_input, [partial(ask, model) for model in models], "at 32²")


def measure_run(bench: Bench) -> list[float]:
    """Macro AUROC that the run's network loses on each rung, at its own size, (rungs,)."""
    return _measure(bench, bench.subject.bundle.model_input, [bench.answer], "at the run's size")[0]


def _measure(bench: Bench, prepare: Prepare, asked: Sequence[Ask], where: str) -> list[list[float]]:
    """What each of those who are asked loses on each rung; never more than a batch of images is in memory."""
    rows = bench.small_rows[: count_images(bench)]
    labels, answers = bench.task.targets[rows], []
    with bench.show(f"adding noise {where}", "images") as progress:
        for start in range(0, len(rows), BATCH_SIZE):
            versions = _build_versions(bench, prepare, rows[start : start + BATCH_SIZE])
            answers.append([[one(images) for images in versions] for one in asked])
            progress(min(start + BATCH_SIZE, len(rows)), len(rows))
    return [
        measure_losses(labels, [np.concatenate(batches) for batches in zip(*of_one, strict=True)])
        for of_one in zip(*answers, strict=True)
    ]


def measure_losses(labels: NDArray[np.float32], answers: Sequence[NDArray[np.float32]]) -> list[float]:
    """Macro AUROC of the first answers less that of each other."""
    whole, *others = (macro_auroc(labels, logits) or 0.0 for logits in answers)
    return [whole - other for other in others]


def _build_versions(bench: Bench, prepare: Prepare, rows: NDArray[np.int64]) -> list[Tensor]:
    """Network input of the images at the ladder's size without noise, and on each rung, each (N, 1, S, S)."""
    dataset, rungs = bench.task.dataset, list_rungs(bench)
    versions: list[list[NDArray[np.float32]]] = [[] for _ in range(1 + len(rungs))]
    for row in rows:
        share = climb(dataset.pixels(int(row)))
        noisy = [corrupt(share, rung, image=str(dataset.image_ids[row])) for rung in rungs]
        for version, image in zip(versions, [share, *noisy], strict=True):
            version.append(prepare(image))
    return [torch.from_numpy(np.stack(version)[:, None]) for version in versions]
