"""Where the network computes, and in which precision; both are part of every result."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

import torch

from xray_resnet.precision import computes_in_bf16

RequestedPrecision = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True)
class Engine:
    """A device and a precision.

    Attributes:
        device: torch's name of the device.
        precision: fp32 or bf16.
    """

    device: str
    precision: Literal["fp32", "bf16"]

    def autocast(self) -> AbstractContextManager[object]:
        """Computes in the engine's precision."""
        return torch.autocast(self.device, torch.bfloat16, enabled=self.precision == "bf16")

    def describe(self) -> str:
        """The engine in words, such as `torch 2.13.0 on cpu`."""
        return f"torch {torch.__version__} on {self.device}"


def choose_engine(precision: RequestedPrecision) -> Engine:
    """The accelerator where there is one; `auto` takes bf16 only where the processor computes in it."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if precision == "auto":
        return Engine(device, "bf16" if computes_in_bf16(device) else "fp32")
    return Engine(device, precision)
