"""What the tests on a cluster map; its workers import it."""

import os
import signal
import time

import numpy as np


def sleep_less_for_later(number: int) -> int:
    time.sleep(0.2 / (1 + number))
    return number


def name_node(_: int) -> str:
    import ray

    time.sleep(0.3)
    return str(ray.get_runtime_context().get_node_id())


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def hang_at_three(number: int) -> int:
    if number == 3:
        time.sleep(600)
    return number


def refuse_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is refused")
    return number


def ask_for_a_gigabyte(_: int) -> str:
    try:
        return str(np.ones(1 << 30, np.uint8).sum())
    except MemoryError:
        return "refused"


def give_up(number: int) -> str:
    return f"gave up {number}"
