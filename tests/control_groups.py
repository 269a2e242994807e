"""Commands in the kernel's own control groups: of version 1, made as root; version 2 mostly lets nobody make any."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

_HIERARCHIES = Path("/sys/fs/cgroup")
_ENTER = 'for group in $GROUPS_TO_ENTER; do echo $$ > "$group/cgroup.procs" || exit 125; done; exec "$@"'
Run = Callable[[Sequence[str | Path]], "subprocess.CompletedProcess[str]"]


@contextmanager
def memory_group(limit_bytes: int, *, cpus: float | None = None) -> Iterator[Run]:
    """Runs commands within so much memory, and so many processors; skips where groups cannot be made."""
    with ExitStack() as stack:
        groups = [stack.enter_context(_group("memory", {"memory.limit_in_bytes": limit_bytes}))]
        if cpus is not None:
            quota = {"cpu.cfs_period_us": 100_000, "cpu.cfs_quota_us": round(cpus * 100_000)}
            groups.append(stack.enter_context(_group("cpu", quota)))
        environment = os.environ | {"GROUPS_TO_ENTER": " ".join(map(str, groups))}

        def run(command: Sequence[str | Path]) -> "subprocess.CompletedProcess[str]":
            enter = ["sh", "-c", _ENTER, "sh", *command]
            return subprocess.run(enter, env=environment, capture_output=True, text=True, check=False)

        yield run


@contextmanager
def _group(controller: str, settings: dict[str, int]) -> Iterator[Path]:
    group = _HIERARCHIES / controller / f"xray-resnet-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"control groups of version 1 cannot be made here ({error.strerror})")
    try:
        for name, value in settings.items():
            (group / name).write_text(str(value))
        yield group
    finally:
        _wait_until_empty(group)
        group.rmdir()


def _wait_until_empty(group: Path) -> None:
    """Helpers of a command end shortly after it."""
    for _ in range(100):
        if not (group / "cgroup.procs").read_text():
            return
        time.sleep(0.05)
