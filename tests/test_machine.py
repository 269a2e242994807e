"""Processors and memory by control groups, described in folders that look like a machine's `/proc` and `/sys`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.control_groups import memory_group
from xray_resnet.machine import available_cpus, available_memory_bytes, cpus_under_quota

V2_MOUNT = "31 23 0:26 {mounted} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
V1_MOUNTS = (
    "32 31 0:29 {mounted} /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 {mounted} /sys/fs/cgroup/memory rw,nosuid master:9 - cgroup cgroup rw,memory\n"
)
MIB = 1 << 20


@pytest.fixture(autouse=True)
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))


def describe(root: Path, files: Mapping[str, str], *, groups: str, mounts: str, mounted: str = "/") -> Path:
    """A machine: the groups of this process, the hierarchies that are mounted, and the files in them."""
    every = {"proc/self/cgroup": groups, "proc/self/mountinfo": mounts.format(mounted=mounted), **files}
    for name, text in every.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def describe_v2(root: Path, files: Mapping[str, str], *, group: str = "/") -> Path:
    return describe(
        root, {f"sys/fs/cgroup/{name}": text for name, text in files.items()}, groups=f"0::{group}\n", mounts=V2_MOUNT
    )


def describe_v1(root: Path, files: Mapping[str, str], *, group: str = "/", mounted: str = "/") -> Path:
    groups = f"4:memory:{group}\n1:cpu,cpuacct:{group}\n0::/\n"
    below = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    return describe(root, below, groups=groups, mounts=V1_MOUNTS, mounted=mounted)


@pytest.mark.parametrize(
    ("quota", "cpus"),
    [("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1), ("max 100000", 16), ("6400000 100000", 16)],
)
def test_processors_follow_the_quota_of_version_2(tmp_path: Path, quota: str, cpus: int) -> None:
    """cpu.max: microseconds of each period (kernel, admin-guide/cgroup-v2)."""
    assert available_cpus(root=describe_v2(tmp_path, {"cpu.max": f"{quota}\n"})) == cpus


@pytest.mark.parametrize(("quota", "period", "cpus"), [(200_000, 100_000, 2), (30_000, 20_000, 2), (-1, 100_000, 16)])
def test_processors_follow_the_quota_of_version_1(tmp_path: Path, quota: int, period: int, cpus: int) -> None:
    files = {"cpu,cpuacct/cpu.cfs_quota_us": f"{quota}\n", "cpu,cpuacct/cpu.cfs_period_us": f"{period}\n"}
    assert available_cpus(root=describe_v1(tmp_path, files)) == cpus


def test_threads_are_told_only_of_a_quota_that_is_tighter_than_the_affinity(tmp_path: Path) -> None:
    assert cpus_under_quota(root=describe_v2(tmp_path, {"cpu.max": "200000 100000"})) == 2
    assert cpus_under_quota(root=describe_v2(tmp_path, {"cpu.max": "1600000 100000"})) is None


def test_affinity_counts_where_it_is_less_than_the_quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert available_cpus(root=describe_v2(tmp_path, {"cpu.max": "400000 100000"})) == 1


def test_the_tightest_of_nested_groups_counts(tmp_path: Path) -> None:
    files = {
        "cpu.max": "max 100000",
        "pod/cpu.max": "300000 100000",
        "pod/one/cpu.max": "800000 100000",
        "pod/memory.max": f"{600 * MIB}",
        "pod/memory.current": f"{200 * MIB}",
        "pod/one/memory.max": f"{1000 * MIB}",
        "pod/one/memory.current": f"{100 * MIB}",
        "pod/two/cpu.max": "100000 100000",
    }
    root = describe_v2(tmp_path, files, group="/pod/one")
    assert (available_cpus(root=root), available_memory_bytes(root=root)) == (3, 400 * MIB)


def test_files_that_the_kernel_can_drop_are_no_use_of_memory(tmp_path: Path) -> None:
    files = {
        "memory.max": f"{1024 * MIB}",
        "memory.high": "max",
        "memory.current": f"{900 * MIB}",
        "memory.stat": f"anon {400 * MIB}\nfile {500 * MIB}\ninactive_file {300 * MIB}\nactive_file {150 * MIB}\n",
    }
    assert available_memory_bytes(root=describe_v2(tmp_path, files)) == (1024 - 900 + 300 + 150) * MIB


def test_the_limit_at_which_the_kernel_slows_down_counts(tmp_path: Path) -> None:
    files = {"memory.max": f"{1024 * MIB}", "memory.high": f"{512 * MIB}", "memory.current": f"{12 * MIB}"}
    assert available_memory_bytes(root=describe_v2(tmp_path, files)) == 500 * MIB


def test_memory_of_version_1_is_the_limit_without_what_is_in_use(tmp_path: Path) -> None:
    files = {
        "memory/memory.limit_in_bytes": f"{1024 * MIB}",
        "memory/memory.usage_in_bytes": f"{900 * MIB}",
        "memory/memory.stat": f"inactive_file 1\ntotal_inactive_file {300 * MIB}\ntotal_active_file {150 * MIB}\n",
    }
    assert available_memory_bytes(root=describe_v1(tmp_path, files)) == (1024 - 900 + 300 + 150) * MIB


def test_a_group_without_a_limit_leaves_what_the_system_has(tmp_path: Path) -> None:
    root = describe_v1(tmp_path, {"memory/memory.limit_in_bytes": "9223372036854771712"})
    (root / "proc/meminfo").write_text("MemTotal:       24684084 kB\nMemAvailable:   2048 kB\n")
    assert available_memory_bytes(root=root) == 2 * MIB


def test_the_group_of_a_container_is_found_where_the_container_sees_it(tmp_path: Path) -> None:
    """Docker with version 1 mounts its group as the top, but names it by the host's path."""
    files = {"cpu,cpuacct/cpu.cfs_quota_us": "200000", "cpu,cpuacct/cpu.cfs_period_us": "100000"}
    assert available_cpus(root=describe_v1(tmp_path, files, group="/docker/1f", mounted="/docker/1f")) == 2


def test_a_group_that_cannot_be_seen_counts_as_the_top(tmp_path: Path) -> None:
    """A process that joined a container from outside: its path leads out of what is mounted."""
    assert available_cpus(root=describe_v2(tmp_path, {"cpu.max": "200000 100000"}, group="/../../other")) == 2


def test_a_machine_without_control_groups_has_its_cores_and_says_nothing_of_memory(tmp_path: Path) -> None:
    assert (available_cpus(root=tmp_path), available_memory_bytes(root=tmp_path)) == (16, None)


SCRIPT = """
from xray_resnet.machine import available_cpus, available_memory_bytes
print(available_cpus(), available_memory_bytes() >> 20)
"""


def test_the_kernels_own_groups_are_read() -> None:
    with memory_group(512 * MIB, cpus=1) as run:
        cpus, mib = run([sys.executable, "-c", SCRIPT]).stdout.split()
    assert cpus == "1"
    assert 0 < int(mib) < 512
