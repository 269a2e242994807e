"""The map over items on a Ray cluster: the contract of `map_in_processes`, on as many machines as the cluster has.

Every node needs this package and the same paths to source and dataset. Ray runs a task again when its worker or node
dies; an item that kills its worker each time is the caller's to answer for, as it is locally.
"""

import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from typing import TypeVar

import ray

from xray_resnet.errors import UserError
from xray_resnet.scale.heartbeat import end_when_silent
from xray_resnet.scale.limits import Limits
from xray_resnet.scale.process import prepare_worker

Item = TypeVar("Item")
Result = TypeVar("Result")

_IN_FLIGHT_PER_CORE = 2
_RETRIES = 2
_ANSWERS_WITHIN_S = 5.0


class NoClusterError(UserError):
    """No cluster answers at an address."""


def map_on_ray(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    address: str = "auto",
    on_lost: Callable[[Item], Result],
    limits: Limits,
) -> Iterator[Result]:
    """Yields `function(item)` for each item, in the order of the items.

    Args:
        function: A function of a module that every node has installed.
        items: What it is called with; each must be picklable.
        address: The cluster's `HOST:PORT`; auto finds one that runs on this machine, or RAY_ADDRESS.
        on_lost: Called in this process with an item whose worker died each time; its result is the item's.
        limits: Limits beyond which a worker counts as lost.

    Raises:
        NoClusterError: if there is no cluster there.
        Exception: whatever `function` raises for an item, at its turn.
    """
    _connect(address)
    task = ray.remote(_call).options(max_retries=_RETRIES, num_cpus=1)
    try:
        in_flight = _IN_FLIGHT_PER_CORE * max(1, int(ray.cluster_resources().get("CPU", 1)))
        queue = iter(items)
        waiting = deque((item, task.remote(function, item, limits)) for item in islice(queue, in_flight))
        while waiting:
            item, reference = waiting.popleft()
            yield _wait(item, reference, on_lost)
            waiting.extend((item, task.remote(function, item, limits)) for item in islice(queue, 1))
    finally:
        ray.shutdown()


def _connect(address: str) -> None:
    """Joins the cluster as a client that reports nothing to Ray's makers and prints nothing of the workers'."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        _check_answers(address)
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False, configure_logging=False)
    except (OSError, OverflowError, ValueError, RuntimeError) as error:  # OverflowError: there is no such port
        reason, _, _ = str(error).partition("\n")
        raise NoClusterError(
            f"{address}: no Ray cluster answers ({reason}); start one with `ray start --head`"
        ) from None


def _check_answers(address: str) -> None:
    """Ray itself tries for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), _ANSWERS_WITHIN_S).close()


def _wait(item: Item, reference: "ray.ObjectRef[Result]", on_lost: Callable[[Item], Result]) -> Result:
    try:
        result: Result = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause or error from None
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError):
        return on_lost(item)
    return result


def _call(function: Callable[[Item], Result], item: Item, limits: Limits) -> Result:
    """Runs on a worker of the cluster; Ray reuses its processes."""
    _prepare_once(limits)
    with end_when_silent(limits.silence_s):
        return function(item)


@cache
def _prepare_once(limits: Limits) -> None:
    prepare_worker(limits)
