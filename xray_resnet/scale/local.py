"""The same map over items on a local pool of processes: in order, bounded in flight, safe to interrupt.

A worker that dies or falls silent loses its item, not the job: the caller says what becomes of it.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Set
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, TypeVar

from xray_resnet.errors import UserError
from xray_resnet.scale.limits import Limits
from xray_resnet.scale.pool import Pool

Item = TypeVar("Item")
Result = TypeVar("Result")

_IN_FLIGHT_PER_WORKER = 2
_IDLE_DEATHS = 3
"""So many pools in a row whose workers die without work mean that something is wrong with all of them."""


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
            is the item's result. The death of one worker ends the others: with more than one, an item may be lost
            that would not kill by itself, and `on_lost` best maps it again with one worker.
        limits: What a worker may take; None: whatever it likes.

    Raises:
        UserError: if a worker process dies and there is no `on_lost`, or if workers keep dying before they begin.
        Exception: whatever `function` raises for an item, at its turn.
    """
    count = resolve_workers(workers)
    if count == 1 and on_lost is None:
        return map(function, items)
    return _PoolMap(function, count, on_lost, limits).run(items)


@dataclass(frozen=True)
class _Entry(Generic[Item, Result]):
    """An item in flight; without a future it is lost."""

    number: int
    item: Item
    future: Future[Result] | None


class _PoolMap(Generic[Item, Result]):
    """The map while it runs: the items in flight, in order, and the pool, made anew when a worker has died."""

    def __init__(
        self,
        function: Callable[[Item], Result],
        workers: int,
        on_lost: Callable[[Item], Result] | None,
        limits: Limits | None,
    ) -> None:
        self._function, self._workers, self._on_lost, self._limits = function, workers, on_lost, limits
        self._in_flight = _IN_FLIGHT_PER_WORKER * workers
        self._entries: deque[_Entry[Item, Result]] = deque()
        self._pool = self._make_pool()
        self._idle_deaths = 0

    def run(self, items: Iterable[Item]) -> Iterator[Result]:
        """Yields the results."""
        numbered = enumerate(items)
        try:
            while self._fill(numbered):
                try:
                    result = self._resolve(self._entries[0])
                except BrokenProcessPool as death:
                    self._recover(death)
                    continue
                self._entries.popleft()
                self._idle_deaths = 0
                yield result
        finally:
            self._pool.close()

    def _fill(self, numbered: Iterator[tuple[int, Item]]) -> bool:
        """Begins items while there is room; whether any is in flight."""
        for number, item in islice(numbered, self._in_flight - len(self._entries)):
            self._entries.append(_Entry(number, item, self._pool.submit(self._function, item, number)))
        return bool(self._entries)

    def _resolve(self, entry: _Entry[Item, Result]) -> Result:
        """The item's result, or what becomes of it where it is lost."""
        if entry.future is not None:
            return self._pool.wait(entry.future)
        assert self._on_lost is not None
        return self._on_lost(entry.item)

    def _recover(self, death: BrokenProcessPool) -> None:
        """Goes on in a new pool: what is done is kept, what was begun is lost, the rest is begun anew."""
        if self._on_lost is None:
            raise _explain_death(self._workers) from death
        lost = self._close_and_find_lost()
        self._idle_deaths = 0 if lost else self._idle_deaths + 1
        if self._idle_deaths == _IDLE_DEATHS:
            raise _explain_idle_deaths() from death
        self._pool = self._make_pool()
        self._entries = deque(self._revive(entry, lost) for entry in self._entries)

    def _close_and_find_lost(self) -> set[int]:
        """The items that workers were at; where they were at none, those they died of while they sent the results."""
        at_work, begun = self._pool.heartbeats.items_at_work(), self._pool.heartbeats.begun_items()
        self._pool.close()  # all futures are settled then
        unanswered = {entry.number for entry in self._entries if _is_broken(entry)}
        return unanswered & at_work or unanswered & begun

    def _revive(self, entry: _Entry[Item, Result], lost: Set[int]) -> _Entry[Item, Result]:
        """The entry in the new pool."""
        if not _is_broken(entry):
            return entry
        if entry.number in lost:
            return replace(entry, future=None)
        return replace(entry, future=self._pool.submit(self._function, entry.item, entry.number))

    def _make_pool(self) -> Pool:
        return Pool(self._workers, in_flight=self._in_flight, limits=self._limits)


def _is_broken(entry: _Entry[Item, Result]) -> bool:
    """Whether the pool broke before the item's result was there."""
    return entry.future is not None and isinstance(entry.future.exception(), BrokenProcessPool)


def _explain_death(workers: int) -> UserError:
    return UserError(
        f"one of {workers} worker processes was killed, most often for want of memory; "
        "run again with fewer `workers`: finished work is kept"
    )


def _explain_idle_deaths() -> UserError:
    return UserError(
        f"worker processes died {_IDLE_DEATHS} times before they began to work; what they printed says why "
        '(a script that starts them needs `if __name__ == "__main__":`)'
    )
