"""Where torch computes, and in which precision; both are part of every result."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from xray_resnet.errors import ConfigurationError
from xray_resnet.precision import Precision, RequestedPrecision
from xray_resnet.processor import bf16_pays, name_instruction_set

_DEVICES = {"gpu": "cuda"}
_FAST = ("AVX-512", "AMX")


@dataclass(frozen=True)
class Engine:
    """A device and a precision.

    Attributes:
        device: torch's name of the device.
        precision: fp32 or bf16.
    """

    device: str
    precision: Precision

    @property
    def instruction_set(self) -> str:
        """What the device computes in: AVX2, AVX-512, AMX, CUDA, …"""
        return name_instruction_set() if self.device == "cpu" else self.device.upper()

    def autocast(self) -> AbstractContextManager[object]:
        """Computes in the engine's precision."""
        return torch.autocast(self.device, torch.bfloat16, enabled=self.precision == "bf16")

    def describe(self) -> str:
        """The engine in words, such as `torch 2.13.0 on cpu`."""
        return f"torch {torch.__version__} on {self.device}"

    def explain_slowness(self) -> str | None:
        """Why computing is slow here and what helps; None if it is not."""
        has = self.instruction_set
        if self.device != "cpu" or self.precision == "bf16" or has in _FAST:
            return None
        return (
            f"the processor has {has}, neither AVX-512 nor AMX, and computes in fp32: expect several times the time of "
            "a newer one; model.base_width, model.image_size and train.smaller_first trade quality for time"
        )


def choose_engine(precision: RequestedPrecision, *, accelerator: str = "auto") -> Engine:
    """The device of an accelerator and its precision; `auto` takes bf16 only where the processor computes in it.

    Args:
        precision: What is asked for.
        accelerator: Lightning's name: auto takes the GPU if there is one, else the CPU.

    Raises:
        ConfigurationError: if a GPU is asked for and torch sees none.
    """
    has_gpu = torch.cuda.is_available()
    device = ("cuda" if has_gpu else "cpu") if accelerator == "auto" else _DEVICES.get(accelerator, accelerator)
    if device == "cuda" and not has_gpu:
        raise ConfigurationError(f"train.accelerator is {accelerator}, but torch sees no GPU; take auto or cpu")
    if precision == "auto":
        precision = "bf16" if computes_in_bf16(device) else "fp32"
    return Engine(device, precision)


def computes_in_bf16(device: str) -> bool:
    """Whether `device` multiplies in bf16 and is faster for it; elsewhere it is emulated, or slower than fp32.

    Args:
        device: torch's name: "cpu" needs AMX, or AVX-512 with BF16 where that pays (`processor.bf16_pays`); "cuda"
            tensor cores of Ampere or later.
    """
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    has_instructions = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return device == "cpu" and bool(has_instructions) and bf16_pays()
