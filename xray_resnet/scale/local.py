"""The same map over items on a local pool of processes: in order, bounded in flight, safe to interrupt.

A worker that dies or falls silent loses its item, not the job: the caller says what becomes of it.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import TypeVar

from xray_resnet.errors import UserError
from xray_resnet.scale.heartbeat import Heartbeats
from xray_resnet.scale.limits import Limits
from xray_resnet.scale.process import keep_freed_memory, limit_memory, use_one_thread

Item = TypeVar("Item")
Result = TypeVar("Result")

_IN_FLIGHT_PER_WORKER = 2
_LOOK_EVERY_SECONDS = 1.0


def resolve_workers(workers: int) -> int:
    """The number of processes that `workers` asks for; 0 is one per core this process may use."""
    if workers > 0:
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_in_processes(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int = 0,
    on_lost: Callable[[Item], Result] | None = None,
    limits: Limits | None = None,
) -> Iterator[Result]:
    """Yields `function(item)` for each item, in the order of the items.

    Items are taken as workers become free, so that the iterable may be endless. One worker without `on_lost` is this
    process. When the consumer stops early or is interrupted, work not yet begun is dropped and work begun is finished.

    Args:
        function: A function of a module, or a `functools.partial` of one.
        items: What it is called with; each must be picklable.
        workers: Processes; 0 is one per core.
        on_lost: Called in this process, at its turn, with an item that a worker was at when it died; what it returns
            is the item's result.
        limits: What a worker may take; None: whatever it likes.

    Raises:
        UserError: if a worker process dies and there is no `on_lost`.
        Exception: whatever `function` raises for an item, at its turn.
    """
    count = resolve_workers(workers)
    if count == 1 and on_lost is None:
        return map(function, items)
    return _map_in_pool(function, items, count, on_lost, limits)


class _Pool:
    """Processes started from a clean server process: no thread or lock of this one is copied."""

    def __init__(self, workers: int, limits: Limits | None) -> None:
        context = get_context("forkserver")
        self._limits = limits
        self.heartbeats = Heartbeats(context, _IN_FLIGHT_PER_WORKER * workers)
        arguments = (self.heartbeats, limits)
        self._executor = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=arguments)

    def submit(self, function: Callable[[Item], Result], item: Item, number: int) -> Future[Result]:
        with _interrupts_held():
            return self._executor.submit(_call, function, item, number)

    def wait(self, future: Future[Result]) -> Result:
        """The result, while workers that have fallen silent are killed."""
        while self._limits is not None:
            try:
                return future.result(_LOOK_EVERY_SECONDS)
            except TimeoutError:
                if future.done():  # the function's own
                    raise
                self.heartbeats.kill_silent(self._limits.silence_s)
        return future.result()

    def close(self) -> None:
        self.heartbeats.stop()
        self._executor.shutdown(wait=True, cancel_futures=True)


def _map_in_pool(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    on_lost: Callable[[Item], Result] | None,
    limits: Limits | None,
) -> Iterator[Result]:
    pool = _Pool(workers, limits)
    waiting: deque[tuple[int, Item, Future[Result]]] = deque()
    numbered = enumerate(items)
    try:
        while True:
            while len(waiting) < _IN_FLIGHT_PER_WORKER * workers and (more := next(numbered, None)) is not None:
                number, item = more
                waiting.append((number, item, _submit(pool, function, item, number)))
            if not waiting:
                return
            number, item, future = waiting.popleft()
            try:
                result = pool.wait(future)
            except BrokenProcessPool as error:
                if on_lost is None:
                    raise _explain_death(workers) from error
                lost = pool.heartbeats.started_items()
                pool.close()
                pool = _Pool(workers, limits)
                waiting.appendleft((number, item, future))
                waiting = deque(_redo(pool, function, entry, lost, on_lost) for entry in waiting)
                continue
            yield result
    finally:
        pool.close()


def _submit(pool: _Pool, function: Callable[[Item], Result], item: Item, number: int) -> Future[Result]:
    """The item's future; a pool that broke meanwhile shows when the future is waited for."""
    try:
        return pool.submit(function, item, number)
    except BrokenProcessPool as error:
        future: Future[Result] = Future()
        future.set_exception(error)
        return future


def _redo(
    pool: _Pool,
    function: Callable[[Item], Result],
    entry: tuple[int, Item, Future[Result]],
    lost: set[int],
    on_lost: Callable[[Item], Result],
) -> tuple[int, Item, Future[Result]]:
    """An entry that survives the pool's death: done, its loss handled, or begun anew."""
    number, item, future = entry
    if future.done() and not isinstance(future.exception(), BrokenProcessPool):
        return entry
    if number not in lost:
        return number, item, _submit(pool, function, item, number)
    replaced: Future[Result] = Future()
    replaced.set_result(on_lost(item))
    return number, item, replaced


def _explain_death(workers: int) -> UserError:
    return UserError(
        f"one of {workers} worker processes was killed, most often for want of memory; "
        "run again with fewer `workers`: finished work is kept"
    )


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


_heartbeats: Heartbeats | None = None


def _call(function: Callable[[Item], Result], item: Item, number: int) -> Result:
    """Calls the function, unless the map was abandoned meanwhile: the pool cannot take back what it has queued."""
    assert _heartbeats is not None
    if _heartbeats.is_stopped:
        raise _StoppedError
    with _heartbeats.at_work(number):
        return function(item)


def _start_worker(heartbeats: Heartbeats, limits: Limits | None) -> None:
    """Prepares a worker: deaf to Ctrl-C, one thread each, within its limits, and gone when its parent is killed."""
    global _heartbeats
    _heartbeats = heartbeats
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    use_one_thread()
    keep_freed_memory()
    if limits is not None:
        limit_memory(limits.memory_bytes)


def _exit_with_parent() -> None:
    """Ends this worker when its parent dies; the pool's queue alone would keep it waiting forever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
