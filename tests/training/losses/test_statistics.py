"""What the labels say before anything is learned."""

import math

import numpy as np
import pytest
import torch

from xray_resnet.models import Architecture, build_model
from xray_resnet.training.losses import compute_base_rates, describe_labels, start_at_base_rates
from xray_resnet.training.losses.statistics import compute_positive_weights


def test_positives_weigh_the_root_of_negatives_over_positives() -> None:
    targets = np.array([[1, 1], [0, 1], [0, np.nan], [0, np.nan], [0, 0]], np.float32)
    np.testing.assert_allclose(compute_positive_weights(targets), [2, np.sqrt(0.5)], rtol=1e-6)


def test_weights_are_bounded_and_1_where_a_class_is_missing() -> None:
    rare = np.zeros(1000, np.float32)
    rare[0] = 1
    absent = (np.zeros_like(rare), np.ones_like(rare), np.full_like(rare, np.nan))
    targets = np.stack([rare, 1 - rare, *absent], axis=1)
    np.testing.assert_allclose(compute_positive_weights(targets), [10, 0.1, 1, 1, 1], rtol=1e-6)


def test_base_rates_follow_the_rule_of_succession_and_leave_gaps_out() -> None:
    """Laplace: (positives + 1) / (known + 2)."""
    targets = np.array([[1, np.nan, 0], [0, np.nan, 0], [0, 1, 0]], np.float32)
    np.testing.assert_allclose(compute_base_rates(targets), [2 / 5, 2 / 3, 1 / 5], rtol=1e-6)


def test_without_weighting_every_label_weighs_one_and_nothing_shifts() -> None:
    statistics = describe_labels(np.array([[1.0], [0.0], [0.0]], np.float32), weigh=False)
    assert statistics.positive_weights.tolist() == [1]
    assert statistics.logit_shifts.tolist() == [0]


def test_a_fresh_network_says_the_base_rate_and_a_learned_bias_stays() -> None:
    """Lin et al. 2017, section 4.1: b = -ln((1 - π) / π)."""
    model = build_model(Architecture(block="basic", stages=(1,), stem="small", base_width=8), num_findings=2)
    start_at_base_rates(model, np.array([0.01, 0.5], np.float32))
    assert model.head.bias.tolist() == pytest.approx([-math.log((1 - 0.01) / 0.01), 0.0], abs=1e-5)
    start_at_base_rates(model, np.array([0.3, 0.3], np.float32))
    assert model.head.bias[0].item() == pytest.approx(-math.log(99), abs=1e-5)
    torch.nn.init.zeros_(model.head.weight)
    assert model(torch.rand(3, 1, 32, 32)).sigmoid()[:, 0].tolist() == pytest.approx([0.01] * 3, rel=1e-4)
