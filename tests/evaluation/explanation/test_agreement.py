"""Agreement with occlusion: 1 for a map that ranks as the falls do, each case with its own."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.explanation.agreement import MOST_WINDOWS, measure_agreement
from xray_resnet.evaluation.explanation.cases import draw_cases
from xray_resnet.evaluation.network import Network
from xray_resnet.store import open_dataset


def in_silence(done: int, total: int, rejected: int = 0) -> None:
    pass


def make_cases(folder: Path, *, cells: tuple[int, int]) -> Evidence:
    """Evidence whose cells look at the middle of equal tiles, as windows do."""
    evidence = make_evidence(open_dataset(make_dataset(folder / "tiny", count=120)), cells=cells)
    spacing = evidence.peaks.grid.size / cells[0]
    tiles = replace(evidence.peaks.grid, spacing=spacing, first=spacing / 2)
    return replace(evidence, peaks=replace(evidence.peaks, grid=tiles))


def test_a_map_that_ranks_as_occlusion_does_agrees_and_its_negative_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = make_cases(tmp_path, cells=(4, 4))
    cases = draw_cases(evidence)
    falls = np.random.default_rng(0).random((len(cases), 4, 4)).astype(np.float32)
    coming = iter(falls)
    monkeypatch.setattr(Network, "occlude", lambda *_, **__: next(coming))
    found = measure_agreement(evidence, cases, {"exact": falls, "layercam": 1 - falls}, progress=in_silence)
    assert [*found["exact"]] == ["", *evidence.findings]
    assert [estimate.value for estimate in found["exact"].values()] == pytest.approx([1, 1, 1])
    assert found["layercam"][""].value == pytest.approx(-1)


def test_a_window_is_compared_with_the_cells_that_look_at_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiles = make_cases(tmp_path, cells=(4, 4))
    edges = replace(tiles, peaks=replace(tiles.peaks, grid=replace(tiles.peaks.grid, first=0.0)))
    cases = draw_cases(tiles)
    maps = np.random.default_rng(0).random((len(cases), 4, 4)).astype(np.float32)
    falls = [cv2.resize(edges.peaks.grid.spread(cells), (4, 4), interpolation=cv2.INTER_AREA) for cells in maps]
    found = []
    for evidence in (edges, tiles):
        coming = iter(falls)
        monkeypatch.setattr(Network, "occlude", lambda *_, left=coming, **__: next(left))
        found.append(measure_agreement(evidence, cases, {"exact": maps}, progress=in_silence)["exact"][""].value)
    assert found[0] == pytest.approx(1)
    assert found[1] is not None and found[1] < 0.9


def test_it_asks_the_network_about_its_finding(tmp_path: Path) -> None:
    evidence = make_cases(tmp_path, cells=(2, 2))
    cases = draw_cases(evidence)[:6]
    falls = np.stack(
        [evidence.network.occlude(evidence.images([case.place])[0], case.finding, windows=2) for case in cases]
    )
    assert measure_agreement(evidence, cases, {"exact": falls}, progress=in_silence)["exact"][""].value == 1


def test_a_fine_map_is_compared_at_so_many_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence, asked = make_cases(tmp_path, cells=(16, 16)), []

    def occlude(self: Network, image: object, finding: str, *, windows: int) -> np.ndarray:
        asked.append(windows)
        return np.arange(windows**2, dtype=np.float32).reshape(windows, windows)

    monkeypatch.setattr(Network, "occlude", occlude)
    cases = draw_cases(evidence)
    maps = np.tile(np.arange(256, dtype=np.float32).reshape(16, 16), (len(cases), 1, 1))
    found = measure_agreement(evidence, cases, {"exact": maps}, progress=in_silence)
    assert set(asked) == {MOST_WINDOWS} and found["exact"][""].value == pytest.approx(1)
