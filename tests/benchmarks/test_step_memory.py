"""Memory of a training step: very deep networks, and ResNet-50 with and without recomputation, in turns."""

import json
import os
import subprocess
import sys

import pytest

EXACT = {"MALLOC_MMAP_THRESHOLD_": "65536"}
"""Lets glibc give back what is freed, so that what is resident is what is used; slower."""


def measure(*options: str, environment: dict[str, str] | None = None) -> dict[str, float]:
    """What `step_memory` prints, from a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.step_memory", *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | (environment or {}))
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@pytest.mark.parametrize(
    "options",
    [("--depth=1001", "--stem=small", "--batch=32", "--size=32"), ("--depth=200", "--batch=16", "--size=224")],
    ids=["1001 layers", "200 layers"],
)
def test_one_step_of_a_very_deep_network(options: tuple[str, ...]) -> None:
    for more in ((), ("--recompute",)):
        figures = measure(*options, *more)
        print(f"\n{' '.join((*options, *more))}: peak {figures['peak_mib'] / 1024:.2f} GiB, {figures['step_s']:.0f} s")


def test_recomputation_beside_the_plain_step() -> None:
    options = ("--depth=50", "--batch=32", "--size=128")
    plain, sparing = (measure(*options, *more, environment=EXACT) for more in ((), ("--recompute",)))
    print(f"\nactivations {plain['step_mib']} MiB, recomputed {sparing['step_mib']} MiB", end=" ")
    print(f"({1 - sparing['step_mib'] / plain['step_mib']:.0%} less)")
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for recompute in (False, True) * 3:
        seconds[recompute].append(measure(*options, "--steps=3", *(["--recompute"] * recompute))["step_s"])
    ratio = min(seconds[True]) / min(seconds[False])
    print(f"step {min(seconds[False])} s, with recomputation {min(seconds[True])} s ({ratio - 1:+.0%})")
