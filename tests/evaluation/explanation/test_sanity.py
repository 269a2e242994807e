"""Sanity: a map that does not ask the head fails, and says where; what is not shown is left open."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.explanation import sanity
from xray_resnet.evaluation.explanation.cases import Case, draw_cases
from xray_resnet.evaluation.explanation.sanity import Sanity, Step, check_sanity
from xray_resnet.explain.cascade import randomise_from_head
from xray_resnet.explain.methods import Cam
from xray_resnet.metrics import Estimate
from xray_resnet.models import PreActResNet
from xray_resnet.store import open_dataset


def in_silence(done: int, total: int, rejected: int = 0) -> None:
    pass


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return make_evidence(open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=60)))


def explain(evidence: Evidence, cases: list[Case]) -> dict[Cam, np.ndarray]:
    images = [*evidence.images([case.place for case in cases])]
    return evidence.network.explain(images, [case.finding for case in cases])


@pytest.fixture(scope="module")
def checked(evidence: Evidence) -> dict[Cam, Sanity]:
    cases = draw_cases(evidence)
    return check_sanity(evidence, cases, explain(evidence, cases), progress=in_silence)


def test_eigencam_stays_as_it_was_without_the_head_and_fails(checked: dict[Cam, Sanity]) -> None:
    head = checked["eigencam"].steps[0]
    assert (head.part, head.correlation.value) == ("head", pytest.approx(1))
    assert head.similarity.value == pytest.approx(1)
    assert checked["eigencam"].verdict == "failed" and checked["eigencam"].kept[0] == "head"


def test_the_exact_map_does_not_stay_without_the_head(checked: dict[Cam, Sanity]) -> None:
    assert checked["exact"].steps[0].correlation.value < 0.5  # type: ignore[operator]
    for name in ("gradcam", "hirescam"):
        for step, other in zip(checked["exact"].steps, checked[name].steps, strict=True):  # type: ignore[index]
            assert step.correlation.value == pytest.approx(other.correlation.value, abs=0.02)


def test_every_part_from_the_head_to_the_stem_is_a_step(checked: dict[Cam, Sanity]) -> None:
    parts = ["head", "last norm", *(f"unit {number}" for number in range(8, 0, -1)), "stem"]
    assert all([step.part for step in each.steps] == parts for each in checked.values())


def test_each_patient_meets_a_network_of_their_own(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def randomise(model: PreActResNet, *, seed: int) -> Iterator[tuple[str, PreActResNet]]:
        seeds.append(seed)
        yield next(randomise_from_head(model, seed=seed))

    monkeypatch.setattr(sanity, "randomise_from_head", randomise)
    cases = draw_cases(evidence)
    check_sanity(evidence, cases, explain(evidence, cases), progress=in_silence)
    assert seeds == [*range(1, len({case.patient for case in cases}) + 1)]


def test_maps_go_to_their_own_cases(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the network stays as it is, every map is like its original."""
    monkeypatch.setattr(sanity, "randomise_from_head", lambda model, *, seed: iter([("nothing", model)]))
    cases = draw_cases(evidence)
    found = check_sanity(evidence, cases, explain(evidence, cases), progress=in_silence)
    assert all(each.steps[0].correlation.value == pytest.approx(1, abs=1e-6) for each in found.values())


def test_originals_that_are_the_same_everywhere_are_left_out(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sanity, "randomise_from_head", lambda model, *, seed: iter([("nothing", model)]))
    cases = draw_cases(evidence)[:6]
    maps = explain(evidence, cases)
    maps["exact"][2] = 0
    found = check_sanity(evidence, cases, maps, progress=in_silence)
    assert (found["exact"].n_cases, found["eigencam"].n_cases) == (5, 6)


@pytest.mark.parametrize(
    ("ends", "verdict", "kept"),
    [
        ([(0.1, 0.3), (0.0, 0.49)], "passed", ()),
        ([(0.1, 0.3), (0.4, 0.5)], "open", ()),
        ([(0.1, None), (0.4, 0.45)], "open", ()),
        ([(0.5, 0.9), (0.1, 0.2)], "failed", ("part 0",)),
    ],
)
def test_a_map_passes_if_it_is_shown_to_be_destroyed_at_every_step(
    ends: list[tuple[float, float | None]], verdict: str, kept: tuple[str, ...]
) -> None:
    steps = [Step(f"part {n}", Estimate(value, -1, high), Estimate(0)) for n, (value, high) in enumerate(ends)]
    judged = Sanity(tuple(steps), 9)
    assert (judged.verdict, judged.kept) == (verdict, kept)
