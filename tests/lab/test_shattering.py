"""Correlation of gradients: known processes, a linear network, and the fit of its decay."""

import numpy as np
import pytest
import torch

from tests.lab.networks import draw_images
from xray_resnet.lab.shattering import (
    autocorrelate,
    build_grid,
    build_line,
    build_network,
    calibrate,
    correlate_grid,
    fit_power,
    fit_rate,
    measure_gradients,
    prefers_power,
)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.95])
def test_a_known_correlation_is_found(correlation: float) -> None:
    """A first-order autoregressive Gaussian process has the correlation ρ^lag."""
    generator = np.random.default_rng(0)
    noise = generator.standard_normal((200, 4000))
    process = [noise[0]]
    for step in noise[1:]:
        process.append(correlation * process[-1] + np.sqrt(1 - correlation**2) * step)
    found = autocorrelate(np.stack(process), lag=2)
    assert found == pytest.approx(correlation**2, abs=0.02)


def test_at_no_lag_the_correlation_is_one() -> None:
    gradients = np.random.default_rng(0).standard_normal((9, 5))
    assert autocorrelate(gradients, 0) == pytest.approx(1, abs=1e-12)


def test_a_network_that_looks_linear_has_one_gradient() -> None:
    model = build_network("looks_linear", 20, seed=0)
    calibrate(model, draw_images())
    gradients = measure_gradients(model.double(), build_line(*draw_images(2).double(), 16))
    assert np.ptp(gradients, axis=0).max() < 1e-6 * np.abs(gradients).max()
    assert autocorrelate(gradients, 8) == pytest.approx(1, abs=1e-9)


def test_the_same_network_with_usual_weights_has_many() -> None:
    model = build_network("without_norms", 20, seed=0)
    calibrate(model, draw_images())
    assert autocorrelate(measure_gradients(model, build_line(*draw_images(2), 16)), 4) < 0.99


def test_calibrated_batch_norms_give_zero_mean_and_unit_variance() -> None:
    model, images = build_network("preactivation", 8, seed=0), draw_images(16)
    calibrate(model, images)
    norm = next(layer for layer in model.modules() if isinstance(layer, torch.nn.BatchNorm2d))
    kept: list[torch.Tensor] = []
    norm.register_forward_hook(lambda _, __, output: kept.append(output))
    model(images)
    assert kept[0].mean(dim=(0, 2, 3)).abs().max() < 1e-5
    assert kept[0].var(dim=(0, 2, 3)).sub(1).abs().max() < 1e-3


def test_an_exponential_decay_is_fitted() -> None:
    depths = np.array([8, 14, 20, 32])
    assert fit_rate(depths, np.exp(-0.07 * depths)) == pytest.approx(0.07, rel=1e-9)


def test_neighbours_on_a_grid_are_as_far_apart_as_on_the_line() -> None:
    corner, one, other = draw_images(3)
    grid, line = build_grid(corner, one, other, side=4, points=9), build_line(corner, one, 9)
    assert grid.shape == (16, 1, 8, 8)
    torch.testing.assert_close(grid[0::4], line[:4])
    torch.testing.assert_close(grid[:4], build_line(corner, other, 9)[:4])
    torch.testing.assert_close(grid[6], corner + (one - corner) / 8 + 2 * (other - corner) / 8)


def test_the_correlation_on_a_grid_is_the_mean_of_both_ways() -> None:
    """Rows alike and columns unrelated: 1 one way and 0 the other."""
    columns = np.random.default_rng(0).standard_normal((6, 20_000))
    grid = np.broadcast_to(columns, (6, *columns.shape)).reshape(36, -1)
    assert correlate_grid(grid, 6) == pytest.approx(0.5, abs=0.01)
    assert correlate_grid(np.ones((36, 5)), 6) == pytest.approx(1, abs=1e-12)


def test_a_power_of_the_depth_is_told_from_an_exponential() -> None:
    depths = np.array([8, 14, 20, 32, 44, 56])
    assert fit_power(depths, 0.9 * depths**-0.5) == pytest.approx(0.5, rel=1e-9)
    assert prefers_power(depths, 0.9 * depths**-0.5)
    assert not prefers_power(depths, np.exp(-0.05 * depths))
