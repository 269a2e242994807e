"""Each shortcut of He et al. 2016b, table 1, does to the signal what its equation says."""

import pytest
import torch
from torch import nn

from tests.models.randomise import draw_images, make_unit, randomise, run_branch
from xray_resnet.models import Architecture, build_model
from xray_resnet.models.shape_changes import Projection
from xray_resnet.models.shortcuts import SHORTCUTS

X = draw_images((5, 7), channels=8)


def test_in_full_pre_activation_the_last_unit_gives_the_stem_plus_the_sum_of_the_residuals() -> None:
    """He et al. 2016b, equation 4."""
    model = build_model(Architecture("basic", (6,), stem="small", base_width=8), num_findings=1)
    randomise(model)
    x = stem = model.stem(draw_images((8, 8)))
    residuals = torch.zeros_like(stem)
    for unit in model.stages[0]:
        residuals += run_branch(unit, x)
        x = unit(x)
    torch.testing.assert_close(model.stages(stem), stem + residuals)


def test_with_padding_the_sum_reaches_through_all_stages() -> None:
    """He et al. 2016b, equation 4, with option A of He et al. 2016a: the input is in the output, unchanged."""
    model = build_model(20, num_findings=1, stem="small", base_width=4, shape_change="padding")
    stem = model.stem(draw_images((16, 16)))
    padded = torch.cat([stem[:, :, ::4, ::4], torch.zeros(2, 12, 4, 4)], dim=1)
    torch.testing.assert_close(model.stages(stem), padded, rtol=0, atol=0)


def test_a_plain_unit_gives_its_branch_alone() -> None:
    unit = make_unit(shortcut="none", order="relu_before_addition")
    torch.testing.assert_close(unit(X), run_branch(unit, X), rtol=0, atol=0)


def test_a_plain_network_does_not_start_at_zero() -> None:
    model = build_model(20, num_findings=1, stem="small", shortcut="none")
    assert model.stages(model.stem(draw_images((8, 8)))).abs().sum() > 0


def test_constant_scaling_makes_the_input_fade_by_the_power_of_the_units() -> None:
    """He et al. 2016b, equation 7: the product of the λ stands before x."""
    units = nn.Sequential(*(make_unit(shortcut="constant_scaling", scale_shortcut=0.5) for _ in range(6)))
    for unit in units:
        unit.zero_branch()
    torch.testing.assert_close(units(X), X * 0.5**6)


def test_constant_scaling_scales_the_branch_too() -> None:
    unit = make_unit(shortcut="constant_scaling", scale_shortcut=0.25, scale_branch=0.5)
    torch.testing.assert_close(unit(X), 0.5 * run_branch(unit, X) + 0.25 * X)


@pytest.mark.parametrize(("shortcut", "branch_is_gated"), [("exclusive_gating", True), ("shortcut_only_gating", False)])
def test_gating_weighs_the_shortcut_by_one_minus_g(shortcut: str, branch_is_gated: bool) -> None:
    """He et al. 2016b, section 3.1, with g(x) = σ(W x + b)."""
    unit = make_unit(shortcut=shortcut)
    gating = unit.merge.steps[0].gate
    g = torch.sigmoid(torch.einsum("oi,bihw->bohw", gating.weight[:, :, 0, 0], X) + gating.bias[:, None, None])
    expected = run_branch(unit, X) * (g if branch_is_gated else 1) + (1 - g) * X
    torch.testing.assert_close(unit(X), expected)


def test_a_gate_starts_at_its_bias() -> None:
    model = build_model(20, num_findings=1, stem="small", shortcut="shortcut_only_gating", gating_bias=-7.0)
    starts = {unit.merge.steps[0].gate.bias.unique().item() for stage in model.stages for unit in stage}
    assert starts == {-7.0}


def test_a_convolution_stands_on_every_shortcut() -> None:
    """Option C of He et al. 2016a."""
    model = build_model(20, num_findings=1, stem="small", shortcut="1x1_convolution", shape_change="padding")
    assert all(isinstance(unit.projection, Projection) for stage in model.stages for unit in stage)


def test_a_convolution_of_ones_on_the_diagonal_is_the_identity() -> None:
    unit = make_unit(shortcut="1x1_convolution", order="relu_only_preactivation")
    nn.init.dirac_(unit.projection.weight)
    positive = X.abs()
    torch.testing.assert_close(unit(positive), run_branch(unit, positive) + positive)


def test_dropout_drops_a_share_of_the_shortcut_in_training_alone() -> None:
    unit = make_unit(shortcut="dropout", dropout=0.25)
    unit.zero_branch()
    x = torch.ones(8, 8, 32, 32)
    torch.testing.assert_close(unit(x), x, rtol=0, atol=0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        dropped = unit.train()(x)
    assert (dropped == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_every_shortcut_changes_the_shape_where_the_branch_does(shortcut: str, block: str) -> None:
    unit = make_unit(8, 8, stride=2, block=block, shortcut=shortcut, stride_on="1x1", blur_pool=True)
    assert unit(draw_images((6, 10), channels=8)).shape == (2, 8 if block == "basic" else 32, 3, 5)
