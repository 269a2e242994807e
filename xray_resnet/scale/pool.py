"""A pool of workers that are watched: each has one pipe and one thread here, and one that dies is replaced alone."""

import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from typing import Any, TypeVar

from xray_resnet.scale.heartbeat import Heartbeats
from xray_resnet.scale.limits import Limits
from xray_resnet.scale.worker import CONTEXT, Worker, WorkerDiedError

Item = TypeVar("Item")
Result = TypeVar("Result")

IDLE_DEATHS = 3
"""So many workers in a row that die without having begun mean that something is wrong with all of them."""
_LOOK_EVERY_SECONDS = 1.0
_PATIENCE_S = 3.0
"""With a worker that gives no sign of life when its pool is to close."""


class LostError(Exception):
    """The worker died of an item.

    Attributes:
        was_killed: Whether something else killed it, most often the system for want of memory; neither a fault of the
            item's nor its silence.
    """

    def __init__(self, *, was_killed: bool) -> None:
        super().__init__("a worker died of an item")
        self.was_killed = was_killed


class NeverBegunError(Exception):
    """Workers kept dying before they began an item."""


@dataclass(frozen=True)
class _Task:
    """An item that waits for a worker, or is at one."""

    number: int
    function: Callable[[Any], Any]
    item: Any
    future: "Future[Any]" = field(default_factory=Future)


class Pool:
    """Workers that are started as items come.

    Args:
        workers: Processes at most.
        in_flight: Most items that are submitted and not waited for at a time.
        limits: Beyond which a worker counts as lost; None: unlimited.
    """

    def __init__(self, workers: int, *, in_flight: int, limits: Limits | None) -> None:
        self._workers, self._limits = workers, limits
        self._heartbeats = Heartbeats(CONTEXT, workers)
        self._silent: set[int] = set()
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._latest: deque[Future[Any]] = deque(maxlen=in_flight)
        self._keepers: list[threading.Thread] = []

    def submit(self, function: Callable[[Item], Result], item: Item, number: int) -> "Future[Result]":
        """The item's future; LostError is its error if the worker dies of the item."""
        task = _Task(number, function, item)
        self._latest.append(task.future)
        self._tasks.put(task)
        if len(self._keepers) < self._workers:
            keeper = threading.Thread(target=self._keep_worker, args=(len(self._keepers),), daemon=True)
            self._keepers.append(keeper)
            with _interrupts_held():
                keeper.start()
        return task.future

    def wait(self, future: "Future[Result]") -> Result:
        """The result, while workers that have fallen silent are killed."""
        self._watch([future], None if self._limits is None else self._limits.silence_s)
        return future.result()

    def finish(self) -> None:
        """Waits until all that was submitted has its result, and ends the workers."""
        self._watch(self._latest, None if self._limits is None else self._limits.silence_s)
        self.close()

    def close(self) -> None:
        """Ends the workers when they have finished what they have begun, or kills them if that takes long."""
        for future in self._latest:
            future.cancel()
        silence_s = None if self._limits is None else min(self._limits.silence_s, _PATIENCE_S)
        self._watch(self._latest, silence_s)
        for _ in self._keepers:
            self._tasks.put(None)
        for keeper in self._keepers:
            keeper.join()

    def _watch(self, futures: Iterable["Future[Any]"], silence_s: float | None) -> None:
        """Waits for them, while workers that have been silent for so long are killed."""
        while wait_for(futures, _LOOK_EVERY_SECONDS).not_done:
            if silence_s is not None:
                self._silent |= self._heartbeats.kill_silent(silence_s)

    def _keep_worker(self, slot: int) -> None:
        """The thread of a worker: gives it one item after the other, and starts another when it has died."""
        worker: Worker | None = None
        while (task := self._tasks.get()) is not None:
            if task.future.set_running_or_notify_cancel():
                worker = self._do(task, slot, worker)
        if worker is not None:
            worker.end()

    def _do(self, task: _Task, slot: int, worker: Worker | None) -> Worker | None:
        """Settles the task's future; the worker that is left."""
        try:
            question = bytes(ForkingPickler.dumps((task.function, task.item)))
            for _ in range(IDLE_DEATHS):
                worker = worker or Worker(self._heartbeats, slot, self._limits)
                try:
                    _settle(task.future, worker.ask(question, task.number))
                    return worker
                except WorkerDiedError as death:
                    worker = None
                    self._check_lost(task, slot, death)
            raise NeverBegunError
        except BaseException as error:  # whatever it is, somebody waits for it
            task.future.set_exception(error)
        if worker is not None:
            worker.end()
        return None

    def _check_lost(self, task: _Task, slot: int, death: WorkerDiedError) -> None:
        """Empties the slot of a dead worker.

        Raises:
            LostError: if it had begun the task.
        """
        has_begun = self._heartbeats.has_begun(slot, task.number)
        self._heartbeats.clear(slot)
        if has_begun:
            is_silent = task.number in self._silent
            raise LostError(was_killed=death.exit_code == -signal.SIGKILL and not is_silent) from death


def _settle(future: "Future[Any]", answer: bytes) -> None:
    """Gives the future what the worker answered: a result, or the function's error."""
    is_result, value = pickle.loads(answer)
    if is_result:
        future.set_result(value)
    else:
        future.set_exception(value)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Holds Ctrl-C back while a thread starts: it and its processes inherit the mask, so that only this one answers."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
