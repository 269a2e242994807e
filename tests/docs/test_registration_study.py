"""Maps that lie beside their findings are moved back by what other patients' boxes say."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from docs.registration_study import STEPS, Pictured, format_row, move, picture_cases, reach, register
from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_grid
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.located import ENERGY, IOU, Case
from xray_resnet.evaluation.prior import TRAINING_BOXES_ON_GRID, Guess, find_truth
from xray_resnet.map_grid import MapGrid
from xray_resnet.metrics.localisation import is_hit
from xray_resnet.store import open_dataset

CELLS = (8, 8)
BESIDE = (0.5, 1.0)
"""Cells across and down from a map to its finding."""


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return make_evidence(open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=60)), cells=CELLS)


def make_cases(grid: MapGrid, *, patients: int = 40) -> Iterator[Pictured]:
    """Findings of 3 × 2 cells anywhere, each with a map that is right but for its place."""
    generator = np.random.default_rng(0)
    guess = Guess({TRAINING_BOXES_ON_GRID: (32.5, 32.5)}, np.ones(CELLS), 0)
    for patient in range(patients):
        left, top = generator.uniform(10, 36, 2).tolist()
        corner = move((left, top), grid, (-BESIDE[0], -BESIDE[1]))
        boxes = [(left, top, 24, 16)]
        beside, truth = find_truth([(*corner, 24, 16)], grid), find_truth(boxes, grid)
        assert beside is not None and truth is not None
        x, y = grid.find_peaks(beside.shares).tolist()
        prior = dict(zip((ENERGY, IOU), guess.reach(truth), strict=True))
        hits = {TRAINING_BOXES_ON_GRID: is_hit((32.5, 32.5), boxes)}
        case = Case("Nodule", str(patient), 0.1, False, hits, True, 0.0, np.zeros(1), prior, {ENERGY: 1, IOU: 1}, 0)
        yield Pictured(case, beside.shares.astype(np.float32), (x, y), boxes)


def test_the_offset_is_found_and_the_maps_point_again(evidence: Evidence) -> None:
    cases = [*make_cases(evidence.peaks.grid)]
    found = register("Nodule", cases, evidence)
    assert found.steps and np.abs(np.array(found.steps) - BESIDE).max() <= 0.25
    assert found.game.maps.value is not None and found.game.maps.value > 0.9
    still = np.mean([reach(case, evidence.peaks.grid, (0.0, 0.0))[1].max() for case in cases])
    assert found.iou.maps.value is not None and found.iou.maps.value > still + 0.2
    assert found.energy.difference.low is not None and found.energy.difference.low > 0
    assert format_row(found).startswith("| Nodule | 40 | ")


def test_moving_the_map_is_moving_the_boxes_back() -> None:
    grid = make_grid(CELLS)
    (case, *_) = make_cases(grid)
    energy, ious = reach(case, grid, BESIDE)
    assert energy == pytest.approx((case.heat.astype(float) ** 2).sum() / case.heat.sum(), abs=0.05)
    assert ious.max() > 1.5 * reach(case, grid, (0.0, 0.0))[1].max()
    assert reach(case, grid, (100.0, 0.0)) == (0.0, pytest.approx(np.zeros(len(ious))))


def test_no_movement_is_among_the_steps() -> None:
    assert (0.0, 0.0) in STEPS and BESIDE in STEPS


def test_cases_are_the_positive_findings_with_boxes(tmp_path: Path) -> None:
    evidence = make_evidence(open_dataset(make_dataset(tmp_path / "tiny", count=60)))
    cases = [each for each in picture_cases(evidence) if each.case.finding == evidence.findings[0]]
    assert cases and all(case.boxes for case in cases)
    assert len(cases) == sum(bool(evidence.boxes(place, evidence.findings[0])) for place in evidence.maps)
