"""Precisions by name."""

from typing import Literal

Precision = Literal["fp32", "bf16"]
"""What a network computes in."""
RequestedPrecision = Literal["auto", "fp32", "bf16"]
"""What may be asked for; auto takes bf16 only where the processor computes in it."""
RequestedOfOpenVino = Literal["auto", "fp32"]
"""What OpenVINO may be asked for; auto leaves it to OpenVINO, which takes bf16 on AMX."""
