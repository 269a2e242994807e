"""What a worker process settles for itself before it begins: threads, memory, how much of it, and when it ends."""

import ctypes
import os
import resource
import threading
from contextlib import suppress
from multiprocessing import parent_process
from pathlib import Path

from xray_resnet.scale.limits import Limits

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of malloc.h."""
_KEPT_BYTES = 128 << 20
_OOM_SCORE_FIRST = "1000"
"""The highest of proc(5); raising it needs no rights."""


def prepare_worker(limits: Limits | None) -> None:
    """Makes this process a worker: one thread, freed memory kept, and no more of it than its limits say."""
    go_first_when_memory_ends()
    use_one_thread()
    keep_freed_memory()
    if limits is not None:
        limit_memory(limits.memory_bytes)


def end_with_parent() -> None:
    """Lets this worker end when its parent does, however that ends, and in the middle of an item too.

    A forked server stands between them: that this worker's own parent lives says nothing.
    """
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def go_first_when_memory_ends() -> None:
    """Lets the system kill this process before its parent, whose table would be lost; a worker's item is done again.

    Where there is no such file, or it cannot be written, it does nothing.
    """
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE_FIRST, encoding="ascii")


def use_one_thread() -> None:
    """Keeps libraries from starting threads of their own: there is a process per processor already."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    import cv2  # after the environment, which its libraries read when they load

    cv2.setNumThreads(1)


def keep_freed_memory() -> None:
    """Lets glibc keep the memory of one image for the next: its pages need not be made anew, a sixth of the time.

    With another C library it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES // 4)


def limit_memory(more_bytes: int) -> None:
    """Lets this process take at most so much for its data beyond what it has (RLIMIT_DATA), and leave no core file.

    A lower limit that the system has set already stands: it cannot be raised.
    """
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = _data_bytes() + more_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _data_bytes() -> int:
    """What counts against RLIMIT_DATA now; 0 if the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.is_file() else []
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("VmData:"))
