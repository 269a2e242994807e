"""The bench: the network and the images that an experiment works on, its randomness, and what it has finished."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xray_resnet.bundle import load_model
from xray_resnet.evaluation.subject import Subject
from xray_resnet.files import write_json
from xray_resnet.findings import resolve_targets
from xray_resnet.fingerprint import fingerprint
from xray_resnet.lab.small_networks import SIZE, read_images
from xray_resnet.models import PreActResNet
from xray_resnet.progress import ShowWork, work_in_silence
from xray_resnet.training.task import Task, build_task

BATCH_SIZE = 32
QUICK_IMAGES, FULL_IMAGES = 700, 1400
"""Images at most that small networks learn from, so that the time does not grow with the archive."""
_JUDGED, _VALIDATED = 1000, 200
"""Images at most that small networks are judged by at the end, and after each epoch."""
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
        shelf: Keeps the networks that experiments train, for all of them.
        seed: Of everything that is drawn.
        quick: Whether a rough answer within two minutes will do.
        show: How long work is shown.
    """

    subject: Subject
    folder: Path
    shelf: Path
    seed: int = 0
    quick: bool = False
    show: ShowWork = work_in_silence

    @cached_property
    def model(self) -> PreActResNet:
        """The trained network in evaluation mode, on its device, in fp32."""
        return load_model(self.subject.bundle).to(self.subject.engine.device)

    @cached_property
    def task(self) -> Task:
        """What small networks learn: the subject's findings, from some images of its dataset at 32²."""
        task = build_task(self.subject.dataset, image_size=SIZE, findings=self.subject.findings)
        most = {"train": self.choose(QUICK_IMAGES, FULL_IMAGES), "val": _VALIDATED}
        return replace(task, rows={split: choose_rows(rows, most[split]) for split, rows in task.rows.items()})

    @cached_property
    def networks(self) -> Path:
        """The folder of networks that learned this task."""
        task = self.task
        targets = [task.targets_of(split).tolist() for split in task.rows]
        rows = [task.dataset.image_ids[rows].tolist() for rows in task.rows.values()]
        return self.shelf / fingerprint([task.identify_dataset(), asdict(task.model_input), rows, targets])

    @cached_property
    def small_rows(self) -> NDArray[np.int64]:
        """Rows of the subject by which small networks are judged."""
        return choose_rows(self.subject.rows, _JUDGED)

    @cached_property
    def small_images(self) -> Tensor:
        """Images of the subject as input of small networks, (N, 1, 32, 32)."""
        return read_images(self.task, self.small_rows)

    @property
    def small_labels(self) -> NDArray[np.float32]:
        """Labels of the subject as small networks are judged by them, (N, F) of 1, 0 or NaN."""
        return self.task.targets[self.small_rows]

    @property
    def generator(self) -> np.random.Generator:
        """Fresh draws, the same each time."""
        return np.random.default_rng(self.seed)

    def draw_seed(self, repetition: int) -> int:
        """Of a training; repetitions share none, nor do benches of different seeds."""
        return int(np.random.SeedSequence([self.seed, repetition]).generate_state(1)[0])

    def choose(self, quick: Budget, full: Budget) -> Budget:
        """What a rough answer takes, or a good one."""
        return quick if self.quick else full

    def draw_sample(self, count: int) -> Sample:
        """At most so many images of the subject's split."""
        rows = self.subject.rows
        places = np.sort(self.generator.permutation(len(rows))[:count])
        pixels = [self.subject.dataset.pixels(int(row)) for row in rows[places]]
        images = self.subject.network.build_batch(pixels)
        labels = resolve_targets(self.subject.states[places])
        return Sample(images, labels, self.subject.dataset.patient_ids[rows[places]])

    @torch.inference_mode()
    def answer(self, images: Tensor) -> NDArray[np.float32]:
        """(N, F) logits of the subject's findings, batch by batch."""
        device = self.subject.engine.device
        answers = [self.model(batch.to(device)).float().cpu() for batch in torch.split(images, BATCH_SIZE)]
        logits: NDArray[np.float32] = torch.cat(answers).numpy()
        return logits[:, [*self.subject.network.outputs.values()]]

    def keep(self, name: str, compute: Callable[[], Value]) -> Value:
        """What was computed under this name, now or by an earlier call that was interrupted; a value of JSON."""
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


def choose_rows(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of the rows, the same each time, in order."""
    return np.sort(np.random.default_rng(0).permutation(rows)[:most])
