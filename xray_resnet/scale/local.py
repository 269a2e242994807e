"""The same map over items on a local pool of processes: in order, bounded in flight, safe to interrupt.

A worker that dies or falls silent loses its item and nothing else: the caller says what becomes of it.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, TypeVar

from xray_resnet.errors import UserError
from xray_resnet.machine import available_cpus, available_memory_bytes
from xray_resnet.scale.limits import Limits
from xray_resnet.scale.pool import IDLE_DEATHS, LostError, NeverBegunError, Pool

Item = TypeVar("Item")
Result = TypeVar("Result")

_log = logging.getLogger(__name__)
_IN_FLIGHT_PER_WORKER = 2
_LEAST_MEMORY = 256 << 20
_MEMORY_PER_WORKER = 256 << 20
"""Bytes that a worker takes for films of up to about twenty megapixels: 91 MiB of libraries, the rest its pixels."""


def resolve_workers(workers: int) -> int:
    """The number of processes that `workers` asks for; 0 is one per processor, as far as the memory suffices."""
    if workers > 0:
        return workers
    cpus, memory = available_cpus(), available_memory_bytes()
    count = cpus if memory is None else max(1, min(cpus, memory // _MEMORY_PER_WORKER))
    if count < cpus:
        _log.warning(
            "%d worker processes and not %d: %d MiB of memory are left, and each takes about %d",
            count,
            cpus,
            (memory or 0) >> 20,
            _MEMORY_PER_WORKER >> 20,
        )
    return count


def fit_limits(limits: Limits) -> Limits:
    """The limits, with no more memory than is left for one worker.

    Workers share what is left; what all of them together cannot have, each can have alone.
    """
    memory = available_memory_bytes()
    return (
        limits if memory is None else replace(limits, memory_bytes=min(limits.memory_bytes, max(memory, _LEAST_MEMORY)))
    )


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
        workers: Processes; 0 is one per processor, as far as the memory suffices.
        on_lost: Called in this process, at its turn, with an item that a worker was at when it died; what it returns
            is the item's result. If the system killed the worker, most often for want of memory, the others have ended
            by then: what `on_lost` does has the machine to itself.
        limits: Limits beyond which a worker counts as lost; None: unlimited.

    Raises:
        UserError: if a worker process dies and there is no `on_lost`, or if workers keep dying before they begin.
        Exception: whatever `function` raises for an item, at its turn.
    """
    count = resolve_workers(workers)
    if count == 1 and on_lost is None:
        return map(function, items)
    return _PoolMap(function, count, on_lost, None if limits is None else fit_limits(limits)).run(items)


@dataclass(frozen=True)
class _Entry(Generic[Item, Result]):
    """An item in flight."""

    item: Item
    future: "Future[Result]"


class _PoolMap(Generic[Item, Result]):
    """The map while it runs: the items in flight, in order, and the pool."""

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

    def run(self, items: Iterable[Item]) -> Iterator[Result]:
        """Yields the results."""
        numbered = enumerate(items)
        try:
            while self._fill(numbered):
                yield self._resolve(self._entries.popleft())
        finally:
            self._pool.close()

    def _fill(self, numbered: Iterator[tuple[int, Item]]) -> bool:
        """Begins items while there is room; whether any is in flight."""
        for number, item in islice(numbered, self._in_flight - len(self._entries)):
            self._entries.append(_Entry(item, self._pool.submit(self._function, item, number)))
        return bool(self._entries)

    def _resolve(self, entry: _Entry[Item, Result]) -> Result:
        """The item's result, or what becomes of it if it is lost."""
        try:
            return self._pool.wait(entry.future)
        except LostError as death:
            return self._replace_lost(entry.item, death)
        except NeverBegunError:
            raise _explain_idle_deaths() from None

    def _replace_lost(self, item: Item, death: LostError) -> Result:
        if self._on_lost is None:
            raise _explain_death(self._workers) from None
        if death.was_killed:
            self._pool.finish()
            self._pool = self._make_pool()
        return self._on_lost(item)

    def _make_pool(self) -> Pool:
        return Pool(self._workers, in_flight=self._in_flight, limits=self._limits)


def _explain_death(workers: int) -> UserError:
    return UserError(
        f"one of {workers} worker processes was killed, most often for want of memory; "
        "run again with fewer `workers`: finished work is kept"
    )


def _explain_idle_deaths() -> UserError:
    return UserError(
        f"worker processes died {IDLE_DEATHS} times before they began to work; what they printed says why "
        '(a script that starts them needs `if __name__ == "__main__":`)'
    )
