"""What worker processes are doing, in memory that they share with their parent: which item, and since when.

The memory has no locks: a worker that is killed while it holds one would stop all others.
"""

import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import BaseContext
from typing import Any

_NONE = -1
_NOT_AT_WORK = math.inf
_sign_of_life: Callable[[], object] | None = None


class Heartbeats:
    """A slot for each worker: its process, the item that it began last, and when it last gave a sign of life.

    Args:
        context: Makes the shared memory.
        workers: Number of slots; one process at a time writes into each.
    """

    def __init__(self, context: BaseContext, workers: int) -> None:
        self._processes: Any = context.RawArray("q", workers)
        self._numbers: Any = context.RawArray("q", [_NONE] * workers)
        self._times: Any = context.RawArray("d", [_NOT_AT_WORK] * workers)

    def has_begun(self, slot: int, number: int) -> bool:
        """Whether the worker of a slot has begun this item, finished or not."""
        return bool(self._numbers[slot] == number)

    def clear(self, slot: int) -> None:
        """Makes the slot that of a worker that has not begun anything; its former worker must have ended."""
        self._times[slot], self._numbers[slot] = _NOT_AT_WORK, _NONE

    def kill_silent(self, seconds: float) -> set[int]:
        """Kills the workers that have given no sign of life for so long while they were at an item; these items."""
        now = time.monotonic()
        silent = [slot for slot, last in enumerate(self._times) if now - last > seconds]
        for slot in silent:
            with suppress(ProcessLookupError):  # it died meanwhile
                os.kill(self._processes[slot], signal.SIGKILL)
        return {self._numbers[slot] for slot in silent}

    @contextmanager
    def at_work(self, slot: int, number: int) -> Iterator[None]:
        """Within it, this process is the worker of the slot and at work on the item."""
        self._processes[slot], self._numbers[slot] = os.getpid(), number
        self._note_life(slot)
        try:
            with _beating(lambda: self._note_life(slot)):
                yield
        finally:
            self._times[slot] = _NOT_AT_WORK

    def _note_life(self, slot: int) -> None:
        self._times[slot] = time.monotonic()


@contextmanager
def end_when_silent(seconds: float) -> Iterator[None]:
    """Within it, this process ends if it gives no sign of life for so long; for workers that no parent watches.

    The system's own timer does it (SIGALRM): code that never returns to Python cannot put it off.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with _beating(lambda: signal.setitimer(signal.ITIMER_REAL, seconds)):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def _beating(sign: Callable[[], object]) -> Iterator[None]:
    """Within it, `beat` is this."""
    global _sign_of_life
    _sign_of_life = sign
    try:
        yield
    finally:
        _sign_of_life = None


def beat() -> None:
    """Gives a sign of life of the item at hand, such as before each file; does nothing outside a worker."""
    if _sign_of_life is not None:
        _sign_of_life()
