"""Equations 4 and 5 of He et al. 2016b: exact in pre-activation, broken by what follows the sum."""

import pytest
import torch

from tests.lab.networks import build, draw_images
from xray_resnet.lab.propagation import EXACT, measure_backward, measure_forward, measure_norms
from xray_resnet.lab.surgery import list_units


@pytest.mark.parametrize("measure", [measure_forward, measure_backward])
def test_preactivation_keeps_the_identity_path(measure) -> None:  # type: ignore[no-untyped-def]
    assert measure(build(stages=(3, 3)), draw_images()).max() < 1e-6 < EXACT


@pytest.mark.parametrize("measure", [measure_forward, measure_backward])
@pytest.mark.parametrize("order", ["original", "bn_after_addition"])
def test_what_follows_the_sum_breaks_it(order: str, measure) -> None:  # type: ignore[no-untyped-def]
    model = build(stages=(3, 3), order=order)
    for unit in list_units(model):  # a batch norm that has seen nothing is the identity
        for layer in unit.merge.after.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                torch.nn.init.constant_(layer.running_var, 4.0)
    assert measure(model, draw_images()).min() > 100 * EXACT


def test_half_a_shortcut_is_half_a_gradient() -> None:
    """Constant scaling by λ leaves λ^L of it (equation 7 of He et al. 2016b): 1 − 1/8 is missing behind three units."""
    model = build(stages=(3, 1), shortcut="constant_scaling", scale_shortcut=0.5)
    assert measure_backward(model, draw_images())[0] == pytest.approx(1 - 0.5**3, rel=1e-5)


def test_norms_are_those_of_the_signal_behind_each_unit() -> None:
    model, images = build(), draw_images()
    signal, gradient = measure_norms(model, images)
    with torch.no_grad():
        x = model.stages(model.stem(images))
    assert signal[-1] == pytest.approx(float(x.flatten(1).norm(dim=1).mean()), rel=1e-6)
    assert len(signal) == len(gradient) == len(list_units(model))
