"""Where bf16 is computed, not emulated."""

import torch


def computes_in_bf16(device: str) -> bool:
    """Whether `device` multiplies in bf16; elsewhere it is emulated, and slower than fp32.

    Args:
        device: torch's name: "cpu" needs AMX or AVX-512 with BF16, "cuda" tensor cores of Ampere or later.
    """
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device == "cpu" and bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
