"""A dilated stage is the strided one, looked at in between as well: the same weights, and finer maps."""

from dataclasses import replace
from typing import Any

import pytest
import torch

import xray_resnet.torch_compat  # noqa: F401  timm imports torchvision
from tests.models.randomise import draw_images, randomise
from xray_resnet.models import Architecture, PreActResNet, build_model, from_timm
from xray_resnet.models.pruning import remove_units

timm = pytest.importorskip("timm")


def dilate(model: PreActResNet, stages: int) -> PreActResNet:
    """The same weights with so many dilated stages."""
    architecture = replace(model.architecture, dilated_stages=stages)
    dilated = build_model(architecture, num_findings=model.head.out_features).eval()
    dilated.load_state_dict(model.state_dict())
    return dilated


@pytest.mark.parametrize("size", [(96, 64), (97, 131)])
@pytest.mark.parametrize(
    ("depth", "stages", "parts"),
    [
        (50, 1, {}),
        (50, 2, {"stride_on": "1x1"}),
        (18, 3, {}),
        (18, 1, {"order": "original"}),
        (18, 2, {"shape_change": "padding"}),
        (18, 2, {"shortcut": "1x1_convolution"}),
    ],
)
def test_every_other_cell_of_a_dilated_network_is_that_of_the_strided_one(
    depth: int, stages: int, parts: dict[str, Any], size: tuple[int, int]
) -> None:
    """The à-trous identity (Holschneider et al. 1989; Yu et al. 2017, Dilated Residual Networks, section 2)."""
    strided = randomise(build_model(depth, num_findings=2, base_width=4, **parts))
    assert isinstance(strided, PreActResNet)
    with torch.inference_mode():
        coarse = strided.forward_features(draw_images(size))
        dilated = dilate(strided, stages)
        fine = dilated.forward_features(draw_images(size))
    step = 2**stages
    torch.testing.assert_close(fine[..., ::step, ::step], coarse, rtol=1e-4, atol=1e-4)
    assert fine.shape[2:] == tuple(-(-side // dilated.architecture.stride) for side in size)


@pytest.mark.parametrize(("output_stride", "stages"), [(16, 1), (8, 2)])
def test_logits_equal_those_of_timms_dilated_network(output_stride: int, stages: int) -> None:
    reference = randomise(
        timm.create_model("resnetv2_50", in_chans=1, num_classes=3, output_stride=output_stride, stem_type="")
    )
    model = build_model(50, num_findings=3, dilated_stages=stages).eval()
    model.load_state_dict(from_timm(reference.state_dict()))
    with torch.inference_mode():
        torch.testing.assert_close(model(draw_images((96, 96))), reference(draw_images((96, 96))), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("architecture", "size", "stride"),
    [
        (Architecture(), 96, 32),
        (Architecture(dilated_stages=1), 96, 16),
        (Architecture(dilated_stages=2), 96, 8),
        (Architecture("basic", (1, 1, 1), stem="small"), 64, 4),
        (Architecture("basic", (1, 1, 1), stem="small", dilated_stages=2), 64, 1),
    ],
)
def test_the_stride_is_that_of_the_maps(architecture: Architecture, size: int, stride: int) -> None:
    assert architecture.stride == stride
    model = build_model(replace(architecture, base_width=4), num_findings=1).eval()
    with torch.inference_mode():
        assert model.forward_features(draw_images((size, size))).shape[-1] == size // stride


@pytest.mark.parametrize("stages", [4, 5])
def test_the_first_stage_cannot_be_dilated(stages: int) -> None:
    with pytest.raises(ValueError, match=rf"dilated_stages is {stages}, expected at most 3: the first stage never"):
        Architecture(dilated_stages=stages)


def test_units_are_removed_from_a_dilated_network_as_from_any() -> None:
    parts = {"gate": "strict_identity", "epsilon": 1e9, "stem": "small", "base_width": 4}
    silent = randomise(build_model(Architecture("basic", (2, 2), dilated_stages=1, **parts), num_findings=1))
    assert isinstance(silent, PreActResNet)
    pruned = remove_units(silent, [2, 4])
    assert pruned.architecture.dilated_stages == 1
    torch.testing.assert_close(pruned(draw_images((16, 16))), silent(draw_images((16, 16))), rtol=0, atol=0)
