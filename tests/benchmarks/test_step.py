"""A training step of our ResNet-50 beside timm's in a plain loop, in turns; prints ratios, asserts no time."""

import multiprocessing
import resource
import statistics
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

import xray_resnet.torch_compat  # noqa: F401  before timm, which imports torchvision

# isort: split
import timm

from xray_resnet.data import Batch
from xray_resnet.models import build_model
from xray_resnet.processor import name_instruction_set
from xray_resnet.torch_engine import computes_in_bf16
from xray_resnet.training.losses import describe_labels
from xray_resnet.training.losses.cross_entropy import CrossEntropyLoss
from xray_resnet.training.steps.classifier import Classifier
from xray_resnet.training.steps.optimiser import Schedule

FINDINGS = 14
ROUNDS = 7
Step = Callable[[], None]


def autocast() -> torch.autocast:
    """What both compute in."""
    return torch.autocast("cpu", torch.bfloat16, enabled=computes_in_bf16("cpu"))


def build_timm_step(batch: Batch, *, channels_last: bool, fused: bool, compiled: bool = False) -> Step:
    """timm's network and AdamW, as one writes a loop."""
    network = timm.create_model("resnetv2_50", in_chans=1, num_classes=FINDINGS)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network = network.to(memory_format=layout).train()
    called = torch.compile(network) if compiled else network
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=1e-2, fused=fused or None)

    def step() -> None:
        with autocast():
            logits = called(batch.image.contiguous(memory_format=layout))
        loss = binary_cross_entropy_with_logits(logits.float(), batch.targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def build_our_step(batch: Batch, *, compiled: bool = False) -> Step:
    """Our network, loss, clipping and optimiser with their defaults, as `xray-train` takes a step."""
    network = build_model(50, num_findings=FINDINGS)
    classifier = Classifier(
        network,
        findings=tuple(str(number) for number in range(FINDINGS)),
        schedule=Schedule(1e-3, 1e-2, 0, 1000),
        loss=CrossEntropyLoss(describe_labels(batch.targets.numpy())),
        clip_norm=1.0,
    ).train()
    if compiled:
        network.compile()
    optimiser = classifier.configure_optimizers()["optimizer"]

    def step() -> None:
        with autocast():
            loss, _ = classifier.compute_loss(batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(classifier.parameters(), classifier.clip_norm)
        optimiser.step()

    return step


def serve_steps(asked: Connection, name: str, batch_size: int, size: int) -> None:
    """Takes a step whenever it is asked to and tells its seconds; at the end the most memory it had, in GiB."""
    warnings.filterwarnings("ignore", module="torch", category=DeprecationWarning)  # torch.compile's own
    targets = np.random.default_rng(0).integers(0, 2, (batch_size, FINDINGS)).astype(np.float32)
    step = CONTESTANTS[name](Batch(torch.rand(batch_size, 1, size, size), torch.from_numpy(targets), {}))
    while asked.recv():
        started = time.perf_counter()
        step()
        asked.send(time.perf_counter() - started)
    asked.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def time_steps(batch_size: int, size: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Seconds of each contestant's steps, in turns, each in a process of its own; and the most memory of each."""
    spawn = multiprocessing.get_context("spawn")
    ends = {}
    for name in CONTESTANTS:
        ends[name], theirs = spawn.Pipe()
        spawn.Process(target=serve_steps, args=(theirs, name, batch_size, size), daemon=True).start()
    seconds = {name: [_ask(end, True) for _ in range(2)] for name, end in ends.items()}
    for _ in range(ROUNDS):
        for name, end in ends.items():
            seconds[name].append(_ask(end, True))
    return seconds, {name: _ask(end, False) for name, end in ends.items()}


def _ask(end: Connection, go_on: bool) -> float:
    end.send(go_on)
    answer: float = end.recv()
    return answer


CONTESTANTS: Mapping[str, Callable[[Batch], Step]] = {
    "timm, as written": partial(build_timm_step, channels_last=False, fused=False),
    "timm, channels last, fused AdamW": partial(build_timm_step, channels_last=True, fused=True),
    "timm, channels last, fused AdamW, compiled": partial(
        build_timm_step, channels_last=True, fused=True, compiled=True
    ),
    "ours": build_our_step,
    "ours, compiled": partial(build_our_step, compiled=True),
}


@pytest.mark.parametrize(("batch_size", "size"), [(32, 96), (32, 128), (16, 224)])
def test_a_step_beside_timms(batch_size: int, size: int) -> None:
    seconds, memory = time_steps(batch_size, size)
    precision = "bf16" if computes_in_bf16("cpu") else "fp32"
    print(f"\nResNet-50, batch {batch_size} of {size}², {precision}, {name_instruction_set()}:")
    own = seconds["ours"][2:]
    for name, times in seconds.items():
        ratios = [theirs / mine for theirs, mine in zip(times[2:], own, strict=True)]
        print(
            f"  {name}: {statistics.median(times[2:]):.2f} s a step, {statistics.median(ratios):.2f} of ours; "
            f"the first took {times[0]:.0f} s; {memory[name]:.1f} GiB"
        )
