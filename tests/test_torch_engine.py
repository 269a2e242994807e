"""Where torch computes and in which precision, for training and evaluation alike."""

from functools import partial
from pathlib import Path

import pytest
import torch

from xray_resnet import torch_engine
from xray_resnet.errors import ConfigurationError
from xray_resnet.precision import Precision
from xray_resnet.processor import bf16_pays
from xray_resnet.torch_engine import Engine, choose_engine, computes_in_bf16

CPU_INFO = Path("/proc/cpuinfo")


@pytest.fixture(autouse=True)
def without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.skipif(not CPU_INFO.is_file(), reason="the processor's flags are read from /proc/cpuinfo")
def test_a_processor_computes_in_bf16_if_it_has_the_instructions_and_they_pay() -> None:
    flags = set(CPU_INFO.read_text().split())
    assert computes_in_bf16("cpu") == (bool(flags & {"amx_tile", "avx512_bf16"}) and bf16_pays())


@pytest.mark.skipif(torch.cuda.is_available(), reason="auto takes the GPU if there is one")
@pytest.mark.parametrize("accelerator", ["auto", "cpu"])
def test_auto_takes_bf16_if_the_processor_computes_in_it(accelerator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_engine, "bf16_pays", lambda: True)
    for computes, precision in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda computes=computes: computes)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        assert choose_engine("auto", accelerator=accelerator) == Engine("cpu", precision)


@pytest.mark.parametrize(("limit", "computes"), [("AVX2", False), ("AVX512_CORE", False), ("AVX512_CORE_BF16", True)])
def test_bf16_is_not_taken_where_onednn_is_held_to_less(
    limit: str, computes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr(torch_engine, "bf16_pays", partial(bf16_pays, cpu_info=Path("none")))
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert computes_in_bf16("cpu") == computes


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_stated_precision_is_taken(precision: Precision) -> None:
    assert choose_engine(precision).precision == precision


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("accelerator", ["gpu", "cuda"])
def test_a_gpu_that_is_not_there_is_told_at_once(accelerator: str) -> None:
    with pytest.raises(ConfigurationError, match=f"train.accelerator is {accelerator}, but torch sees no GPU"):
        choose_engine("auto", accelerator=accelerator)


@pytest.mark.parametrize(
    ("instruction_set", "engine", "is_slow"),
    [
        ("AVX2", Engine("cpu", "fp32"), True),
        ("AVX-512", Engine("cpu", "fp32"), False),
        ("AMX", Engine("cpu", "bf16"), False),
        ("AVX2", Engine("cuda", "fp32"), False),
    ],
)
def test_a_slow_processor_is_explained(
    instruction_set: str, engine: Engine, is_slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_engine, "name_instruction_set", lambda: instruction_set)
    explanation = engine.explain_slowness()
    assert (explanation is not None) == is_slow
    assert explanation is None or "the processor has AVX2, neither AVX-512 nor AMX" in explanation


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_auto_asks_the_gpu_if_there_is_one() -> None:
    expected = "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    assert choose_engine("auto").precision == expected
    assert choose_engine("auto").instruction_set == "CUDA"
