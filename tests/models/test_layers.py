"""The blur keeps what is coarse and takes what would alias; squeeze-and-excitation weighs channels."""

import pytest
import torch
from torch import nn

import xray_resnet.torch_compat  # noqa: F401  timm imports torchvision
from tests.models.randomise import draw_images, randomise
from xray_resnet.models import build_model
from xray_resnet.models.layers import BlurPool, SqueezeExcitation

timm_layers = pytest.importorskip("timm.layers")


@pytest.mark.parametrize("size", [(8, 8), (7, 10)])
def test_the_blur_equals_timms(size: tuple[int, int]) -> None:
    x = draw_images(size, channels=3)
    torch.testing.assert_close(BlurPool(2)(x), timm_layers.BlurPool2d(3, filt_size=3, stride=2)(x))


def test_the_blur_keeps_a_constant_and_takes_the_finest_pattern() -> None:
    checkerboard = (torch.arange(8)[:, None] + torch.arange(8) % 2).remainder(2).float()[None, None] * 2 - 1
    torch.testing.assert_close(BlurPool(2)(torch.ones(1, 1, 8, 8)), torch.ones(1, 1, 4, 4))
    torch.testing.assert_close(BlurPool(2)(checkerboard), torch.zeros(1, 1, 4, 4))


@pytest.mark.parametrize(("depth", "stride_on"), [(18, "3x3"), (50, "3x3"), (50, "1x1")])
def test_with_blur_nothing_else_strides_but_the_stems_convolution(depth: int, stride_on: str) -> None:
    """The first convolution is left as it is, for its cost."""
    model = build_model(depth, base_width=8, blur_pool=True, stride_on=stride_on)
    strided = [name for name, layer in model.named_modules() if getattr(layer, "stride", 1) in (2, (2, 2))]
    assert strided == [name for name in strided if "blur" in name.lower() or name.startswith("stem.")]
    assert isinstance(model.stem[1], nn.MaxPool2d)
    assert model.stem[1].stride == 1
    assert model.eval().forward_features(draw_images((64, 64))).shape[2:] == (2, 2)


def test_channels_are_weighed_by_what_all_are_on_average() -> None:
    """Hu et al. 2018, equations 2 to 4."""
    layer = randomise(SqueezeExcitation(32))
    x = draw_images((4, 5), channels=32)
    first, second = layer.excite[0], layer.excite[2]
    assert first.weight.shape == (2, 32)
    z = x.mean(dim=(2, 3))
    s = torch.sigmoid((z @ first.weight.T + first.bias).clamp(min=0) @ second.weight.T + second.bias)
    torch.testing.assert_close(layer(x), torch.einsum("bchw,bc->bchw", x, s))


def test_squeeze_and_excitation_ends_every_branch() -> None:
    model = build_model(20, stem="small", squeeze_excitation=True)
    assert all(isinstance(unit.branch[-1], SqueezeExcitation) for stage in model.stages for unit in stage)
