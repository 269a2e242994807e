"""The instruction set's name from the kernel's flags and oneDNN's limit."""

import platform
from pathlib import Path

import pytest

from xray_resnet.processor import bf16_pays, name_instruction_set

HASWELL = "fpu sse4_1 avx avx2 fma"
SKYLAKE = f"{HASWELL} avx512f avx512dq"
SAPPHIRE_RAPIDS = f"{SKYLAKE} avx512_bf16 amx_bf16 amx_tile amx_int8"
LIMITS = {"AVX2": "AVX2", "avx2_vnni": "AVX2", "AVX512_CORE_BF16": "AVX-512", "AVX512_CORE_AMX": "AMX", "ALL": "AMX"}


def name(flags: str, folder: Path, **environment: str) -> str:
    cpu_info = folder / "cpuinfo"
    cpu_info.write_text(f"processor\t: 0\nmodel name\t: Made up\nflags\t\t: {flags}\n\nprocessor\t: 1\n")
    return name_instruction_set(cpu_info=cpu_info, environment=environment)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu sse4_1", "SSE4.1"), (HASWELL, "AVX2"), (SKYLAKE, "AVX-512"), (SAPPHIRE_RAPIDS, "AMX")],
)
def test_the_best_instruction_set_is_named(flags: str, expected: str, tmp_path: Path) -> None:
    assert name(flags, tmp_path) == expected


@pytest.mark.parametrize(("limit", "expected"), LIMITS.items())
def test_what_onednn_is_held_from_does_not_count(limit: str, expected: str, tmp_path: Path) -> None:
    assert name(SAPPHIRE_RAPIDS, tmp_path, ONEDNN_MAX_CPU_ISA=limit) == expected
    assert name(SAPPHIRE_RAPIDS, tmp_path, DNNL_MAX_CPU_ISA=limit) == expected


def test_a_limit_above_the_processor_changes_nothing(tmp_path: Path) -> None:
    assert name(HASWELL, tmp_path, ONEDNN_MAX_CPU_ISA="AVX512_CORE") == "AVX2"


def test_arm_is_named_too(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("Features\t: fp asimd evtstrm\n")
    assert name_instruction_set(cpu_info=tmp_path / "cpuinfo", environment={}) == "NEON"


def test_where_the_system_is_silent_the_architecture_is_named(tmp_path: Path) -> None:
    assert name_instruction_set(cpu_info=tmp_path / "none", environment={}) == platform.machine()


@pytest.mark.parametrize(
    ("limit", "pays"), [("", True), ("AVX2", False), ("AVX512_CORE", False), ("AVX512_CORE_FP16", True), ("ALL", True)]
)
def test_bf16_needs_a_limit_that_leaves_its_instructions(limit: str, pays: bool, tmp_path: Path) -> None:
    assert bf16_pays(cpu_info=tmp_path / "none", environment={"ONEDNN_MAX_CPU_ISA": limit}) == pays


@pytest.mark.parametrize(
    ("vendor", "flags", "limit", "pays"),
    [
        ("GenuineIntel", SAPPHIRE_RAPIDS, "", True),
        ("GenuineIntel", SAPPHIRE_RAPIDS, "AVX512_CORE_BF16", False),
        ("GenuineIntel", f"{SKYLAKE} avx512_bf16", "", False),
        ("AuthenticAMD", f"{SKYLAKE} avx512_bf16", "", True),
    ],
)
def test_bf16_pays_on_intel_only_in_the_matrix_unit(
    vendor: str, flags: str, limit: str, pays: bool, tmp_path: Path
) -> None:
    cpu_info = tmp_path / "cpuinfo"
    cpu_info.write_text(f"processor\t: 0\nvendor_id\t: {vendor}\nflags\t\t: {flags}\n")
    assert bf16_pays(cpu_info=cpu_info, environment={"ONEDNN_MAX_CPU_ISA": limit}) == pays
