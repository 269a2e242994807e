"""Dropped activations change the memory of a training step, and neither its gradients nor its statistics."""

import copy
import gc
import weakref

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from tests.models.randomise import draw_images, randomise
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.models.orders import ORDERS


def step(model: PreActResNet, images: torch.Tensor) -> torch.Tensor:
    """Loss of a training step, backwards too."""
    loss = model.train()(images).square().mean()
    loss.backward()
    return loss.detach()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_gradients_and_statistics_are_those_of_the_plain_step(order: str, block: str) -> None:
    plain = build_model(20, num_findings=2, stem="small", base_width=8, block=block, order=order)
    randomise(plain)
    sparing = copy.deepcopy(plain)
    sparing.recompute_activations()
    images = draw_images((16, 16), batch=4)
    torch.testing.assert_close(step(sparing, images), step(plain, images), rtol=0, atol=0)
    for (name, one), other in zip(plain.named_parameters(), sparing.parameters(), strict=True):
        torch.testing.assert_close(
            other.grad, one.grad, rtol=1e-4, atol=1e-6, msg=lambda text, name=name: f"{name}: {text}"
        )
    for one, other in zip(plain.buffers(), sparing.buffers(), strict=True):
        torch.testing.assert_close(other, one, rtol=0, atol=0)


@pytest.mark.parametrize("parts", [{"squeeze_excitation": True}, {"blur_pool": True}, {"shortcut": "exclusive_gating"}])
def test_other_parts_of_a_unit_keep_what_they_need(parts: dict[str, object]) -> None:
    plain = build_model(20, num_findings=2, stem="small", base_width=8, **parts)
    randomise(plain)
    sparing = copy.deepcopy(plain)
    sparing.recompute_activations()
    images = draw_images((16, 16), batch=4)
    for model in (plain, sparing):
        step(model, images)
    for one, other in zip(plain.parameters(), sparing.parameters(), strict=True):
        torch.testing.assert_close(other.grad, one.grad, rtol=1e-4, atol=1e-6)


def test_in_bf16_the_gradients_are_those_of_the_plain_step() -> None:
    plain = build_model(20, num_findings=2, stem="small", base_width=8)
    randomise(plain)
    sparing = copy.deepcopy(plain)
    sparing.recompute_activations()
    images = draw_images((16, 16), batch=4)
    for model in (plain, sparing):
        with torch.autocast("cpu", torch.bfloat16):
            step(model, images)
    for one, other in zip(plain.parameters(), sparing.parameters(), strict=True):
        torch.testing.assert_close(other.grad, one.grad, rtol=0.05, atol=0.02)


def kept_bytes(model: PreActResNet, images: torch.Tensor) -> int:
    """What a forward pass allocates and keeps for the backward pass."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        logits = model.train()(images)
    assert logits.requires_grad
    return sum(event.self_cpu_memory_usage for event in recorded.key_averages())


def test_a_third_less_is_kept_between_forward_and_backward() -> None:
    model = build_model(50, num_findings=2, base_width=8)
    images = draw_images((64, 64), batch=2)
    plain = kept_bytes(model, images)
    model.recompute_activations()
    assert kept_bytes(model, images) < 0.7 * plain


def test_nothing_is_kept_after_the_step() -> None:
    model = build_model(20, num_findings=2, stem="small", base_width=8)
    model.recompute_activations()
    images = draw_images((16, 16), batch=2)
    features = model.train().stem(images)
    remembered = weakref.ref(features)
    model.forward_head(model.final(model.stages(features))).sum().backward()
    del features
    gc.disable()
    try:
        assert remembered() is None
    finally:
        gc.enable()


def test_evaluation_and_passes_without_gradient_are_as_without_it() -> None:
    model = randomise(build_model(20, num_findings=2, stem="small", base_width=8))
    images = draw_images((16, 16), batch=2)
    with torch.no_grad():
        expected = model(images)
        model.recompute_activations()
        torch.testing.assert_close(model(images), expected, rtol=0, atol=0)
