"""Deletion and insertion against a model whose score is known to come from one cell."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence, make_grid
from xray_resnet.evaluation.answers import Answers
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.explanation.cases import Case, draw_cases
from xray_resnet.evaluation.explanation.faithfulness import (
    SHARES,
    delete,
    insert,
    measure_faithfulness,
    rank_cells,
)
from xray_resnet.evaluation.network import Network, Peaks, Response
from xray_resnet.model_input import Pixels
from xray_resnet.progress import Progress
from xray_resnet.store import open_dataset

CELLS = (4, 4)
THERE = (slice(25, 41), slice(9, 25))
"""The pixels that are nearest to the cell (2, 1), which is lung with a finding or without it."""


def in_silence(done: int, total: int, rejected: int = 0) -> None:
    pass


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    dataset = open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=120))
    return make_evidence(dataset, cells=CELLS)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lets the network see nothing but how far one cell is off the mean of its image; fills with images asked about."""
    numbers: list[int] = []

    def predict(
        self: Network, images: Sequence[Pixels], *, known: object = None, progress: Progress | None = None
    ) -> Response:
        numbers.append(len(images))
        shown = [np.asarray(images[place], np.float64) for place in range(len(images))]
        texture = [image[THERE].std() / 6 - 1 for image in shown]
        logits = np.repeat(np.array(texture, np.float32)[:, None], 2, axis=1)
        features = np.zeros((len(images), 1), np.float32)
        return Response(logits, Peaks(np.zeros((len(images), 2, 2), np.float32), make_grid(CELLS)), features)

    monkeypatch.setattr(Network, "predict", predict)
    return numbers


def make_maps(cases: Sequence[Case], *, strongest: float) -> np.ndarray:
    maps = np.full((len(cases), *CELLS), 0.5, np.float32)
    maps[:, 2, 1] = strongest
    return maps


def test_a_map_of_where_the_score_comes_from_beats_a_random_order(evidence: Evidence, asked: list[int]) -> None:
    cases = draw_cases(evidence)
    maps = {"exact": make_maps(cases, strongest=1.0), "layercam": make_maps(cases, strongest=0.0)}
    found, random = measure_faithfulness(evidence, cases, maps, progress=in_silence)  # type: ignore[arg-type]
    for way in ("deletion", "insertion"):
        best, worst = (found[method].gains[way] for method in ("exact", "layercam"))  # type: ignore[index]
        assert best.low is not None and best.low > 0
        assert worst.high is not None and worst.high < 0
    falls = found["exact"].curves["deletion"]
    assert falls[0] == random["deletion"][0] and falls[1] == pytest.approx(falls[-1]), (
        "the first two cells matter alone"
    )


def test_gains_are_the_area_between_the_curves(evidence: Evidence, asked: list[int]) -> None:
    cases = draw_cases(evidence)
    found, random = measure_faithfulness(
        evidence, cases, {"exact": make_maps(cases, strongest=1.0)}, progress=in_silence
    )
    for way, sign in (("deletion", -1), ("insertion", 1)):
        between = sign * np.trapezoid(found["exact"].curves[way] - random[way], SHARES)  # type: ignore[index]
        assert found["exact"].gains[way].value == pytest.approx(between)  # type: ignore[index]


def test_of_every_case_its_own_cells_go(evidence: Evidence, asked: list[int]) -> None:
    """Cases of one finding with the right map, of the other with the wrong one: together the mean of both alone."""
    cases = draw_cases(evidence)[::-1]
    right = np.array([case.finding == evidence.findings[0] for case in cases])
    maps = np.where(right[:, None, None], make_maps(cases, strongest=1.0), make_maps(cases, strongest=0.0))

    def gain(which: np.ndarray) -> float:
        chosen = [case for case, wanted in zip(cases, which, strict=True) if wanted]
        found, _ = measure_faithfulness(evidence, chosen, {"exact": maps[which]}, progress=in_silence)
        return float(found["exact"].gains["deletion"].value or 0)

    alone = [gain(right), gain(~right)]
    assert alone[0] > 0 > alone[1]
    assert gain(np.ones(len(cases), np.bool_)) == pytest.approx(
        np.average(alone, weights=[right.sum(), (~right).sum()])
    )


def test_equal_maps_are_asked_about_once_and_answers_are_kept(
    evidence: Evidence, asked: list[int], tmp_path: Path
) -> None:
    keeping = replace(evidence, answers=Answers(tmp_path, lambda: "model"))
    cases = draw_cases(keeping)
    maps = make_maps(cases, strongest=1.0)

    def measure(*methods: str) -> float | None:
        found, _ = measure_faithfulness(
            keeping,
            cases,
            dict.fromkeys(methods, maps),
            progress=in_silence,  # type: ignore[misc]
        )
        return found["exact"].gains["deletion"].value

    first, once = measure("exact"), len(asked)
    assert measure("exact", "gradcam", "hirescam") == first
    assert len(asked) == once


def test_the_strongest_cell_goes_first_and_equal_ones_by_the_given_turns() -> None:
    cells = np.array([[0.2, 0.9], [0.2, 0.2 + 1e-7]], np.float32)
    ties = np.array([[0, 3], [1, 2]])
    np.testing.assert_array_equal(rank_cells(cells, ties), [[1, 0], [2, 3]])


def test_deleting_leaves_the_mean_and_inserting_starts_from_what_is_coarse() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    went = np.zeros(CELLS, np.bool_)
    went[0, 3] = True
    deleted, inserted = (change(pixels, went, make_grid(CELLS)) for change in (delete, insert))
    assert deleted.dtype == inserted.dtype == np.uint8
    assert (deleted[:9, 41:] == int(pixels.mean())).all()
    np.testing.assert_array_equal(deleted[9:], pixels[9:])
    np.testing.assert_array_equal(deleted[:, :41], pixels[:, :41])
    np.testing.assert_array_equal(inserted[:9, 41:], pixels[:9, 41:])
    assert inserted[9:].std() < 0.1 * pixels.std()


def test_none_and_all_of_the_cells_are_the_image_and_nothing_of_it() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    none, every, grid = np.zeros(CELLS, np.bool_), np.ones(CELLS, np.bool_), make_grid(CELLS)
    np.testing.assert_array_equal(delete(pixels, none, grid), pixels)
    np.testing.assert_array_equal(insert(pixels, every, grid), pixels)
    assert len(np.unique(delete(pixels, every, grid))) == 1
