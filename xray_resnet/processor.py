"""The instruction set of the processor by its usual name: part of every figure, for speed and rounding follow from it.

oneDNN, which computes for torch and OpenVINO, can be held to less than the processor has (`ONEDNN_MAX_CPU_ISA`, see
"CPU Dispatcher Control" in its documentation); what is held back does not count here either.
"""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
_VARIABLES = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
_NAMES = {"amx_tile": "AMX", "avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX", "sse4_1": "SSE4.1", "asimd": "NEON"}
"""Flag of the kernel (arch/x86/include/asm/cpufeatures.h, arm64's hwcap) → name, the best first."""
_LIMITS = {
    "SSE41": "SSE4.1",
    "AVX": "AVX",
    "AVX2": "AVX2",
    "AVX2_VNNI": "AVX2",
    "AVX2_VNNI_2": "AVX2",
    "AVX512_CORE": "AVX-512",
    "AVX512_CORE_VNNI": "AVX-512",
    "AVX512_CORE_BF16": "AVX-512",
    "AVX512_CORE_FP16": "AVX-512",
    "AVX10_1_512": "AVX-512",
}
"""oneDNN's limit → the best instruction set that it leaves; others leave all."""
_LIMITS_WITH_BF16 = {"AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX10_1_512"}


def name_instruction_set(*, cpu_info: Path = CPU_INFO, environment: Mapping[str, str] = os.environ) -> str:
    """The best instruction set that is computed in: AMX, AVX-512, AVX2, …; the architecture if the system is silent.

    Args:
        cpu_info: Linux's description of the processor.
        environment: May hold oneDNN's limit.
    """
    flags = _read_words(cpu_info, "flags", "Features")
    names = [name for flag, name in _NAMES.items() if flag in flags]
    limit = _LIMITS.get(_read_limit(environment))
    if limit in names:
        names = names[names.index(limit) :]
    return names[0] if names else platform.machine()


def bf16_pays(*, cpu_info: Path = CPU_INFO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a processor with instructions for bf16 is faster in it than in fp32, as far as is known.

    It is not where oneDNN's limit leaves no such instructions, nor in the AVX-512 of Intel, where a training step of a
    ResNet-50 takes 1.2 to 1.4 × and a prediction 1.8 × the time of fp32 (`docs/training.md`, Precision). Unknown
    processors are trusted.

    Args:
        cpu_info: Linux's description of the processor.
        environment: May hold oneDNN's limit.
    """
    limit = _read_limit(environment)
    if limit in _LIMITS and limit not in _LIMITS_WITH_BF16:
        return False
    is_intel = "GenuineIntel" in _read_words(cpu_info, "vendor_id")
    return not is_intel or name_instruction_set(cpu_info=cpu_info, environment=environment) == "AMX"


def _read_limit(environment: Mapping[str, str]) -> str:
    return next((environment[name].upper() for name in _VARIABLES if environment.get(name)), "")


def _read_words(cpu_info: Path, *names: str) -> set[str]:
    """The words beside the first of these names; none where the system does not list them."""
    lines = cpu_info.read_text(encoding="utf-8", errors="replace").splitlines() if cpu_info.is_file() else []
    listed = [line.partition(":")[2] for line in lines if line.startswith(names)]
    return set(listed[0].split()) if listed else set()
