"""A step of training and a prediction in bf16 and in fp32, in turns in one run; prints ratios, asserts no time."""

import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

import xray_resnet.silence  # noqa: F401  before openvino, which asks an analytics host on import

# isort: split
import openvino

from xray_resnet.bundle.onnx_export import export_onnx
from xray_resnet.models import build_model
from xray_resnet.processor import bf16_pays, name_instruction_set
from xray_resnet.torch_engine import Engine

ROUNDS = 7
FINDINGS = 14
HINTS = {"fp32": "f32", "bf16": "bf16"}
"""Precision → OpenVINO's name of it."""


def build_step(engine: Engine, batch_size: int, size: int) -> Callable[[], object]:
    """A step of a ResNet-50 on one batch, in the engine's precision."""
    network = build_model(50, num_findings=FINDINGS).to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(network.parameters(), fused=True)
    images = torch.rand(batch_size, 1, size, size).contiguous(memory_format=torch.channels_last)
    targets = torch.randint(0, 2, (batch_size, FINDINGS)).float()

    def step() -> None:
        with engine.autocast():
            logits = network(images)
        loss = binary_cross_entropy_with_logits(logits.float(), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def time_in_turns(named: Mapping[str, Callable[[], object]]) -> None:
    """Prints the median seconds of each and how often as fast as the first it is."""
    seconds: dict[str, list[float]] = {name: [] for name in named}
    for _ in range(ROUNDS + 2):
        for name, work in named.items():
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    first = next(iter(seconds.values()))[2:]
    for name, times in seconds.items():
        ratio = statistics.median(one / other for one, other in zip(first, times[2:], strict=True))
        print(f"  {name}: {statistics.median(times[2:]):.3f} s, {ratio:.2f} × as fast")


@pytest.mark.parametrize(("batch_size", "size"), [(32, 96), (16, 224)])
def test_a_step_of_training(batch_size: int, size: int) -> None:
    print(f"\nstep, ResNet-50, {batch_size} images of {size}², {name_instruction_set()}, bf16 pays: {bf16_pays()}")
    time_in_turns({precision: build_step(Engine("cpu", precision), batch_size, size) for precision in ("bf16", "fp32")})


def test_a_prediction(tmp_path: Path) -> None:
    network = build_model(50, num_findings=FINDINGS).eval()
    export_onnx(network, tmp_path / "model.onnx", image_size=224)
    image = np.random.default_rng(0).random((1, 1, 224, 224), np.float32)
    core = openvino.Core()
    compiled = {
        precision: core.compile_model(tmp_path / "model.onnx", "CPU", {"INFERENCE_PRECISION_HINT": HINTS[precision]})
        for precision in ("bf16", "fp32")
    }
    print(f"\nprediction, ResNet-50, an image of 224², {name_instruction_set()}, bf16 pays: {bf16_pays()}")
    time_in_turns({precision: lambda network=each: network(image) for precision, each in compiled.items()})
