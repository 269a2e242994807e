"""What finer maps cost: a training step and a prediction of each network, in turns; prints ratios, asserts no time."""

import time
from collections.abc import Callable, Mapping

import torch

from xray_resnet.models import Architecture, PreActResNet, build_model
from xray_resnet.processor import name_instruction_set
from xray_resnet.torch_engine import computes_in_bf16

WIDTH, SIZE, BATCH, FINDINGS, ROUNDS = 24, 224, 16, 14, 7
NETWORKS = {
    "stride 32": Architecture(base_width=WIDTH),
    "stride 16, one stage dilated": Architecture(base_width=WIDTH, dilated_stages=1),
    "stride 8, two stages dilated": Architecture(base_width=WIDTH, dilated_stages=2),
    "stride 16, stages of 3, 4 and 9 units": Architecture(stages=(3, 4, 9), base_width=WIDTH),
}
Work = Callable[[PreActResNet, torch.Tensor], None]


def take_step(model: PreActResNet, images: torch.Tensor) -> None:
    model.train()
    with torch.autocast("cpu", torch.bfloat16, enabled=computes_in_bf16("cpu")):
        loss = model(images).square().mean()
    loss.backward()


def predict(model: PreActResNet, images: torch.Tensor) -> None:
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=computes_in_bf16("cpu")):
        model.eval().forward_with_maps(images)


def measure(work: Work, models: Mapping[str, PreActResNet], images: torch.Tensor) -> dict[str, float]:
    """Seconds of the processor, the least of some rounds in which each network has its turn."""
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(ROUNDS):
        for name, model in models.items():
            start = time.process_time()
            work(model, images)
            seconds[name].append(time.process_time() - start)
    return {name: min(each) for name, each in seconds.items()}


def test_what_finer_maps_cost() -> None:
    torch.set_num_threads(1)
    models = {
        name: build_model(parts, num_findings=FINDINGS).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        for name, parts in NETWORKS.items()
    }
    images = torch.rand(BATCH, 1, SIZE, SIZE).contiguous(memory_format=torch.channels_last)
    print(f"\n{name_instruction_set()}, one thread, {BATCH} images of {SIZE}², width {WIDTH}")
    for title, work in (("training step", take_step), ("prediction with maps", predict)):
        for name, seconds in (found := measure(work, models, images)).items():
            print(f"{title}, {name}: {seconds:.2f} s, {seconds / found['stride 32']:.2f} × stride 32")
