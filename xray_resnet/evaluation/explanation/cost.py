"""What a map costs beside the prediction that it explains."""

import time
from collections.abc import Callable
from statistics import median

import torch

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.explanation.cases import Case
from xray_resnet.explain.cam import compute_cam
from xray_resnet.explain.methods import METHODS, Cam

_IMAGES = 8
_ROUNDS = 5


def measure_costs(evidence: Evidence, cases: list[Case]) -> dict[Cam, float]:
    """Time of prediction and map together over that of prediction alone, in fp32 and side by side.

    Args:
        evidence: Has the network.
        cases: Of which the first few are explained, as one batch.
    """
    network, few = evidence.network, cases[:_IMAGES]
    batch = network.place([*evidence.images([case.place for case in few])])
    outputs = [network.outputs[case.finding] for case in few]

    def predict() -> None:
        with torch.inference_mode():
            network.model(batch)

    def explain(method: Cam) -> Callable[[], object]:
        return lambda: compute_cam(network.model, batch, outputs, method=method)

    works = [predict, *map(explain, METHODS)]
    rounds = [[_time(work) for work in works] for _ in range(_ROUNDS)]
    alone, *explained = [median(seconds) for seconds in zip(*rounds, strict=True)]
    return {method: took / alone for method, took in zip(METHODS, explained, strict=True)}


def _time(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
