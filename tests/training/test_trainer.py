"""The precision that a training takes."""

from pathlib import Path

import pytest
import torch

from xray_resnet.config import TrainConfig
from xray_resnet.precision import computes_in_bf16
from xray_resnet.training.trainer import resolve_precision

CPU_INFO = Path("/proc/cpuinfo")


@pytest.mark.skipif(not CPU_INFO.is_file(), reason="the processor's flags are read from /proc/cpuinfo")
def test_a_processor_computes_in_bf16_where_it_has_the_instructions() -> None:
    flags = set(CPU_INFO.read_text().split())
    assert computes_in_bf16("cpu") == bool(flags & {"amx_tile", "avx512_bf16"})


@pytest.mark.skipif(torch.cuda.is_available(), reason="auto takes the GPU where there is one")
@pytest.mark.parametrize("accelerator", ["auto", "cpu"])
def test_auto_takes_bf16_where_the_processor_computes_in_it(accelerator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for computes, precision in ((True, "bf16-mixed"), (False, "32-true")):
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda computes=computes: computes)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        assert resolve_precision(TrainConfig(accelerator=accelerator)) == precision


@pytest.mark.parametrize(("asked", "given"), [("fp32", "32-true"), ("bf16", "bf16-mixed")])
def test_a_stated_precision_is_taken(asked: str, given: str) -> None:
    assert resolve_precision(TrainConfig(precision=asked)) == given


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_auto_asks_the_gpu_where_there_is_one() -> None:
    expected = "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "32-true"
    assert resolve_precision(TrainConfig()) == expected
