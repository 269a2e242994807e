"""A worker process and its one pipe: items come in, answers go out, in turn.

Its parent reads the pipe's end when the worker dies; nobody else has it, so that a death harms no other worker.
"""

import pickle
import signal
import threading
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler

from xray_resnet.scale.heartbeat import Heartbeats
from xray_resnet.scale.limits import Limits
from xray_resnet.scale.process import end_with_parent, prepare_worker

CONTEXT = get_context("forkserver")
_ENDS_WITHIN_S = 5.0
_PROCESSES = threading.Lock()
"""Starting processes and collecting what they ended with is not safe from several threads at once."""


class WorkerDiedError(Exception):
    """The worker ended before it answered.

    Attributes:
        exit_code: Of its process; negative is the signal that killed it.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"a worker process ended with {exit_code}")
        self.exit_code = exit_code


class Worker:
    """A process started from a clean server process: no thread or lock of this one is copied.

    Args:
        heartbeats: Where it says what it is at.
        slot: Its place in them.
        limits: Beyond which it counts as lost; None: unlimited.
    """

    def __init__(self, heartbeats: Heartbeats, slot: int, limits: Limits | None) -> None:
        self._pipe, theirs = CONTEXT.Pipe()
        with theirs, _PROCESSES:
            self._process: BaseProcess = CONTEXT.Process(
                target=_serve, args=(theirs, heartbeats, slot, limits), daemon=True
            )
            self._process.start()

    def ask(self, question: bytes, number: int) -> bytes:
        """The answer to a question, pickled as `_answer` does; after any error the worker is of no more use.

        Args:
            question: The function and the item, pickled.
            number: Of the item, for the heartbeats.

        Raises:
            WorkerDiedError: if the worker ended before it answered.
        """
        try:
            self._pipe.send(number)
            self._pipe.send_bytes(question)
            return self._pipe.recv_bytes()
        except (EOFError, OSError):
            raise WorkerDiedError(self.end()) from None

    def end(self) -> int:
        """Ends the process, which waits for its next item or has died; its exit code."""
        self._pipe.close()
        with _PROCESSES:
            self._process.join(_ENDS_WITHIN_S)
            if self._process.exitcode is None:
                self._process.kill()
                self._process.join()
            return self._process.exitcode or 0


def _serve(pipe: Connection, heartbeats: Heartbeats, slot: int, limits: Limits | None) -> None:
    """The worker's life: deaf to Ctrl-C, within its limits, and gone when its parent is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    prepare_worker(limits)
    with suppress(EOFError, ConnectionError):  # no more items are wanted
        while True:
            number, question = pipe.recv(), pipe.recv_bytes()
            with heartbeats.at_work(slot, number):
                pipe.send_bytes(_answer(question))


def _answer(question: bytes) -> bytes:
    """Pickled: whether it is a result, and the result or the error."""
    try:
        function, item = pickle.loads(question)
        return bytes(ForkingPickler.dumps((True, function(item))))
    except Exception as error:
        return bytes(ForkingPickler.dumps((False, _make_portable(error))))


def _make_portable(error: Exception) -> Exception:
    """The error, or its words if the parent could not unpickle it."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever its class raises when it is made anew
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
