"""Memory of maps over many images: `python -m tests.benchmarks.cam_memory --images 10000`.

Prints, for each method, what the process has resident after a tenth of the images and after all of them, in MiB, and
how many hooks the network has then.
"""

import argparse

import torch

from tests.benchmarks.step_memory import read_mib
from xray_resnet.explain.cam import compute_cam
from xray_resnet.explain.methods import METHODS, TITLES, Cam
from xray_resnet.models import PreActResNet, build_model

_BATCH_SIZE = 8


def main() -> None:
    """Measures every method on so many images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=64)
    options = parser.parse_args()
    torch.manual_seed(0)
    model = build_model(50, base_width=16).eval()
    for method in METHODS:
        explain(model, method, count=5 * _BATCH_SIZE, size=options.size)
        early = explain(model, method, count=options.images // 10, size=options.size)
        late = explain(model, method, count=options.images - options.images // 10, size=options.size)
        hooks = sum(len(module._forward_hooks) + len(module._backward_hooks) for module in model.modules())
        print(
            f"{TITLES[method]}: {early:.1f} MiB after {options.images // 10}, {late:.1f} after {options.images}",
            end=" ",
        )
        print(f"({late - early:+.1f}); {hooks} hooks", flush=True)


def explain(model: PreActResNet, method: Cam, *, count: int, size: int) -> float:
    """MiB that are resident after maps of so many images."""
    for _ in range(count // _BATCH_SIZE):
        compute_cam(model, torch.randn(_BATCH_SIZE, 1, size, size), [*range(_BATCH_SIZE)], method=method)
    return read_mib("VmRSS")


if __name__ == "__main__":
    main()
