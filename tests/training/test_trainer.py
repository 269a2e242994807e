"""Where training computes, and in which precision."""

import pytest
import torch

from xray_resnet.config import TrainConfig
from xray_resnet.precision import computes_in_bf16
from xray_resnet.training.trainer import resolve_device, resolve_precision

HERE = "cuda" if torch.cuda.is_available() else "cpu"


@pytest.mark.parametrize(("accelerator", "device"), [("auto", HERE), ("cpu", "cpu"), ("gpu", "cuda"), ("cuda", "cuda")])
def test_an_accelerator_names_its_device(accelerator: str, device: str) -> None:
    assert resolve_device(accelerator) == device


def test_auto_is_bf16_exactly_where_the_processor_computes_in_it() -> None:
    expected = "bf16-mixed" if computes_in_bf16(HERE) else "32-true"
    assert resolve_precision(TrainConfig(precision="auto", accelerator="auto")) == expected


def test_a_processor_with_amx_tiles_computes_in_bf16() -> None:
    assert computes_in_bf16("cpu") == torch.cpu._is_amx_tile_supported()


@pytest.mark.parametrize(("wanted", "lightning"), [("fp32", "32-true"), ("bf16", "bf16-mixed")])
def test_a_stated_precision_is_taken(wanted: str, lightning: str) -> None:
    assert resolve_precision(TrainConfig(precision=wanted)) == lightning
