"""Gradients by path: the closed form of a linear network, planted lengths, and the numbers of paths."""

from itertools import combinations

import numpy as np
import pytest
import torch

from tests.lab.networks import build, draw_images, linearise
from xray_resnet.lab.paths import contribute, find_range, take_path
from xray_resnet.lab.surgery import list_units


@pytest.mark.parametrize("order", ["full_preactivation", "original"])
def test_in_a_linear_network_the_paths_sum_to_the_gradient(order: str) -> None:
    model, images = build(order=order), draw_images().double()
    linearise(model.double())
    count = len(list_units(model))
    paths = [path for length in range(count + 1) for path in combinations(range(count), length)]
    total = torch.stack([take_path(model, images, path) for path in paths]).sum(dim=0)
    shown = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(shown).sum(), shown)
    assert len(paths) == 2**count
    torch.testing.assert_close(total, gradient, rtol=1e-6, atol=1e-6 * float(gradient.abs().max()))


def test_equal_norms_contribute_as_the_binomial_distribution() -> None:
    np.testing.assert_allclose(contribute(np.ones(5)), np.array([1, 4, 6, 4, 1]) / 16, rtol=1e-12)


def test_a_planted_decay_shifts_the_binomial_distribution() -> None:
    """Norms that fall by q with each branch weigh paths as n coins of probability q / (1 + q)."""
    n, q = 54, 0.25
    shares = contribute(q ** np.arange(n + 1))
    assert np.arange(n + 1) @ shares == pytest.approx(n * q / (1 + q), rel=1e-12)


def test_lengths_whose_gradient_is_zero_contribute_nothing() -> None:
    np.testing.assert_array_equal(contribute(np.array([0.0, 1.0, 0.0])), [0, 1, 0])


def test_the_range_is_the_shortest_that_covers() -> None:
    assert find_range(np.array([0.02, 0.5, 0.46, 0.02]), covered=0.95) == (1, 2)
    assert find_range(np.array([0.25, 0.25, 0.25, 0.25]), covered=1.0) == (0, 3)
    assert find_range(np.array([0.1, 0.4, 0.4, 0.3]), covered=0.5) == (1, 2)  # of runs as short, the fullest
