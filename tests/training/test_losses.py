"""The loss and its weights."""

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from xray_resnet.training.losses import compute_positive_weights, masked_bce_loss

NAN = float("nan")


def test_with_every_label_known_it_is_plain_cross_entropy() -> None:
    logits, targets = torch.randn(6, 3), torch.rand(6, 3).round()
    torch.testing.assert_close(masked_bce_loss(logits, targets), binary_cross_entropy_with_logits(logits, targets))


def test_missing_labels_do_not_count() -> None:
    logits = torch.tensor([[0.3, -2.0], [1.2, 5.0]])
    targets = torch.tensor([[1.0, NAN], [NAN, 0.0]])
    expected = (np.log1p(np.exp(-0.3)) + np.log1p(np.exp(5.0))) / 2
    assert masked_bce_loss(logits, targets).item() == pytest.approx(expected, rel=1e-6)


def test_missing_labels_have_no_gradient() -> None:
    logits = torch.zeros(1, 2, requires_grad=True)
    masked_bce_loss(logits, torch.tensor([[1.0, NAN]])).backward()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, torch.tensor([[-0.5, 0.0]]))


def test_a_batch_without_a_label_has_no_loss_and_a_gradient_of_zero() -> None:
    logits = torch.randn(4, 2, requires_grad=True)
    loss = masked_bce_loss(logits, torch.full((4, 2), NAN))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_the_loss_is_computed_in_fp32() -> None:
    logits = torch.randn(4, 2, dtype=torch.bfloat16)
    assert masked_bce_loss(logits, torch.ones(4, 2)).dtype == torch.float32


def test_positives_weigh_the_root_of_negatives_over_positives() -> None:
    targets = np.array([[1, 1], [0, 1], [0, np.nan], [0, np.nan], [0, 0]], np.float32)
    np.testing.assert_allclose(compute_positive_weights(targets), [2, np.sqrt(0.5)], rtol=1e-6)


def test_weights_are_bounded_and_1_where_a_class_is_missing() -> None:
    rare = np.zeros(1000, np.float32)
    rare[0] = 1
    absent = (np.zeros_like(rare), np.ones_like(rare), np.full_like(rare, np.nan))
    targets = np.stack([rare, 1 - rare, *absent], axis=1)
    np.testing.assert_allclose(compute_positive_weights(targets), [10, 0.1, 1, 1, 1], rtol=1e-6)


def test_weights_multiply_the_positive_term() -> None:
    logits, targets = torch.zeros(2, 1), torch.tensor([[1.0], [0.0]])
    loss = masked_bce_loss(logits, targets, positive_weights=torch.tensor([3.0]))
    assert loss.item() == pytest.approx(np.log(2) * (3 + 1) / 2, rel=1e-6)
