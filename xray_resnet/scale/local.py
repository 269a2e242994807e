"""The same map over items on a local pool of processes: in order, bounded in flight, safe to interrupt."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.synchronize import Event
from typing import TypeVar

from xray_resnet.errors import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")

_IN_FLIGHT_PER_WORKER = 2


def resolve_workers(workers: int) -> int:
    """The number of processes that `workers` asks for; 0 is one per core this process may use."""
    if workers > 0:
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_in_processes(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int = 0
) -> Iterator[Result]:
    """Yields `function(item)` for each item, in the order of the items.

    Items are taken as workers become free, so that the iterable may be endless. One worker is this process.
    When the consumer stops early or is interrupted, work not yet begun is dropped and work begun is finished.

    Args:
        function: A function of a module, or a `functools.partial` of one.
        items: What it is called with; each must be picklable.
        workers: Processes; 0 is one per core.

    Raises:
        UserError: if a worker process dies.
        Exception: whatever `function` raises for an item, at its turn.
    """
    count = resolve_workers(workers)
    return map(function, items) if count == 1 else _map_in_pool(function, items, count)


def _map_in_pool(function: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """The map on a pool, started from a clean server process: no thread or lock of this one is copied."""
    context = get_context("forkserver")
    stopped = context.Event()
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(stopped,))
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            with _interrupts_held():
                waiting.append(pool.submit(_call, function, item))
            if len(waiting) >= _IN_FLIGHT_PER_WORKER * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise UserError(
            f"one of {workers} worker processes was killed, most often for want of memory; "
            "run again with fewer `workers`: finished work is kept"
        ) from error
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Holds Ctrl-C back while processes start: they inherit the mask, so that only this one answers it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _StoppedError(Exception):
    """Answers items that reached a worker's queue but are no longer wanted; nobody reads it."""


_stopped: Event | None = None


def _call(function: Callable[[Item], Result], item: Item) -> Result:
    """Calls the function, unless the map was abandoned meanwhile: the pool cannot take back what it has queued."""
    if _stopped is not None and _stopped.is_set():
        raise _StoppedError
    return function(item)


def _start_worker(stopped: Event) -> None:
    """Prepares a worker: deaf to Ctrl-C, one thread each, and gone when its parent is killed."""
    global _stopped
    _stopped = stopped
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    import cv2  # after the environment, which its libraries read when they load

    cv2.setNumThreads(1)


def _exit_with_parent() -> None:
    """Ends this worker when its parent dies; the pool's queue alone would keep it waiting forever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
