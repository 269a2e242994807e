"""Memory and time of training steps: `python -m tests.benchmarks.step_memory --depth 1001 --stem small --size 32`.

Prints one line of JSON: `peak_mib`, the most that the process had resident; `step_mib`, how far the steps raised it,
which is activations and the gradients on their way; `step_s`, the fastest step, in seconds of the processor. With a
GPU, `gpu_mib` is the most that its tensors had.
"""

import argparse
import ctypes
import json
import time
from pathlib import Path

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from xray_resnet.models import build_model

_STATUS = Path("/proc/self/status")


def main() -> None:
    """Measures what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=50)
    parser.add_argument("--stem", default="imagenet")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--recompute", action="store_true")
    print(json.dumps(measure(**vars(parser.parse_args()))))


def measure(*, depth: int, stem: str, batch: int, size: int, steps: int, recompute: bool) -> dict[str, float]:
    """What training steps of AdamW in fp32 take; weights, gradients and the optimiser's state are made before."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = build_model(depth, stem=stem).to(device, memory_format=torch.channels_last).train()
    model.recompute_activations(recompute)
    optimiser = torch.optim.AdamW(model.parameters(), fused=True)
    images = torch.randn(batch, 1, size, size, device=device)
    take_step(model, optimiser, images[:2, :, :32, :32])
    before = start_over()
    seconds = [take_step(model, optimiser, images) for _ in range(steps)]
    peak = read_mib("VmHWM")
    figures = {"peak_mib": round(peak), "step_mib": round(peak - before), "step_s": round(min(seconds), 2)}
    return figures | ({"gpu_mib": torch.cuda.max_memory_allocated() >> 20} if device == "cuda" else {})


def take_step(model: torch.nn.Module, optimiser: torch.optim.Optimizer, images: torch.Tensor) -> float:
    """Seconds of the processor that a step took."""
    start = time.process_time()
    logits = model(images.contiguous(memory_format=torch.channels_last))
    binary_cross_entropy_with_logits(logits, torch.zeros_like(logits)).backward()
    optimiser.step()
    optimiser.zero_grad(set_to_none=False)
    return time.process_time() - start


def start_over() -> float:
    """Gives free memory back to the system and forgets the peak; MiB that are resident."""
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return read_mib("VmRSS")


def read_mib(name: str) -> float:
    """A line of the process's status."""
    (line,) = (line for line in _STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
