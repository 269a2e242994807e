"""Holding the answer to a corrupted image to that to the clean one."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from xray_resnet.data import CORRUPTED, Batch
from xray_resnet.models import Architecture, PreActResNet, build_model
from xray_resnet.training.losses import describe_labels
from xray_resnet.training.losses.cross_entropy import CrossEntropyLoss
from xray_resnet.training.robust import AuxiliaryNorms, consistency_loss, split_by_norm
from xray_resnet.training.steps import Classifier
from xray_resnet.training.steps.optimiser import Schedule

EVEN = describe_labels(np.array([[0.0, 1.0], [1.0, 0.0]], np.float32))
STEADY = Schedule(1e-3, 0, 0, 1)


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


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


def test_the_divergence_is_that_of_two_bernoulli_distributions() -> None:
    """KL(p ‖ q) = p ln(p/q) + (1−p) ln((1−p)/(1−q))."""
    p, q = 0.2, 0.6
    expected = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    loss = consistency_loss(torch.tensor([[logit(q)]]), torch.tensor([[logit(p)]]))
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_views_that_agree_cost_nothing_and_pull_nowhere() -> None:
    corrupted = torch.tensor([[3.0, -20.0]], requires_grad=True)
    loss = consistency_loss(corrupted, corrupted.detach().clone())
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-7)
    torch.testing.assert_close(corrupted.grad, torch.zeros(1, 2))


def test_no_gradient_runs_through_the_clean_view() -> None:
    clean, corrupted = torch.zeros(2, 1, requires_grad=True), torch.ones(2, 1, requires_grad=True)
    consistency_loss(corrupted, clean).backward()
    assert clean.grad is None
    assert corrupted.grad is not None
    assert corrupted.grad.abs().min() > 0


def test_a_pair_costs_the_clean_view_s_entropy_and_the_weighted_divergence(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = pair()
    classifier = build_classifier(monkeypatch, consistency_weight=3.0)
    loss = classifier.training_step(batch, 0)
    torch.manual_seed(0)
    clean, corrupted = tiny_model().train()(torch.cat([batch.image, batch.views[CORRUPTED]])).chunk(2)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(clean, batch.targets)
    torch.testing.assert_close(loss, entropy + 3 * consistency_loss(corrupted, clean))


def test_the_corrupted_view_is_held_to_the_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = torch.full((4, 2), 2.0)
    own = build_classifier(monkeypatch).training_step(pair(), 0)
    taught = build_classifier(monkeypatch, teacher=lambda images: answer).training_step(pair(), 0)
    clean, corrupted = tiny_model().train()(torch.cat([pair().image, pair().views[CORRUPTED]])).chunk(2)
    difference = consistency_loss(corrupted, answer) - consistency_loss(corrupted, clean)
    torch.testing.assert_close(taught - own, difference, atol=1e-6, rtol=1e-4)


def test_corrupted_images_leave_the_network_s_own_statistics_alone() -> None:
    model, clean = tiny_model().train(), torch.tensor([True, False, False, True])
    auxiliary, images = AuxiliaryNorms(model), pair().image
    alone = tiny_model().train()
    expected = alone(images[clean])
    torch.testing.assert_close(split_by_norm(model, auxiliary, images, clean)[clean], expected)
    torch.testing.assert_close(model.state_dict(), alone.state_dict())


def test_auxiliary_norms_keep_statistics_and_gradients_of_their_own() -> None:
    model = tiny_model().train()
    auxiliary = AuxiliaryNorms(model)
    before = {name: value.clone() for name, value in auxiliary.named_buffers()}
    auxiliary(model, pair().image).sum().backward()
    assert all(not torch.equal(value, before[name]) for name, value in auxiliary.named_buffers())
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert all(norm.weight.grad is None for norm in norms)
    assert all(parameter.grad is not None for parameter in auxiliary.parameters())
    assert model.head.weight.grad is not None


def test_auxiliary_norms_are_trained_and_not_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = build_classifier(monkeypatch, auxiliary_norm=True)
    grouped = {id(parameter) for group in classifier.configure_optimizers()["optimizer"].param_groups
               for parameter in group["params"]}  # fmt: skip
    assert classifier.auxiliary_norms is not None
    assert grouped >= {id(parameter) for parameter in classifier.auxiliary_norms.parameters()}
    assert set(classifier.model.state_dict()) == set(tiny_model().state_dict())


@pytest.mark.parametrize("views", [{}, {CORRUPTED: torch.rand(4, 1, 16, 16)}])
def test_a_step_with_auxiliary_norms_moves_both_sets(monkeypatch: pytest.MonkeyPatch, views: Any) -> None:
    classifier = build_classifier(monkeypatch, auxiliary_norm=True)
    clean = torch.tensor([True, True, False, False])
    classifier.training_step(pair()._replace(facts={"clean": clean}, views=views), 0).backward()
    assert classifier.auxiliary_norms is not None
    assert classifier.model.final[0].running_mean.abs().max() > 0
    assert all(parameter.grad is not None for parameter in classifier.auxiliary_norms.parameters())
