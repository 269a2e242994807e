"""The study of coverage: a few cells of it hold what the documentation says, and finished cells are kept."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from docs.coverage import (
    AUROC,
    DIFFERENCE,
    ERROR,
    IMAGES,
    MACRO,
    MACRO_DIFFERENCE,
    MAX_FPR,
    PARTIAL,
    PRECISION,
    Cell,
    Cohort,
    Images,
    format_table,
    read_cells,
    simulate_all,
    simulate_averages,
    simulate_bad,
    simulate_one,
    simulate_two,
    spread_findings,
)
from xray_resnet.metrics import auroc, estimate_average_precision, estimate_partial_auroc

RUNS = 500
LEAST = 0.93 - 2 * np.sqrt(0.93 * 0.07 / RUNS)
"""What 93 % may look like in so few runs."""
COHORTS = [Cohort(5, 75, IMAGES[0]), Cohort(10, 75, IMAGES[1]), Cohort(20, 75, IMAGES[2]), Cohort(40, 300, IMAGES[4])]


@pytest.mark.parametrize("cohort", COHORTS, ids=str)
@pytest.mark.parametrize("area", [0.75, 0.95])
def test_intervals_of_one_model_cover(cohort: Cohort, area: float) -> None:
    cells = [*simulate_one(cohort, area, RUNS, f"{area:g}")]
    assert [cell.what for cell in cells] == [AUROC, PRECISION, PARTIAL]
    assert all(cell.given > 0.9 for cell in cells[:2])
    assert all(cell.share >= LEAST for cell in cells if cell.given > 0)


@pytest.mark.parametrize("cohort", COHORTS, ids=str)
@pytest.mark.parametrize("pair", [(0.8, 0.8), (0.9, 0.98)])
def test_intervals_of_differences_cover_and_the_test_errs_rarely(cohort: Cohort, pair: tuple[float, float]) -> None:
    cells = {cell.what: cell for cell in simulate_two(cohort, pair, 0.9, RUNS, f"{pair}")}
    assert cells[DIFFERENCE].given == 1 and cells[DIFFERENCE].share >= LEAST
    if ERROR in cells:
        assert cells[ERROR].share <= 0.06 + 2 * np.sqrt(0.06 * 0.94 / RUNS)


def test_intervals_of_averages_cover() -> None:
    cells = [*simulate_averages(Cohort(10, 75, IMAGES[1]), (0.8, 0.9), 60, "averages")]
    assert [cell.what for cell in cells] == [MACRO, MACRO_DIFFERENCE]
    assert all(cell.given == 1 and cell.share >= 0.86 for cell in cells)


def test_too_few_patients_get_no_interval_and_no_test() -> None:
    cohort = Cohort(4, 75, IMAGES[1])
    cells = [*simulate_one(cohort, 0.9, 20, "0.9"), *simulate_two(cohort, (0.8, 0.8), 0.9, 20, "0.8")]
    cells += simulate_averages(cohort, (0.8, 0.8), 4, "averages")
    assert {cell.given for cell in cells} == {0}
    assert format_table(cells).splitlines()[-1] == "| 4 | 75 | 1 | " + " | ".join(["–"] * 7) + " |"


@pytest.mark.parametrize("images", [IMAGES[0], IMAGES[4]], ids=str)
def test_the_truths_are_those_of_very_many_patients(images: Images) -> None:
    cohort = Cohort(30_000, 60_000, images)
    (scores,) = cohort.draw(1, 1, likeness=0, generator=np.random.default_rng(0))
    labels, patients = cohort.labels, cohort.patients
    (scores,) = cohort.raise_scores(scores, labels, 0.85)
    assert auroc(labels, scores) == pytest.approx(0.85, abs=0.005)
    precision = estimate_average_precision(labels, scores, patients=patients)
    assert precision.value == pytest.approx(cohort.true_precision(0.85), abs=0.01)
    part = estimate_partial_auroc(labels, scores, patients=patients, max_fpr=MAX_FPR)
    assert part.value == pytest.approx(cohort.true_partial_auroc(0.85), abs=0.01)


def test_images_of_a_patient_and_models_are_as_alike_as_is_said() -> None:
    cohort = Cohort(5, 5, Images(2, 2, 0.4))
    first, second = cohort.draw(2, 40_000, likeness=0.3, generator=np.random.default_rng(0))
    assert first.std() == pytest.approx(1, abs=0.01)
    assert np.corrcoef(first[:, 0], first[:, 1])[0, 1] == pytest.approx(0.4, abs=0.02)
    assert np.corrcoef(first[:, 0], second[:, 0])[0, 1] == pytest.approx(0.3, abs=0.02)
    assert cohort.shift(0.8) == pytest.approx(norm.ppf(0.8) * np.sqrt(2))


def test_findings_of_an_average_have_the_patients_that_are_said() -> None:
    labels = spread_findings(Cohort(10, 70, IMAGES[0]))
    np.testing.assert_array_equal(labels.sum(axis=0), [10, 20, 30, 40])
    np.testing.assert_array_equal(labels[:, 0], Cohort(10, 70, IMAGES[0]).labels)


def test_finished_cells_are_kept_and_not_simulated_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs.coverage.AREAS", (0.9,))
    monkeypatch.setattr("docs.coverage.PAIRS", ((0.8, 0.8),))
    monkeypatch.setattr("docs.coverage.AVERAGED", ())
    output = tmp_path / "cells.csv"
    first = simulate_all([Cohort(5, 20, IMAGES[0])], output, runs=20)
    assert [str(cell) for cell in read_cells(output)] == [str(cell) for cell in first]
    output.write_text(output.read_text().replace(f"{PRECISION},5,20", f"{PRECISION} before,5,20"))
    again = simulate_all([Cohort(n, 20, IMAGES[0]) for n in (5, 6)], output, runs=20)
    assert [cell.what for cell in again if cell.having == 5].count(f"{PRECISION} before") == 1
    assert len(again) == 2 * len(first)


def test_the_table_has_the_range_over_all_cells_of_so_many_patients() -> None:
    cells = [Cell(AUROC, 5, 75, "1", "0.9", 1.0, share, 0.1) for share in (0.95, 0.97, 0.94)]
    row = format_table([*cells, Cell(AUROC, 5, 75, "1", "0.98", 0.0, np.nan, np.nan)]).splitlines()[-1]
    assert row.startswith("| 5 | 75 | 1 | 0.940 to 0.970 | – |")


def test_cells_that_look_bad_are_simulated_again_with_more_runs_and_kept(tmp_path: Path) -> None:
    cohort = Cohort(5, 75, IMAGES[0])
    bad, good = (
        Cell(AUROC, 5, 75, str(IMAGES[0]), area, 1.0, share, 0.1) for area, share in (("0.9", 0.5), ("0.6", 0.96))
    )
    often = Cell(ERROR, 5, 75, str(IMAGES[0]), "0.8 and 0.8; likeness 0.9", 1.0, 0.07, 0.1)
    found = simulate_bad([cohort], [bad, good, often], tmp_path / "again.csv", runs=2000)
    assert found[0].share > 0.95 and found[1] == good and found[2].share < 0.05
    (once,) = (cell for cell in simulate_one(cohort, 0.9, 1000, "0.9", block=1) if cell.what == AUROC)
    (twice,) = (cell for cell in simulate_one(cohort, 0.9, 1000, "0.9", block=2) if cell.what == AUROC)
    assert found[0].share == pytest.approx((once.share + twice.share) / 2, abs=1e-4)
    assert simulate_bad([], [bad, good, often], tmp_path / "again.csv", runs=2000) == found
