"""A pool of processes that are watched: started clean, killed where they fall silent, gone with their parent."""

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from xray_resnet.scale.heartbeat import Heartbeats
from xray_resnet.scale.limits import Limits
from xray_resnet.scale.process import prepare_worker

Item = TypeVar("Item")
Result = TypeVar("Result")

_LOOK_EVERY_SECONDS = 1.0
_PATIENCE_S = 3.0
"""With a worker that gives no sign of life when its pool is to close."""


class Pool:
    """Processes started from a clean server process: no thread or lock of this one is copied.

    Where one dies, all end: those results that are not there yet raise BrokenProcessPool when they are waited for.

    Args:
        workers: Processes.
        in_flight: Most items that are begun and not waited for at a time; their numbers follow each other.
        limits: What a worker may take; None: whatever it likes.
    """

    def __init__(self, workers: int, *, in_flight: int, limits: Limits | None) -> None:
        context = get_context("forkserver")
        self._limits = limits
        self.heartbeats = Heartbeats(context, in_flight)
        self._latest: deque[Future[Any]] = deque(maxlen=in_flight)
        arguments = (self.heartbeats, limits)
        self._executor = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=arguments)

    def submit(self, function: Callable[[Item], Result], item: Item, number: int) -> Future[Result]:
        """The item's future; a pool that broke meanwhile shows when it is waited for."""
        try:
            with _interrupts_held():
                future = self._executor.submit(_call, function, item, number)
        except BrokenProcessPool as error:
            future = Future()
            future.set_exception(error)
        self._latest.append(future)
        return future

    def wait(self, future: Future[Result]) -> Result:
        """The result, while workers that have fallen silent are killed."""
        self._watch([future], None if self._limits is None else self._limits.silence_s)
        return future.result()

    def close(self) -> None:
        """Ends the processes when they have finished what they have begun, or are killed at it where it takes long."""
        self.heartbeats.stop()
        silence_s = None if self._limits is None else min(self._limits.silence_s, _PATIENCE_S)
        self._watch(self._latest, silence_s)
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _watch(self, futures: Iterable[Future[Any]], silence_s: float | None) -> None:
        """Waits for them, while workers that have been silent for so long are killed."""
        while wait_for(futures, _LOOK_EVERY_SECONDS).not_done:
            if silence_s is not None:
                self.heartbeats.kill_silent(silence_s)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Holds Ctrl-C back while processes start: they inherit the mask, so that only this one answers it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_heartbeats: Heartbeats | None = None
"""Of this worker."""


def _start_worker(heartbeats: Heartbeats, limits: Limits | None) -> None:
    """Prepares a worker: deaf to Ctrl-C, one thread each, within its limits, and gone when its parent is killed."""
    global _heartbeats
    _heartbeats = heartbeats
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    prepare_worker(limits)


def _exit_with_parent() -> None:
    """Ends this worker when its parent dies; the pool's queue alone would keep it waiting forever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


class _StoppedError(Exception):
    """Answers items that reached a worker's queue but are no longer wanted; nobody reads it."""


def _call(function: Callable[[Item], Result], item: Item, number: int) -> Result:
    """Calls the function, unless the map was abandoned meanwhile: the pool cannot take back what it has queued."""
    assert _heartbeats is not None
    if _heartbeats.is_stopped:
        raise _StoppedError
    with _heartbeats.at_work(number), _errors_portable():
        return function(item)


@contextmanager
def _errors_portable() -> Iterator[None]:
    """Replaces an error that the parent could not unpickle: it would break the pool as if the worker had died."""
    try:
        yield
    except Exception as error:
        if not _survives_pickling(error):
            raise RuntimeError(f"{type(error).__name__}: {error}") from error
        raise


def _survives_pickling(error: Exception) -> bool:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever its class raises when it is made anew
        return False
    return True
