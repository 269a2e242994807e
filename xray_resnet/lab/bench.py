"""The bench: the network and the images that an experiment works on, its randomness, and what it has finished."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xray_resnet.bundle import load_model
from xray_resnet.evaluation.subject import Subject
from xray_resnet.files import write_json
from xray_resnet.findings import resolve_targets
from xray_resnet.models import PreActResNet
from xray_resnet.progress import ShowWork, work_in_silence

BATCH_SIZE = 32
Value = TypeVar("Value")
Budget = TypeVar("Budget")


@dataclass(frozen=True)
class Sample:
    """Images of a split, drawn at random, in the order of the split.

    Attributes:
        images: (N, 1, size, size) input of the network.
        labels: (N, F) of 1, 0 or NaN.
        patients: (N,) identifiers.
    """

    images: Tensor
    labels: NDArray[np.float32]
    patients: NDArray[np.str_]


@dataclass(frozen=True)
class Bench:
    """What an experiment works on.

    Attributes:
        subject: A trained network and its images.
        folder: Keeps what is finished, so that an interrupted experiment goes on.
        seed: Of everything that is drawn.
        quick: Whether a rough answer within two minutes will do.
        show: How long work is shown.
    """

    subject: Subject
    folder: Path
    seed: int = 0
    quick: bool = False
    show: ShowWork = work_in_silence

    @cached_property
    def model(self) -> PreActResNet:
        """The trained network in evaluation mode, on its device, in fp32."""
        return load_model(self.subject.bundle).to(self.subject.engine.device)

    @property
    def generator(self) -> np.random.Generator:
        """Fresh draws, the same each time."""
        return np.random.default_rng(self.seed)

    def choose(self, quick: Budget, full: Budget) -> Budget:
        """What a rough answer takes, or a good one."""
        return quick if self.quick else full

    def draw_sample(self, count: int) -> Sample:
        """At most so many images of the subject's split."""
        rows = self.subject.rows
        places = np.sort(self.generator.permutation(len(rows))[:count])
        pixels = [self.subject.dataset.pixels(int(row)) for row in rows[places]]
        model_input = self.subject.bundle.model_input
        images = torch.from_numpy(np.stack([model_input(image) for image in pixels])[:, None])
        labels = resolve_targets(self.subject.states[places])
        return Sample(images, labels, self.subject.dataset.patient_ids[rows[places]])

    @torch.inference_mode()
    def answer(self, images: Tensor, model: PreActResNet | None = None) -> NDArray[np.float32]:
        """(N, F) logits of the subject's findings, batch by batch; of its network unless another is given."""
        network = self.model if model is None else model
        device = next(network.parameters()).device
        logits = torch.cat(
            [network(batch.to(device)).float().cpu() for batch in torch.split(images, BATCH_SIZE)]
        ).numpy()
        return logits[:, [*self.subject.network.outputs.values()]] if model is None else logits

    def keep(self, name: str, compute: Callable[[], Value]) -> Value:
        """What was computed under this name, by now or by an earlier call that was interrupted; a value of JSON."""
        path = self.folder / "parts" / f"{name}.json"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, compute())
        value: Value = json.loads(path.read_bytes())
        return value

    def keep_each(self, title: str, unit: str, names: Sequence[str], compute: Callable[[int], Value]) -> list[Value]:
        """`keep` for many parts, with their progress; `compute` gets the place of a name."""
        values = []
        with self.show(title, unit) as progress:
            for place, name in enumerate(names):
                values.append(self.keep(name, partial(compute, place)))
                progress(place + 1, len(names))
        return values

    def describe(self) -> dict[str, Any]:
        """What every result says of where it comes from."""
        subject = self.subject
        return {
            "subject": subject.fingerprint(),
            "seed": self.seed,
            "quick": self.quick,
            "data": {"name": subject.dataset.name, "split": subject.split, "images": len(subject.rows)},
            "model": subject.describe_model() | {"precision": "fp32"},
        }
