"""Maps have closed forms on a linear head; every image gets its own target; nothing stays behind."""

import copy
import gc
import subprocess
import sys
from typing import get_args

import cv2
import numpy as np
import pytest
import torch

import xray_resnet.torch_compat  # noqa: F401  before pytorch-grad-cam, which imports torchvision

# isort: split
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from tests.models.randomise import draw_images, randomise
from tests.models.variants import VARIANTS
from xray_resnet.explain.cam import compute_cam
from xray_resnet.explain.methods import TITLES, Cam
from xray_resnet.models import Architecture, PreActResNet, build_model

METHODS: tuple[Cam, ...] = get_args(Cam)
REAL = {
    "ResNet-50": Architecture(),
    "with facts": Architecture("basic", (1, 1), base_width=8, facts=("age",)),
    "of timm's weights": Architecture("bottleneck", (1, 1), base_width=8, ones_channel=True),
    **VARIANTS,
}
"""The network as it is trained, and small ones with every part of the tables among them."""


def make_network(architecture: Architecture) -> PreActResNet:
    """A network whose maps of `draw_images` average to 0, so that each speaks for its finding somewhere."""
    network = randomise(build_model(architecture, num_findings=3))
    assert isinstance(network, PreActResNet)
    with torch.no_grad():
        features = network.forward_features(draw_images((64, 96), channels=architecture.in_channels))
        mean = features.mean(dim=(0, 2, 3))
        network.head.weight -= torch.outer(network.head.weight @ mean, mean) / mean.square().sum()
    return network


@pytest.fixture(scope="module")
def model() -> PreActResNet:
    return make_network(Architecture.of_depth(18, base_width=8))


def scale(cells: np.ndarray) -> np.ndarray:
    """The positive part of (h, w), less its least, over its greatest."""
    positive = np.maximum(cells, 0)
    return (positive - positive.min()) / np.ptp(positive)


@pytest.mark.parametrize("method", ["exact", "gradcam", "hirescam"])
@pytest.mark.parametrize("architecture", REAL.values(), ids=REAL)
def test_gradients_give_the_positive_part_of_the_exact_map(architecture: Architecture, method: Cam) -> None:
    network = make_network(architecture)
    images = draw_images((64, 96), channels=architecture.in_channels)
    with torch.inference_mode():
        _, exact = network.forward_with_maps(images)
    found = compute_cam(network, images, [2, 1], method=method)
    for cells, maps, output in zip(found, exact.numpy(), (2, 1), strict=True):
        np.testing.assert_allclose(cells, scale(maps[output]), atol=2e-5)


def test_a_gradient_through_the_whole_network_gives_the_same_map(model: PreActResNet) -> None:
    """pytorch-grad-cam as everybody calls it, at the module `final`, which enlarges the map."""
    images = draw_images((64, 96))
    with GradCAM(model=(plain := copy.deepcopy(model)), target_layers=[plain.final]) as gradcam:
        expected = gradcam(images, targets=[ClassifierOutputTarget(1)] * 2)
    for cells, whole in zip(compute_cam(model, images, [1, 1]), expected, strict=True):
        enlarged = cv2.resize(np.maximum(cells, 0), (96, 64))
        np.testing.assert_allclose(enlarged / enlarged.max(), whole / whole.max(), atol=1e-4)


def test_layercam_counts_only_channels_that_speak_for_the_finding(model: PreActResNet) -> None:
    images = draw_images((64, 96))
    with torch.no_grad():
        features = model.forward_features(images)
        expected = torch.einsum("bchw,c->bhw", features, model.head.weight[1].relu()).numpy()
    found = compute_cam(model, images, [1, 1], method="layercam")
    np.testing.assert_allclose(found, [scale(cells) for cells in expected], atol=2e-5)


def test_gradcam_plus_plus_is_equation_19_with_the_librarys_epsilon(model: PreActResNet) -> None:
    images = draw_images((64, 96))
    with torch.no_grad():
        features = model.forward_features(images).double()
    cells = features[0, 0].numel()
    gradient = (model.head.weight[1].double() / cells)[None].detach()
    alpha = gradient**2 / (2 * gradient**2 + features.sum(dim=(2, 3)) * gradient**3 + 1e-6)
    expected = torch.einsum("bchw,bc->bhw", features, cells * alpha * gradient.relu()).numpy()
    found = compute_cam(model, images, [1, 1], method="gradcam++")
    np.testing.assert_allclose(found, [scale(cells) for cells in expected], atol=1e-4)


def test_eigencam_is_the_first_component_and_does_not_ask_the_head(model: PreActResNet) -> None:
    images = draw_images((64, 96))
    with torch.no_grad():
        features = model.forward_features(images).flatten(2).double()
    found = compute_cam(model, images, [0, 1], method="eigencam")
    for cells, channels in zip(found, features, strict=True):
        centred = (channels - channels.mean(dim=1, keepdim=True)).numpy()
        values, vectors = np.linalg.eigh(centred.T @ centred)
        component = (np.sqrt(values[-1]) * vectors[:, -1]).reshape(cells.shape)
        distances = [np.abs(cells - scale(sign * component)).max() for sign in (1, -1)]
        assert min(distances) < 1e-3, "a singular vector has no sign of its own"
    np.testing.assert_array_equal(compute_cam(model, images, [2, 0], method="eigencam"), found)


@pytest.mark.parametrize("method", METHODS)
def test_each_image_of_a_batch_has_its_own_target(model: PreActResNet, method: Cam) -> None:
    batch = draw_images((64, 96)).repeat(2, 1, 1, 1)
    together = compute_cam(model, batch, [0, 0, 1, 1], method=method)
    alone = [compute_cam(model, batch[[i]], [target], method=method)[0] for i, target in enumerate([0, 0, 1, 1])]
    np.testing.assert_allclose(together, np.stack(alone), atol=1e-4)
    asks_the_head = method != "eigencam"
    assert (np.abs(together[0] - together[2]).max() > 0.1) == asks_the_head


@pytest.mark.parametrize("method", METHODS)
def test_where_nothing_speaks_for_a_finding_the_map_is_zero(model: PreActResNet, method: Cam) -> None:
    against = copy.deepcopy(model)
    with torch.no_grad():
        against.head.weight.copy_(-against.head.weight.abs())
    found = compute_cam(against, draw_images((64, 96)), [0, 0], method=method)
    assert (found.max() > 0) == (method == "eigencam")


def test_frozen_weights_give_the_same_maps(model: PreActResNet) -> None:
    batch = draw_images((64, 64))
    frozen = copy.deepcopy(model).requires_grad_(False)
    np.testing.assert_array_equal(compute_cam(frozen, batch, [0, 1]), compute_cam(model, batch, [0, 1]))


def hooks(model: PreActResNet) -> list[object]:
    return [hook for module in model.modules() for hook in (*module._forward_hooks, *module._backward_hooks)]


@pytest.mark.parametrize("method", METHODS)
def test_no_hook_and_no_gradient_stays_behind(model: PreActResNet, method: Cam) -> None:
    compute_cam(model, draw_images((64, 64)), [0, 1], method=method)
    assert not hooks(model)
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("method", METHODS)
def test_an_error_inside_the_network_is_raised_and_leaves_nothing_behind(model: PreActResNet, method: Cam) -> None:
    broken = copy.deepcopy(model)
    broken.stages.register_forward_hook(lambda *_: [].pop())
    with pytest.raises(IndexError, match=r"pop from empty list"):
        compute_cam(broken, draw_images((64, 64)), [0, 1], method=method)
    assert len(hooks(broken)) == 1


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ([0], r"1 outputs for 2 images, expected one each"),
        ([0, 3], r"output 3 of a network with 3, expected 0 to 2"),
        ([-1, 0], r"output -1 of a network with 3"),
    ],
)
@pytest.mark.parametrize("method", ["exact", "gradcam"])
def test_outputs_that_do_not_fit_are_refused(model: PreActResNet, method: Cam, outputs: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        compute_cam(model, draw_images((64, 64)), outputs, method=method)


@pytest.mark.parametrize("method", ["exact", "gradcam", "eigencam"])
def test_memory_does_not_grow_from_call_to_call(model: PreActResNet, method: Cam) -> None:
    """Nothing waits for the collector of cycles, which may be late."""

    def living_tensors() -> int:
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    compute_cam(model, draw_images((64, 64)), [0, 1], method=method)
    gc.collect()
    gc.disable()
    try:
        before = living_tensors()
        for _ in range(3):
            compute_cam(model, draw_images((64, 64)), [0, 1], method=method)
        assert living_tensors() <= before
    finally:
        gc.enable()


def test_every_method_has_a_title() -> None:
    assert [*TITLES] == [*METHODS]


def test_the_names_need_no_torch() -> None:
    code = "import sys, xray_resnet.explain.methods; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
