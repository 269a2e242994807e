"""What worker processes are doing, in memory that they share with their parent: which item, and since when."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import Any

_IDLE = -1
_own: "Heartbeats | None" = None
_slot = 0


class Heartbeats:
    """A slot for each worker: its process, the item at hand, and when it last gave a sign of life.

    Args:
        context: Makes the shared memory.
        workers: Slots.
    """

    def __init__(self, context: BaseContext, workers: int) -> None:
        self._taken: Any = context.Value("i", 0)
        self._processes: Any = context.Array("q", workers)
        self._items: Any = context.Array("q", [_IDLE] * workers)
        self._times: Any = context.Array("d", workers)

    def take_slot(self) -> None:
        """Makes the next free slot this process's own."""
        global _own, _slot
        with self._taken.get_lock():
            _slot = self._taken.value % len(self._processes)
            self._taken.value += 1
        _own = self
        self._processes[_slot] = os.getpid()

    def started_items(self) -> set[int]:
        """The items that workers have begun and not finished."""
        return {item for item in self._items if item != _IDLE}

    def kill_silent(self, seconds: float) -> None:
        """Kills the workers that have given no sign of life for so long while they had an item."""
        now = time.monotonic()
        for process, item, last in zip(self._processes, self._items, self._times, strict=True):
            if item != _IDLE and now - last > seconds:
                os.kill(process, signal.SIGKILL)

    def begin(self, item: int) -> None:
        """Says that this worker has begun an item."""
        self.beat()
        self._items[_slot] = item

    def end(self) -> None:
        """Says that this worker has finished its item."""
        self._items[_slot] = _IDLE

    def beat(self) -> None:
        """Gives a sign of life."""
        self._times[_slot] = time.monotonic()


def beat() -> None:
    """Gives a sign of life of the item at hand, such as before each file; does nothing outside a worker."""
    if _own is not None:
        _own.beat()


@contextmanager
def at_work(item: int) -> Iterator[None]:
    """Within it, this worker is at work on an item."""
    assert _own is not None
    _own.begin(item)
    try:
        yield
    finally:
        _own.end()
