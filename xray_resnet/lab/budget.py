"""What experiments will take, said before they begin: measured on this machine, for the work that is left."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from xray_resnet.lab.bench import BATCH_SIZE, Bench
from xray_resnet.lab.experiment import Experiment, NothingToStudyError
from xray_resnet.lab.order import Order
from xray_resnet.lab.results import find_result
from xray_resnet.lab.small_networks import SIZE, build_settings, describe_network
from xray_resnet.lab.training import Plan, list_missing
from xray_resnet.models import build_model
from xray_resnet.scale import resolve_workers

_TRIED = 14
"""Layers of the network whose step is timed."""
_OVERHEAD = 1.4
"""A training over its steps alone: images, validation, the process's start."""
_TRIALS = 3


@dataclass(frozen=True)
class Budget:
    """What is left to do.

    Attributes:
        networks: To train.
        passes: Images through the run's network.
        seconds: About, with all processors.
    """

    networks: int
    passes: int
    seconds: float

    def describe(self) -> str:
        """`about 6 min: 30 small networks to train, 12,000 images through the network`."""
        parts = [
            f"{self.networks} small networks to train" * bool(self.networks),
            f"{self.passes:,} images through the network" * bool(self.passes),
        ]
        minutes = self.seconds / 60
        duration = f"about {minutes:.0f} min" if minutes >= 1 else "less than a minute"
        return ": ".join(filter(None, [duration, ", ".join(filter(None, parts))]))


def estimate_budget(experiments: Sequence[Experiment], order: Order) -> Budget:
    """What the experiments of an order will take that have no result yet; networks that several share count once."""
    benches = [(each, order.build_bench(each)) for each in experiments if find_result(each, order) is None]
    plans = [plan for each, bench in benches for plan in each.plan(bench).values()]
    missing = list_missing(benches[0][1], dict(enumerate(plans))) if plans else []
    passes = sum(_count_passes(each, bench) for each, bench in benches)
    gradients = sum(each.gradients(bench) for each, bench in benches)
    seconds = _time_trainings(benches[0][1], missing) if missing else 0.0
    seconds += passes * _time_pass(benches[0][1]) if passes else 0.0
    return Budget(len(missing), passes, seconds + (gradients * _time_unit() if gradients else 0.0))


def _count_passes(experiment: Experiment, bench: Bench) -> int:
    try:
        return experiment.passes(bench)
    except NothingToStudyError:
        return 0


def _time_trainings(bench: Bench, plans: Sequence[Plan]) -> float:
    """Seconds of the plans, side by side."""
    images = sum(plan.work for plan in plans) * len(bench.task.rows["train"])
    return _OVERHEAD * images * _time_unit() / min(len(plans), resolve_workers(0))


def _time_unit() -> float:
    """Seconds that an image takes in a unit, forwards and back, on one thread."""
    parts = describe_network(_TRIED)
    model, count = build_model(parts, num_findings=1), build_settings(1, seed=0).batch_size
    images, threads = torch.zeros(count, 1, SIZE, SIZE), torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        seconds = _time(lambda: model(images).sum().backward())
    finally:
        torch.set_num_threads(threads)
    return seconds / count / sum(parts.stages)


def _time_pass(bench: Bench) -> float:
    """Seconds that an image takes in the run's network."""
    images = bench.draw_sample(BATCH_SIZE).images
    return _time(lambda: bench.answer(images)) / len(images)


def _time(work: Callable[[], object]) -> float:
    """The least of some trials, in seconds, after one that warms up."""
    work()
    seconds = []
    for _ in range(_TRIALS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
