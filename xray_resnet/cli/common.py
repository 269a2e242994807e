"""What every command shares: one way to run, to fail with a sentence, and to show progress."""

import errno
import io
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from xray_resnet.errors import UserError
from xray_resnet.progress import Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

TRAIN_EXTRA = frozenset(
    {
        "torch", "torchvision", "lightning", "tensorboard", "monai", "fire", "pytorch_grad_cam", "sklearn",
        "scipy", "matplotlib", "threadpoolctl", "safetensors", "onnx", "onnxscript",
    }
)  # fmt: skip
EXTRAS = dict.fromkeys(TRAIN_EXTRA, "train") | {"ray": "cluster", "mlflow": "mlflow", "timm": "pretrained"}
"""Module → the extra that brings it."""
INTERRUPTED = 130
_LOG_EVERY_S = 60.0
KEPT, STARTS_ANEW = "finished work is kept", "it starts anew"
"""What becomes of a command's work if it is broken off."""


def run_command(command: str, body: Callable[[Sequence[str]], int], *, left: str = KEPT) -> NoReturn:
    """Runs `body` on the command line and exits: 0 done, 1 failed, 2 wrong usage, 3 strict, 130 interrupted.

    What asks a program to end, as `docker stop` and batch systems do, counts as Ctrl-C; names that are no UTF-8 are
    printed with their bytes escaped.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(exit_code_of(command, body, sys.argv[1:], left=left))


def exit_code_of(
    command: str, body: Callable[[Sequence[str]], int], arguments: Sequence[str], *, left: str = KEPT
) -> int:
    """The exit code of `body`; a user's mistake becomes its sentence on standard error.

    Args:
        command: Its name.
        body: From the arguments to the exit code.
        arguments: Of the command line.
        left: What becomes of its work if it is broken off.
    """
    try:
        return body(arguments)
    except UserError as error:
        return _complain(command, str(error), error.exit_code)
    except ModuleNotFoundError as error:
        return _complain(command, missing_extra(error), 1)
    except KeyboardInterrupt:
        return _complain(command, f"interrupted; run the same command again: {left}", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = f"free some space and run the same command: {left}" if is_full else "check the folder and run again"
        return _complain(command, f"{where}{error.strerror or error}; {remedy}", 1)
    except Exception:  # a mistake of ours: at the end of the interpreter its frames would wait for workers for ever
        traceback.print_exc()
        return 1


def missing_extra(error: ModuleNotFoundError) -> str:
    """What to install where a module of an extra is missing.

    Raises:
        ModuleNotFoundError: `error` itself, where the module belongs to no extra.
    """
    extra = EXTRAS.get((error.name or "").split(".")[0])
    if extra is None:
        raise error
    return f"needs {error.name}, which the extra '{extra}' brings; run: pip install 'xray-resnet[{extra}]'"


class Clock:
    """The time of a command, from here to its end, and what to do next; on standard error, for scripts read the output.

    Args:
        command: Its name.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._start = time.monotonic()

    def say_end(self, next_step: str) -> None:
        """Says how long the work took, and the next step."""
        took = timedelta(seconds=round(time.monotonic() - self._start))
        print(f"{self._command}: done in {took}; next: {next_step}", file=sys.stderr, flush=True)


@contextmanager
def show_progress(title: str, unit: str = "files") -> Iterator[Progress]:
    """A progress bar with rate, rejections so far and remaining time on a terminal; elsewhere a line a minute.

    Yields:
        Callback with (done, total, rejected).
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Log(title, unit)
        return
    with _make_bar(console, unit) as bar:
        task = bar.add_task(title, total=None, rate="", rejected="")

        def update(done: int, total: int, rejected: int = 0) -> None:
            rate = done / max(bar.tasks[task].elapsed or 0.0, 1e-3)
            rejections = f" {rejected} rejected ·" * bool(rejected)
            bar.update(task, completed=done, total=total, rate=_format_rate(rate), rejected=rejections)

        yield update


def _make_bar(console: "Console", unit: str) -> "Bar":
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit + " · {task.fields[rate]} ·{task.fields[rejected]}"),
        TimeRemainingColumn(),
        console=console,
    )


class _Log:
    """Progress for a log: a line a minute, none of short work."""

    def __init__(self, title: str, unit: str) -> None:
        self._title, self._unit = title, unit
        self._start = self._last = time.monotonic()

    def __call__(self, done: int, total: int, rejected: int = 0) -> None:
        """Takes the counts so far."""
        now = time.monotonic()
        if now - self._last < _LOG_EVERY_S:
            return
        self._last, rate = now, done / (now - self._start)
        left = timedelta(seconds=round((total - done) / rate)) if rate else "unknown"
        rejections = f"{rejected} rejected, " * bool(rejected)
        words = f"{done} of {total} {self._unit}, {rejections}{_format_rate(rate)}, {left} left"
        print(f"{self._title}: {words}", file=sys.stderr, flush=True)


def _format_rate(per_second: float) -> str:
    """A rate in digits that say something: `14.2/s`, or `3.1/min` of what takes long."""
    return f"{per_second:.1f}/s" if per_second >= 1 else f"{60 * per_second:.1f}/min"


def _complain(command: str, sentence: str, exit_code: int) -> int:
    for line in sentence.splitlines():
        print(f"{command}: {line}", file=sys.stderr)
    return exit_code
