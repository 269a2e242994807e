"""What each way of robust training costs a step, in processor time, as ratios measured in turns in one run."""

import time
from typing import Any

import numpy as np
import torch

from xray_resnet.data import CORRUPTED, Batch
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.processor import name_instruction_set
from xray_resnet.training.losses import describe_labels
from xray_resnet.training.losses.cross_entropy import CrossEntropyLoss
from xray_resnet.training.steps import Classifier
from xray_resnet.training.steps.optimiser import Schedule
from xray_resnet.training.trainer import torch_threads

BATCH, SIZE, ROUNDS = 32, 96, 8
WAYS: dict[str, tuple[bool, dict[str, Any]]] = {
    "augment": (False, {}),
    "half_clean": (False, {}),
    "half_clean with auxiliary norms": (False, {"auxiliary_norm": True}),
    "consistency": (True, {}),
    "consistency with auxiliary norms": (True, {"auxiliary_norm": True}),
    "consistency with the average as teacher": (True, {"teacher": True}),
}
"""Name → whether images come in pairs, and the options of the step."""


def build_network() -> PreActResNet:
    return build_model(18, base_width=16, num_findings=2)


def build_classifier(options: dict[str, Any]) -> Classifier:
    average = build_network().eval()

    def answer(images: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            logits: torch.Tensor = average(images)
        return logits

    return Classifier(
        build_network(),
        findings=("A", "B"),
        schedule=Schedule(1e-3, 0, 0, 1),
        loss=CrossEntropyLoss(describe_labels(np.eye(2, dtype=np.float32))),
        **options | ({"teacher": answer} if "teacher" in options else {}),
    ).train()


def time_step(classifier: Classifier, batch: Batch) -> float:
    """Processor seconds of loss and gradient."""
    started = time.process_time()
    loss, _ = classifier.compute_loss(batch)
    loss.backward()
    return time.process_time() - started


def test_consistency_costs_two_passes_and_the_others_one() -> None:
    images = torch.rand(BATCH, 1, SIZE, SIZE)
    alone = Batch(images, torch.rand(BATCH, 2).round(), {"clean": torch.arange(BATCH) % 2 == 0})
    pairs = alone._replace(views={CORRUPTED: images.flip(3)})
    classifiers = {name: build_classifier(options) for name, (_, options) in WAYS.items()}
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    with torch_threads(1):  # others would wait for one another, which is processor time too
        for _ in range(ROUNDS):
            for name, (is_pair, _) in WAYS.items():
                seconds[name].append(time_step(classifiers[name], pairs if is_pair else alone))
    least = {name: min(times[1:]) for name, times in seconds.items()}
    print(f"\nstep of a ResNet-18 of width 16, {BATCH} images of {SIZE}², fp32, one thread, {name_instruction_set()}:")
    for name, value in least.items():
        print(f"  {value / least['augment']:.2f} × augment: {name}")
