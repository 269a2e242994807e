"""Holding the answer to a corrupted image to that to the clean one."""

import math

import pytest
import torch

from tests.training.robust.pairs import build_classifier, pair, tiny_model
from xray_resnet.data import CORRUPTED
from xray_resnet.training.robust import consistency_loss


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


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
