"""Grad-CAM on a linear head has a closed form; every image gets its own target; no hook stays behind."""

import copy
import gc

import numpy as np
import pytest
import torch

from tests.models.randomise import draw_images, randomise
from xray_resnet.explain.gradcam import compute_gradcam
from xray_resnet.explain.overlay import normalise_map
from xray_resnet.models import PreActResNet, build_model


@pytest.fixture(scope="module")
def model() -> PreActResNet:
    network = randomise(build_model(18, num_findings=3, base_width=8))
    assert isinstance(network, PreActResNet)
    return network


def test_gradcam_is_the_positive_part_of_the_exact_map(model: PreActResNet) -> None:
    batch = draw_images((64, 96))
    with torch.inference_mode():
        _, exact = model.forward_with_maps(batch)
    found = compute_gradcam(model, batch, [2, 2])
    for heat, maps in zip(found, exact.numpy(), strict=True):
        positive = np.maximum(maps[2], 0)
        reference = normalise_map((positive - positive.min()) / np.ptp(positive), size=(64, 96))
        np.testing.assert_allclose(heat, reference, atol=1e-3)


def test_each_image_of_a_batch_has_its_own_target(model: PreActResNet) -> None:
    batch = draw_images((64, 64)).repeat(2, 1, 1, 1)
    together = compute_gradcam(model, batch, [0, 0, 1, 1])
    alone = [compute_gradcam(model, batch[[i]], [target])[0] for i, target in enumerate([0, 0, 1, 1])]
    np.testing.assert_allclose(together, np.stack(alone), atol=1e-4)
    assert np.abs(together[0] - together[2]).max() > 0.1


def test_frozen_weights_give_the_same_maps(model: PreActResNet) -> None:
    batch = draw_images((64, 64))
    expected = compute_gradcam(model, batch, [0, 1])
    frozen = copy.deepcopy(model).requires_grad_(False)
    np.testing.assert_array_equal(compute_gradcam(frozen, batch, [0, 1]), expected)


def test_no_hook_and_no_gradient_stays_behind(model: PreActResNet) -> None:
    compute_gradcam(model, draw_images((64, 64)), [0, 1])
    assert not model.final._forward_hooks
    assert all(parameter.grad is None for parameter in model.parameters())


def test_as_many_outputs_as_images_are_needed(model: PreActResNet) -> None:
    with pytest.raises(ValueError, match="1 outputs for 2 images"):
        compute_gradcam(model, draw_images((64, 64)), [0])


def test_memory_does_not_grow_from_call_to_call(model: PreActResNet) -> None:
    def living_tensors() -> int:
        gc.collect()
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    compute_gradcam(model, draw_images((64, 64)), [0, 1])
    before = living_tensors()
    for _ in range(3):
        compute_gradcam(model, draw_images((64, 64)), [0, 1])
    assert living_tensors() <= before
