"""The map over processes: order, bounds, failures, deaths."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, islice
from multiprocessing import active_children
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.conftest import REPOSITORY
from tests.control_groups import memory_group
from xray_resnet.errors import UserError
from xray_resnet.scale import Limits, beat, map_in_processes, resolve_workers
from xray_resnet.scale.local import fit_limits


def square(number: int) -> int:
    return number * number


def sleep_less_for_later(number: int) -> int:
    time.sleep(0.05 / (1 + number))
    return number


def refuse_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is refused")
    return number


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def threads_of_opencv(_: int) -> int:
    return int(cv2.getNumThreads())


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_are_those_of_map_for_any_number_of_workers(workers: int) -> None:
    assert list(map_in_processes(square, range(20), workers=workers)) == list(map(square, range(20)))


def test_results_keep_the_order_of_the_items() -> None:
    assert list(map_in_processes(sleep_less_for_later, range(12), workers=3)) == list(range(12))


def test_an_endless_source_is_read_only_as_far_as_workers_are_free() -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    assert list(islice(map_in_processes(square, numbers(), workers=2), 3)) == [0, 1, 4]
    assert len(taken) <= 8


def test_queued_items_are_dropped_when_the_consumer_stops(tmp_path: Path) -> None:
    results = map_in_processes(note_slowly, [tmp_path / str(number) for number in range(8)], workers=2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len([*tmp_path.iterdir()]) < 6


def note_slowly(path: Path) -> None:
    time.sleep(0.2)
    path.touch()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_function_reaches_the_caller(workers: int) -> None:
    with pytest.raises(ValueError, match="three is refused"):
        list(map_in_processes(refuse_three, range(6), workers=workers))


def test_a_killed_worker_is_one_clear_sentence() -> None:
    with pytest.raises(UserError, match=r"worker processes was killed.*fewer `workers`"):
        list(map_in_processes(die, range(4), workers=2))


def crash_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return number


def kill_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def hang_at_three(number: int) -> int:
    if number == 3:
        time.sleep(600)
    return number


def swell_at_three(number: int) -> int:
    return len(bytearray(2 << 30)) if number == 3 else number


def negate(number: int) -> int:
    return -number


def map_apart(number: int, *, function: Callable[[int], int]) -> int:
    """The item in a process of its own, its negative where that dies."""
    return next(map_in_processes(function, [number], workers=1, on_lost=negate, limits=Limits(silence_s=2)))


@pytest.mark.parametrize("fault", [crash_at_three, hang_at_three])
def test_an_item_that_kills_or_silences_its_worker_is_lost_alone(fault: Callable[[int], int]) -> None:
    results = map_in_processes(fault, range(9), workers=1, on_lost=negate, limits=Limits(silence_s=2))
    assert list(results) == [0, 1, 2, -3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("fault", [crash_at_three, hang_at_three])
def test_what_a_death_took_from_other_workers_is_done_apart(fault: Callable[[int], int]) -> None:
    apart = partial(map_apart, function=fault)
    results = map_in_processes(fault, range(9), workers=2, on_lost=apart, limits=Limits(silence_s=2))
    assert list(results) == [0, 1, 2, -3, 4, 5, 6, 7, 8]


def crash_at_one_while_zero_waits(number: int) -> int:
    time.sleep(0.4 if number == 1 else 2)
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_what_on_lost_raises_comes_at_its_turn() -> None:
    results = map_in_processes(crash_at_one_while_zero_waits, range(2), workers=2, on_lost=refuse_one)
    assert next(results) == 0
    with pytest.raises(ValueError, match="one is refused"):
        next(results)


def refuse_one(number: int) -> int:
    if number == 1:
        raise ValueError("one is refused")
    return number


def note_and_crash_at_three(path: Path) -> int:
    with path.open("a") as file:
        file.write("done\n")
    return crash_at_three(int(path.name))


def zero(_: Path) -> int:
    return 0


def test_a_death_takes_nothing_from_other_workers(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(9)]
    assert list(map_in_processes(note_and_crash_at_three, paths, workers=2, on_lost=zero)) == [
        0, 1, 2, 0, 4, 5, 6, 7, 8
    ]  # fmt: skip
    assert {path.read_text() for path in paths} == {"done\n"}


def say_whether_alone(_: int) -> int:
    return -1 if active_children() else -2


@pytest.mark.parametrize(("fault", "answer"), [(crash_at_three, -1), (kill_at_three, -2)])
def test_only_what_the_system_killed_is_done_again_alone(fault: Callable[[int], int], answer: int) -> None:
    """A fault of the item's needs no more memory than others; after a kill the other workers have ended."""
    results = list(map_in_processes(fault, range(9), workers=2, on_lost=say_whether_alone, limits=Limits()))
    assert results == [0, 1, 2, answer, 4, 5, 6, 7, 8]


def break_off_at_three(number: int, *, signal_number: int) -> bytes:
    """A large answer, in the middle of which this process gets a signal."""

    def send_some(pipe: Connection, buffer: memoryview) -> None:
        os.write(pipe.fileno(), buffer[: 1 << 16])
        if len(buffer) > 1 << 16:
            os.kill(os.getpid(), signal_number)

    if number == 3:
        Connection._send = send_some
    return bytes(1 << 24 if number == 3 else 1)


def give_nothing(_: int) -> bytes:
    return b""


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_ends_or_stops_in_the_middle_of_a_large_answer_is_lost_alone(signal_number: int) -> None:
    fault = partial(break_off_at_three, signal_number=signal_number)
    results = map_in_processes(fault, range(6), workers=2, on_lost=give_nothing, limits=Limits(silence_s=2))
    assert list(map(len, results)) == [1, 1, 1, 0, 1, 1]


def take_a_gigabyte_at_three(number: int) -> int:
    return int(np.ones(1 << 30, np.uint8)[-1]) if number == 3 else number


def test_the_system_kills_a_worker_for_memory_and_not_its_parent() -> None:
    """In a control group of 512 MiB, whose process with the most memory is this map's parent."""
    script = (
        "import numpy as np\n"
        "from tests.scale.test_local import negate, take_a_gigabyte_at_three\n"
        "from xray_resnet.scale import map_in_processes\n"
        "held = np.ones(300 << 20, np.uint8)\n"
        "print(list(map_in_processes(take_a_gigabyte_at_three, range(6), workers=2, on_lost=negate)))\n"
    )
    with memory_group(512 << 20) as run:
        shown = run([sys.executable, "-c", script])
    assert (shown.stdout, shown.returncode) == ("[0, 1, 2, -3, 4, 5]\n", 0)


class KillsWhenPickled:
    def __reduce__(self) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""


def die_with_the_answer(number: int) -> int | KillsWhenPickled:
    return KillsWhenPickled() if number == 1 else number


def test_an_item_whose_worker_dies_while_it_answers_is_lost() -> None:
    assert [*map_in_processes(die_with_the_answer, range(3), workers=1, on_lost=negate)] == [0, -1, 2]


class TwoPartError(Exception):
    """Cannot be unpickled: it is made from two arguments and pickled with one."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} in {where}")


def raise_in_two_parts(_: int) -> int:
    raise TwoPartError("dust", "the lens")


def test_an_error_that_cannot_be_unpickled_is_told_in_its_words() -> None:
    with pytest.raises(RuntimeError, match="TwoPartError: dust in the lens"):
        list(map_in_processes(raise_in_two_parts, range(2), workers=2, on_lost=negate))


def raise_own_timeout(_: int) -> int:
    raise TimeoutError("its own")


def test_a_timeout_of_the_function_is_its_error() -> None:
    with pytest.raises(TimeoutError, match="its own"):
        list(map_in_processes(raise_own_timeout, range(2), workers=2, limits=Limits()))


def hang_at_one(number: int) -> int:
    if number == 1:
        time.sleep(60)
    return number


def test_a_worker_that_hangs_is_killed_though_the_consumer_has_stopped() -> None:
    results = map_in_processes(hang_at_one, range(2), workers=1, on_lost=negate, limits=Limits(silence_s=1))
    next(results)
    time.sleep(0.2)
    closing = threading.Thread(target=results.close, daemon=True)  # type: ignore[attr-defined]
    closing.start()
    closing.join(20)
    assert not closing.is_alive()


def test_workers_that_die_as_they_start_end_the_map(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"  # each worker runs it again
    script.write_text(
        "from operator import neg\n"
        "from xray_resnet.scale import map_in_processes\n"
        "list(map_in_processes(neg, [1], workers=1, on_lost=abs))\n"
    )
    shown = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert "UserError: worker processes died 3 times before they began to work" in shown.stderr


def test_an_item_that_asks_for_too_much_memory_fails_like_any_other() -> None:
    results = map_in_processes(swell_at_three, range(9), workers=2, on_lost=negate, limits=Limits(memory_bytes=1 << 30))
    with pytest.raises(MemoryError, match=r"^$"):
        list(results)


def work_slowly_with_beats(number: int) -> int:
    for _ in range(8):
        time.sleep(0.5)
        beat()
    return number


def test_a_worker_that_gives_signs_of_life_may_take_its_time() -> None:
    limits = Limits(silence_s=2)
    assert list(map_in_processes(work_slowly_with_beats, [1], workers=1, on_lost=negate, limits=limits)) == [1]


def test_every_item_may_kill() -> None:
    assert list(map_in_processes(die, range(1, 5), workers=2, on_lost=negate, limits=Limits())) == [-1, -2, -3, -4]


def test_a_worker_uses_one_thread() -> None:
    assert set(map_in_processes(threads_of_opencv, range(4), workers=2)) == {1}


def test_zero_workers_is_one_per_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    describe_machine(monkeypatch, cpus=6, memory=64 << 30)
    assert resolve_workers(0) == 6
    assert resolve_workers(5) == 5


def test_little_memory_has_fewer_workers_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    describe_machine(monkeypatch, cpus=16, memory=700 << 20)
    assert resolve_workers(0) == 2
    assert caplog.messages == ["2 worker processes and not 16: 700 MiB of memory are left, and each takes about 256"]


def test_there_is_one_worker_however_little_memory_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    describe_machine(monkeypatch, cpus=16, memory=1 << 20)
    assert resolve_workers(0) == 1


def test_a_worker_may_take_no_more_memory_than_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    describe_machine(monkeypatch, cpus=16, memory=700 << 20)
    assert fit_limits(Limits(memory_bytes=4 << 30)).memory_bytes == 700 << 20
    assert fit_limits(Limits(memory_bytes=500 << 20)).memory_bytes == 500 << 20


def describe_machine(monkeypatch: pytest.MonkeyPatch, *, cpus: int, memory: int) -> None:
    monkeypatch.setattr("xray_resnet.scale.local.available_cpus", lambda: cpus)
    monkeypatch.setattr("xray_resnet.scale.local.available_memory_bytes", lambda: memory)


def test_workers_end_when_their_parent_is_killed() -> None:
    script = (
        "import os, time\n"
        "from xray_resnet.scale import map_in_processes\n"
        "from tests.scale.test_local import report_and_wait\n"
        "list(map_in_processes(report_and_wait, range(2), workers=2))\n"
    )
    command = [sys.executable, "-c", script]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while any(map(_lives, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    parent.stdout.close()
    assert not any(map(_lives, workers))


def report_and_wait(_: int) -> None:
    os.write(1, b"%d\n" % os.getpid())
    time.sleep(60)


def _lives(pid: int) -> bool:
    """Whether the process runs; one that ended and that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
