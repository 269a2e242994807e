"""The table of losses: what all share, and each against its paper's formula."""

from typing import Any

import numpy as np
import pytest
import torch

from xray_resnet.bounds import refuse_mistakes
from xray_resnet.config import Config, TrainConfig
from xray_resnet.errors import ConfigurationError
from xray_resnet.torch_engine import Engine
from xray_resnet.training.from_config import build_settings
from xray_resnet.training.losses import LOSSES, describe_labels

NAN = float("nan")
LABELS = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], np.float32)


def build_loss(name: Any, **numbers: float) -> torch.nn.Module:
    """A loss as a configuration builds it, with some numbers of its own."""
    settings = build_settings(Config(train=TrainConfig(loss=name)), Engine("cpu", "fp32"))
    return LOSSES[settings.loss](describe_labels(LABELS), **settings.loss_numbers | numbers)


@pytest.mark.parametrize("name", LOSSES)
def test_missing_labels_have_neither_loss_nor_gradient(name: str) -> None:
    logits = torch.tensor([[0.3, 60.0], [-0.5, -60.0]], requires_grad=True)
    loss = build_loss(name)(logits, torch.tensor([[1.0, NAN], [0.0, NAN]]))
    loss.backward()
    with torch.no_grad():
        known = build_loss(name)(torch.tensor([[0.3, 5.0], [-0.5, 5.0]]), torch.tensor([[1.0, NAN], [0.0, NAN]]))
    assert loss.item() == pytest.approx(known.item())
    assert logits.grad is not None
    assert logits.grad[:, 1].tolist() == [0, 0]
    assert logits.grad[:, 0].abs().min() > 0


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_without_a_label_costs_nothing(name: str) -> None:
    logits = torch.zeros(2, 2, requires_grad=True)
    loss = build_loss(name)(logits, torch.full((2, 2), NAN))
    loss.backward()
    assert loss.item() == 0


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("extreme", [-200.0, 200.0])
def test_extreme_logits_have_a_finite_loss_and_gradient(name: str, extreme: float) -> None:
    logits = torch.full((2, 2), extreme, requires_grad=True)
    loss = build_loss(name)(logits, torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    loss.backward()
    assert torch.isfinite(loss)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_computed_in_fp32(name: str) -> None:
    assert build_loss(name)(torch.zeros(2, 2, dtype=torch.bfloat16), torch.ones(2, 2)).dtype == torch.float32


def test_the_focal_loss_is_that_of_lin() -> None:
    """Lin et al. 2017, equation 5, with γ = 2, α = 0.25: one positive of p 0.8 and one negative of p 0.3."""
    p = torch.tensor([[0.8], [0.3]])
    expected = (-0.25 * (1 - 0.8) ** 2 * np.log(0.8) - 0.75 * 0.3**2 * np.log(1 - 0.3)) / 2
    assert build_loss("focal")(p.logit(), torch.tensor([[1.0], [0.0]])).item() == pytest.approx(expected, rel=1e-5)


def test_the_asymmetric_loss_is_that_of_ridnik() -> None:
    """Ridnik et al. 2021 with γ₊ = 0, γ₋ = 4, m = 0.05: one positive of p 0.8, negatives of p 0.3 and 0.04."""
    p = torch.tensor([[0.8], [0.3], [0.04]])
    expected = (-np.log(0.8) - 0.25**4 * np.log(1 - 0.25)) / 3
    loss = build_loss("asymmetric")(p.logit(), torch.tensor([[1.0], [0.0], [0.0]]))
    assert loss.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["focal", "asymmetric"])
def test_without_focusing_they_are_cross_entropy(name: str) -> None:
    numbers: dict[str, dict[str, float]] = {
        "focal": {"gamma": 0, "alpha": 0.5},
        "asymmetric": {"gamma_positive": 0, "gamma_negative": 0, "margin": 0},
    }
    logits, targets = torch.randn(5, 2), torch.rand(5, 2).round()
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)
    factor = 0.5 if name == "focal" else 1
    torch.testing.assert_close(build_loss(name, **numbers[name])(logits, targets), factor * cross_entropy)


def test_the_auc_margin_loss_at_its_saddle_is_the_squared_loss_over_pairs() -> None:
    """Ying et al. 2016: p(1-p) · mean over pairs of (m - h₊ + h₋)², which min-max over a, b and α takes apart."""
    positive, negative = torch.tensor([0.7, 0.4]), torch.tensor([0.2, 0.5, 0.6])
    logits = torch.cat([positive, negative]).logit()[:, None]
    targets = torch.tensor([1.0, 1, 0, 0, 0])[:, None]
    loss = LOSSES["auc_margin"](describe_labels(targets.numpy()), margin=1.0)
    p = 2 / 5
    with torch.no_grad():
        loss.rates.fill_(p)
        loss.a.fill_(positive.mean())
        loss.b.fill_(negative.mean())
        loss.alpha.copy_(1 + loss.b - loss.a)
    pairs = (1 - positive[:, None] + negative[None]) ** 2
    assert loss(logits, targets).item() == pytest.approx(p * (1 - p) * pairs.mean().item(), rel=1e-5)


def test_the_variables_of_the_auc_margin_loss_go_to_its_saddle_and_alpha_never_below_zero() -> None:
    logits, targets = torch.tensor([[2.0], [-1.0], [0.5]]), torch.tensor([[1.0], [0.0], [0.0]])
    loss = LOSSES["auc_margin"](describe_labels(targets.numpy()), margin=0.1)
    with torch.no_grad():
        loss.rates.fill_(1 / 3)
    optimiser = torch.optim.SGD(loss.parameters(), lr=0.5)
    for _ in range(300):
        optimiser.zero_grad()
        loss(logits, targets).backward()
        optimiser.step()
    loss(logits, targets)
    scores = logits.sigmoid()[:, 0]
    assert loss.a.item() == pytest.approx(scores[0].item(), abs=1e-3)
    assert loss.b.item() == pytest.approx(scores[1:].mean().item(), abs=1e-3)
    assert loss.alpha.item() == 0


def test_numbers_of_losses_out_of_bounds_are_refused() -> None:
    train = TrainConfig()
    train.focal.alpha = 1.0
    with pytest.raises(ConfigurationError, match=r"focal.alpha is 1.0, expected more than 0 and less than 1"):
        refuse_mistakes(train)
