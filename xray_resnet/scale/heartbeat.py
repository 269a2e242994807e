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
    """A slot for each item in flight: its process, its number, and when it last gave a sign of life.

    Args:
        context: Makes the shared memory.
        in_flight: Most items that are in flight at a time; their numbers follow each other.
    """

    def __init__(self, context: BaseContext, in_flight: int) -> None:
        self._processes: Any = context.RawArray("q", in_flight)
        self._numbers: Any = context.RawArray("q", [_NONE] * in_flight)
        self._times: Any = context.RawArray("d", [_NOT_AT_WORK] * in_flight)
        self._stopped: Any = context.RawValue("b", 0)

    def begun_items(self) -> set[int]:
        """The numbers of the latest items that workers have begun, finished or not."""
        return set(self._numbers) - {_NONE}

    def items_at_work(self) -> set[int]:
        """The numbers of the items that workers have begun and not finished."""
        return {number for number, last in zip(self._numbers, self._times, strict=True) if last != _NOT_AT_WORK}

    def kill_silent(self, seconds: float) -> None:
        """Kills the workers that have given no sign of life for so long while they were at an item."""
        now = time.monotonic()
        for process, last in zip(self._processes, self._times, strict=True):
            if now - last > seconds:
                with suppress(ProcessLookupError):  # it died meanwhile
                    os.kill(process, signal.SIGKILL)

    def stop(self) -> None:
        """Says that no more items are wanted."""
        self._stopped.value = 1

    @property
    def is_stopped(self) -> bool:
        """Whether no more items are wanted."""
        return bool(self._stopped.value)

    @contextmanager
    def at_work(self, number: int) -> Iterator[None]:
        """Within it, this worker is at work on an item."""
        slot = number % len(self._numbers)
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
    """Within it, this process ends where it gives no sign of life for so long; for workers that no parent watches.

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
