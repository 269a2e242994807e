"""Cross-entropy over the labels that are known, and the base rate that weights leave alone."""

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from xray_resnet.metrics import auroc
from xray_resnet.training.losses import LabelStatistics, describe_labels, masked_bce_loss
from xray_resnet.training.losses.cross_entropy import CrossEntropyLoss

NAN = float("nan")


def rare_finding(*, count: int = 4000, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """A number x (N, 1), and labels that are positive with probability sigmoid(2x - 3)."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(count, 1, generator=generator)
    return values, (torch.rand(count, 1, generator=generator) < (2 * values - 3).sigmoid()).float()


def fit(model: torch.nn.Linear, loss: torch.nn.Module, values: torch.Tensor, labels: torch.Tensor) -> torch.nn.Linear:
    """The minimum, by Newton's method."""
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def step() -> torch.Tensor:
        optimiser.zero_grad()
        cost: torch.Tensor = loss(model(values), labels)
        cost.backward()
        return cost

    optimiser.step(step)
    return model


def test_with_every_label_known_it_is_plain_cross_entropy() -> None:
    logits, targets = torch.randn(6, 3), torch.rand(6, 3).round()
    torch.testing.assert_close(masked_bce_loss(logits, targets), binary_cross_entropy_with_logits(logits, targets))


def test_missing_labels_do_not_count() -> None:
    logits = torch.tensor([[0.3, -2.0], [1.2, 5.0]])
    targets = torch.tensor([[1.0, NAN], [NAN, 0.0]])
    expected = (np.log1p(np.exp(-0.3)) + np.log1p(np.exp(5.0))) / 2
    assert masked_bce_loss(logits, targets).item() == pytest.approx(expected, rel=1e-6)


def test_a_batch_without_a_label_has_no_loss_and_a_gradient_of_zero() -> None:
    logits = torch.randn(4, 2, requires_grad=True)
    loss = masked_bce_loss(logits, torch.full((4, 2), NAN))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_weights_multiply_the_positive_term() -> None:
    logits, targets = torch.zeros(2, 1), torch.tensor([[1.0], [0.0]])
    loss = masked_bce_loss(logits, targets, positive_weights=torch.tensor([3.0]))
    assert loss.item() == pytest.approx(np.log(2) * (3 + 1) / 2, rel=1e-6)


def test_a_weighted_fit_says_the_base_rate_all_the_same() -> None:
    values, labels = rare_finding()
    statistics = describe_labels(labels.numpy())
    assert statistics.positive_weights[0] > 2
    model = fit(torch.nn.Linear(1, 1), CrossEntropyLoss(statistics), values, labels)
    mean = model(values).sigmoid().mean().item()
    assert mean == pytest.approx(labels.mean().item(), abs=0.01)


def test_taking_the_weight_into_account_moves_the_logits_by_its_logarithm_and_no_rank() -> None:
    """The same weighted minimum is found with and without the shift, and the bias takes up the difference."""
    values, labels = rare_finding()
    loss = CrossEntropyLoss(describe_labels(labels.numpy()))
    weight = loss.positive_weights
    model, blind = (
        fit(torch.nn.Linear(1, 1), minimised, values, labels)
        for minimised in (loss, torch.nn.BCEWithLogitsLoss(pos_weight=weight))
    )
    logits, raised = (net(values).detach() for net in (model, blind))
    torch.testing.assert_close(raised - logits, weight.log().expand_as(logits), atol=2e-3, rtol=0)
    assert auroc(labels[:, 0].numpy(), raised[:, 0].numpy()) == auroc(labels[:, 0].numpy(), logits[:, 0].numpy())


def test_the_shift_is_exactly_the_logarithm_of_the_weight() -> None:
    statistics = LabelStatistics(*(np.array([value], np.float32) for value in (0.2, 0.2, 3.0)))
    logits, targets = torch.tensor([[-1.0], [0.5]]), torch.tensor([[1.0], [0.0]])
    expected = masked_bce_loss(logits + np.log(3), targets, positive_weights=torch.tensor([3.0]))
    torch.testing.assert_close(CrossEntropyLoss(statistics)(logits, targets), expected)


def test_drawing_positives_more_often_shifts_the_logit_by_the_change_of_the_odds() -> None:
    """Elkan 2001, theorem 2: odds of 1/9 drawn as odds of 1 are shifted by ln 9."""
    statistics = LabelStatistics(*(np.array([value], np.float32) for value in (0.1, 0.5, 1.0)))
    assert statistics.logit_shifts[0] == pytest.approx(np.log(9), rel=1e-6)
