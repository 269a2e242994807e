"""A tiny network in training, and a batch in which every image has two views."""

from typing import Any

import numpy as np
import pytest
import torch

from xray_resnet.data import CORRUPTED, Batch
from xray_resnet.models import Architecture, PreActResNet, build_model
from xray_resnet.training.losses import describe_labels
from xray_resnet.training.losses.cross_entropy import CrossEntropyLoss
from xray_resnet.training.steps import Classifier
from xray_resnet.training.steps.optimiser import Schedule

EVEN = describe_labels(np.array([[0.0, 1.0], [1.0, 0.0]], np.float32))
STEADY = Schedule(1e-3, 0, 0, 1)


def tiny_model() -> PreActResNet:
    torch.manual_seed(0)
    return build_model(Architecture(block="basic", stages=(1, 1), stem="small", base_width=8), num_findings=2)


def build_classifier(monkeypatch: pytest.MonkeyPatch, **options: Any) -> Classifier:
    classifier = Classifier(tiny_model(), findings=("A", "B"), schedule=STEADY, loss=CrossEntropyLoss(EVEN), **options)
    monkeypatch.setattr(classifier, "log", lambda *_, **__: None)
    return classifier


def pair(*, seed: int = 1) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(4, 1, 16, 16, generator=generator)
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    return Batch(images, targets, {"clean": torch.ones(4, dtype=torch.bool)}, {CORRUPTED: images.flip(3)})
