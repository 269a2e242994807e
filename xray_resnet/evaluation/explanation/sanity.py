"""Sanity (Adebayo et al. 2018): a map must not stay as it was if the weights that it explains are drawn anew."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.explanation.cases import Case
from xray_resnet.explain.cascade import randomise_from_head
from xray_resnet.explain.methods import Cam
from xray_resnet.explain.similarity import compare_ranks, compare_structure
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.means import estimate_mean
from xray_resnet.models import PreActResNet
from xray_resnet.progress import Progress

Maps = NDArray[np.float32]
Verdict = Literal["passed", "failed", "open"]
_MEASURES = (compare_ranks, compare_structure)
KEPT = 0.5
"""Mean rank correlation with the original from which a map counts as kept: half that of one that did not change."""


@dataclass(frozen=True)
class Step:
    """What is left of a method's maps when so many parts of the network are random.

    Attributes:
        part: The lowest random part; all above it are random too.
        correlation: Mean rank correlation with the original maps; 0 for a map that is the same everywhere.
        similarity: Mean structural similarity (SSIM) to them, both as they are shown.
    """

    part: str
    correlation: Estimate
    similarity: Estimate

    @property
    def is_kept(self) -> bool:
        """Whether the map is more like the original than not."""
        return self.correlation.value is not None and self.correlation.value >= KEPT

    @property
    def is_destroyed(self) -> bool:
        """Whether that is ruled out: the interval ends below `KEPT`."""
        return self.correlation.is_below(KEPT)


@dataclass(frozen=True)
class Sanity:
    """What is left of a method's maps from the head down to the stem.

    Attributes:
        steps: In that order.
        n_cases: How many maps were compared: originals that are the same everywhere are left out.
    """

    steps: tuple[Step, ...]
    n_cases: int

    @property
    def kept(self) -> tuple[str, ...]:
        """The steps at which the map is kept."""
        return tuple(step.part for step in self.steps if step.is_kept)

    @property
    def verdict(self) -> Verdict:
        """Passed if the map is destroyed at every step, failed if it is kept at one; else the cases do not say."""
        if self.kept:
            return "failed"
        return "passed" if all(step.is_destroyed for step in self.steps) else "open"


def check_sanity(
    evidence: Evidence, cases: list[Case], maps: Mapping[Cam, Maps], *, progress: Progress
) -> dict[Cam, Sanity]:
    """Every method on the same random networks, of which each patient meets one of their own.

    Args:
        evidence: Has the images and the network, which is asked in fp32.
        cases: N of them.
        maps: Method → (N, h, w) of the network as it is.
        progress: Told after every patient.
    """
    order = sorted(range(len(cases)), key=lambda number: cases[number].patient)
    groups = [[*group] for _, group in groupby(order, key=lambda number: cases[number].patient)]
    found: dict[tuple[str, Cam], dict[int, Maps]] = {}
    for done, group in enumerate(groups, start=1):
        for part, randomised in _explain_randomised(evidence, [cases[n] for n in group], seed=done):
            for method, cells in randomised.items():
                found.setdefault((part, method), {}).update(zip(group, cells, strict=True))
        progress(done, len(groups))
    parts = [*dict.fromkeys(part for part, _ in found)]
    return {method: _judge(cases, maps[method], {part: found[part, method] for part in parts}) for method in maps}


def _explain_randomised(evidence: Evidence, cases: list[Case], *, seed: int) -> Iterator[tuple[str, dict[Cam, Maps]]]:
    """Name of each part with the maps of the cases in the network that is random from it up."""
    network = evidence.network
    images, findings = [*evidence.images([case.place for case in cases])], [case.finding for case in cases]
    for part, model in randomise_from_head(network.model, seed=seed):
        yield part, replace(network, load=partial(_give, model)).explain(images, findings)


def _give(model: PreActResNet) -> PreActResNet:
    return model


def _judge(cases: list[Case], originals: Maps, randomised: Mapping[str, Mapping[int, Maps]]) -> Sanity:
    """A method's maps by number of the case."""
    told = [number for number, cells in enumerate(originals) if np.ptp(cells) > 0]
    patients = [cases[number].patient for number in told]

    def compare(part: str) -> Step:
        pair = originals[told], np.stack([randomised[part][number] for number in told])
        return Step(part, *(estimate_mean(alike(*pair), patients=patients, least=-1, most=1) for alike in _MEASURES))

    return Sanity(tuple(map(compare, randomised)), len(told))
