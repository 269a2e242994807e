"""What this process may use of the machine: processors and memory, by control groups (v1 and v2), affinity and system.

A container sees all cores and all memory of its host; how much of them it gets stands in its control groups. Groups are
nested, and the tightest on the way up counts. All files are read below a given root, so that tests describe machines.
"""

import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

_MAX = "max"
_V2 = "cgroup2"


def available_cpus(*, root: Path = Path("/")) -> int:
    """Processors that this process may use at once: the least of its affinity and its CPU quotas, at least 1.

    A part of a processor counts as a whole one, as in Java's virtual machine: 1.5 processors feed two threads.

    Args:
        root: The folder that holds `proc` and `sys`.
    """
    quotas = _read_levels("cpu", {_V2: _read_quota_v2, "cgroup": _read_quota_v1}, root)
    return max(1, min([_count_cores(), *map(math.ceil, quotas)]))


def cpus_under_quota(*, root: Path = Path("/")) -> int | None:
    """Processors of a CPU quota that is tighter than the affinity, else None.

    Libraries that compute in threads know the affinity and choose well for it, but start too many under a quota.
    """
    cpus = available_cpus(root=root)
    return cpus if cpus < _count_cores() else None


def available_memory_bytes(*, root: Path = Path("/")) -> int | None:
    """Bytes that this process may still take; None if the system does not say.

    The least of what the system has left (MemAvailable) and what each control group leaves of its limit. Files that the
    kernel keeps in memory and can drop do not count as use.

    Args:
        root: The folder that holds `proc` and `sys`.
    """
    left = _read_levels("memory", {_V2: _read_memory_v2, "cgroup": _read_memory_v1}, root)
    system = _read_table(root / "proc/meminfo").get("MemAvailable:")
    if system is not None:
        left.append(system << 10)
    return max(0, int(min(left))) if left else None


def _count_cores() -> int:
    """Cores that the system lets this process run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_levels(controller: str, readers: dict[str, Callable[[Path], float | None]], root: Path) -> list[float]:
    """What the groups of this process, and those that they are nested in, say of a controller."""
    levels = [(kind, level) for kind, group in _find_groups(controller, root) for level in group]
    return [value for kind, level in levels if (value := readers[kind](level)) is not None]


def _find_groups(controller: str, root: Path) -> Iterator[tuple[str, list[Path]]]:
    """The kind of each hierarchy that has the controller, and the folders from this process's group up to its top."""
    paths = _read_group_paths(root)
    for line in _read_text(root / "proc/self/mountinfo").splitlines():
        fields, kind, options = _split_mount(line)
        name = "" if kind == _V2 else controller
        if kind == _V2 or (kind == "cgroup" and controller in options):
            mounted, mount = PurePosixPath(fields[3]), root / fields[4].lstrip("/")
            relative = _make_relative(paths.get(name, mounted), mounted)
            yield kind, [mount / path for path in (relative, *relative.parents)]


def _read_group_paths(root: Path) -> dict[str, PurePosixPath]:
    """Controller → the group of this process, from lines such as `4:cpu,cpuacct:/docker/1f…`; v2 has no name."""
    lines = [line.split(":", 2) for line in _read_text(root / "proc/self/cgroup").splitlines() if line.count(":") > 1]
    return {name: PurePosixPath(path) for _, names, path in lines for name in names.split(",")}


def _split_mount(line: str) -> tuple[list[str], str, list[str]]:
    """The first fields of a line of proc(5)'s mountinfo, the file system's kind, and its options.

    A space in a path stands there as an octal code.
    """
    before, _, behind = line.partition(" - ")
    fields = [re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), field) for field in before.split(" ")]
    kind, _, options = (*behind.split(" ", 2), "", "")[:3]
    return fields, kind, options.split(",")


def _make_relative(group: PurePosixPath, mounted: PurePosixPath) -> PurePosixPath:
    """The group's path below the mount; its top where the mount shows another part, as in some containers."""
    is_below = group.is_relative_to(mounted) and ".." not in group.parts
    return group.relative_to(mounted) if is_below else PurePosixPath()


def _read_quota_v2(group: Path) -> float | None:
    """Processors of `cpu.max`, such as `150000 100000`: microseconds of each period."""
    quota, _, period = _read_text(group / "cpu.max").strip().partition(" ")
    return int(quota) / int(period) if period and quota != _MAX else None


def _read_quota_v1(group: Path) -> float | None:
    quota, period = _read_number(group / "cpu.cfs_quota_us"), _read_number(group / "cpu.cfs_period_us")
    return quota / period if quota is not None and period and quota > 0 else None


def _read_memory_v2(group: Path) -> float | None:
    """What is left below the hard limit, and below the one at which the kernel slows the group down."""
    limits = [_read_number(group / name) for name in ("memory.max", "memory.high")]
    return _subtract_use(limits, group / "memory.current", group, ("inactive_file", "active_file"))


def _read_memory_v1(group: Path) -> float | None:
    limit = _read_number(group / "memory.limit_in_bytes")
    return _subtract_use([limit], group / "memory.usage_in_bytes", group, ("total_inactive_file", "total_active_file"))


def _subtract_use(limits: list[int | None], usage: Path, group: Path, droppable: tuple[str, ...]) -> float | None:
    """What the least limit leaves beyond what is in use and cannot be dropped."""
    known = [limit for limit in limits if limit is not None]
    table = _read_table(group / "memory.stat")
    used = (_read_number(usage) or 0) - sum(table.get(name, 0) for name in droppable)
    return min(known) - max(0, used) if known else None


def _read_number(path: Path) -> int | None:
    """The number in a file of one; None if it is missing or says `max`."""
    text = _read_text(path).strip()
    return None if text in ("", _MAX) else int(text)


def _read_table(path: Path) -> dict[str, int]:
    """Names and numbers of a file of lines such as `active_file 4096`."""
    lines = [line.split() for line in _read_text(path).splitlines()]
    return {fields[0]: int(fields[1]) for fields in lines if len(fields) > 1 and fields[1].isdigit()}


def _read_text(path: Path) -> str:
    """The file's text; empty if the system has no such file or keeps it back."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
