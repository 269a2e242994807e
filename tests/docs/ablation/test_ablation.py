"""The ablation trains every network once, keeps what is done, and says of which cells its figures are."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docs.ablation import train as training
from docs.ablation.__main__ import DOCS, write_page
from docs.ablation.cells import DEPTHS, Cell, list_cells
from docs.ablation.results import format_figures, write_table
from docs.ablation.train import describe, read_results, train_cell
from tests.training.test_fit import make_data
from xray_resnet.models import Architecture

CELL = Cell("parts", Architecture("basic", (1, 1), stem="small", base_width=8), 0)


def result(cell: Cell, **found: Any) -> dict[str, Any]:
    return describe(cell) | {
        "train_losses": [0.6, 0.4], "test_auroc": 0.8, "silent_units": 0, "failure": "", "seconds": 1.0, **found,
    }  # fmt: skip


def test_both_studies_have_every_network_and_no_cell_twice() -> None:
    cells = list_cells()
    assert len({cell.name for cell in cells}) == len(cells)
    depths = {(cell.architecture.depth, cell.architecture.shortcut) for cell in cells if cell.study == "depth"}
    assert depths == {(depth, shortcut) for depth in DEPTHS for shortcut in ("none", "identity")}
    parts = {(cell.architecture.order, cell.architecture.shortcut, cell.architecture.gate)
             for cell in cells if cell.study == "parts"}  # fmt: skip
    # Each order: four gates at the identity, one plain network, three gates at each of five shortcuts; strict identity
    # needs that nothing normalises the sum.
    assert len(parts) == 5 * (4 + 1 + 15) - 1


def test_a_cell_is_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = training.build_settings(0)
    monkeypatch.setattr(training, "build_settings", lambda seed: replace(quick, epochs=1))
    train_cell(CELL, dataset=make_data(tmp_path / "data"), folder=tmp_path)
    (kept,) = read_results(tmp_path)
    assert kept["order"] == "full_preactivation"
    assert len(kept["train_losses"]) == 1
    assert 0 <= kept["test_auroc"] <= 1
    train_cell(CELL, dataset=tmp_path / "gone", folder=tmp_path)
    assert read_results(tmp_path) == [kept]


def test_figures_are_means_over_seeds_and_count_what_diverged() -> None:
    cells = [cell for cell in list_cells() if cell.study == "depth" and cell.architecture.depth == 20]
    residual = [cell for cell in cells if cell.architecture.shortcut == "identity"]
    found = [
        result(residual[0]),
        result(residual[1], test_auroc=0.9, train_losses=[0.6, 0.2]),
        result(residual[2], failure="training diverged", test_auroc=None, train_losses=[]),
    ]
    page = format_figures(found, cells)
    assert page.startswith(f"3 of {len(cells)} cells were trained.")
    assert "| 20 |  | 0.300, 0.850 (2), 1 diverged |" in page


def test_the_page_keeps_its_words_and_gets_its_figures(tmp_path: Path) -> None:
    shutil.copy(DOCS / "ablation.md", tmp_path)
    results = tmp_path / "results"
    results.mkdir()
    cell = next(cell for cell in list_cells() if cell.study == "parts")
    (results / f"{cell.name}.json").write_text(json.dumps(result(cell, test_auroc=0.712)))
    for _ in range(2):
        write_page(results, tmp_path)
    page = (tmp_path / "ablation.md").read_text()
    assert page.count("<!-- figures -->") == 1
    assert page.startswith("# Which parts of a residual network matter")
    assert "0.712 (1)" in page
    assert (tmp_path / "ablation.png").stat().st_size > 0
    assert len((tmp_path / "ablation.csv").read_text().splitlines()) == 2


def test_a_cell_that_diverged_has_no_loss(tmp_path: Path) -> None:
    write_table([result(CELL, failure="training diverged", test_auroc=None, train_losses=[0.7])], tmp_path / "t.csv")
    header, row = (line.split(",") for line in (tmp_path / "t.csv").read_text().splitlines())
    assert dict(zip(header, row, strict=True))["train_loss"] == ""
