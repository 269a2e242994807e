"""The ablation in one command, at the root of the repository: `python -m docs.ablation FOLDER`.

Renders phantoms into FOLDER, trains each cell once and keeps its result there: an interrupted run goes on where it
stopped. Then writes docs/ablation.csv, docs/ablation.png and the figures of docs/ablation.md from what is there.
"""

import argparse
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from docs.ablation.cells import Cell, list_cells
from docs.ablation.results import format_figures, plot_depth, write_table
from docs.ablation.train import read_results, train_cell
from xray_resnet.files import write_text

DOCS = Path(__file__).parents[1]
_MARK = "<!-- figures -->\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains what is missing, as long as there is time, and writes what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="Start no cell after these.")
    parser.add_argument("--docs", type=Path, default=DOCS, help="Where the page is.")
    options = parser.parse_args(arguments)
    dataset, results = options.folder / "phantoms", options.folder / "results"
    render(dataset)
    train(list_cells(), dataset, results, processes=options.processes, minutes=options.minutes)
    write_page(results, options.docs)


def render(dataset: Path) -> None:
    """1,500 phantoms, stored at the size of the networks' input; those that are there are kept."""
    if (dataset / "dataset.json").is_file():
        return
    subprocess.run(
        ["xray-prep", "--config", "chestxray.yaml", "--data.cache", str(dataset), "--data.phantom.count", "1500",
         "--data.phantom.size", "128", "--prep.size", "32"], check=True,
    )  # fmt: skip


def train(cells: Sequence[Cell], dataset: Path, results: Path, *, processes: int, minutes: float) -> None:
    """Trains the cells in their order, several at a time, one core each; says each that is done."""
    results.mkdir(parents=True, exist_ok=True)
    missing = [cell for cell in cells if not (results / f"{cell.name}.json").is_file()]
    end = time.monotonic() + 60 * minutes
    with ProcessPoolExecutor(processes, mp_context=get_context("forkserver")) as pool:
        for batch in _split(missing, processes):
            if time.monotonic() > end:
                break
            for cell, _ in zip(
                batch, pool.map(partial(train_cell, dataset=dataset, folder=results), batch), strict=True
            ):
                print(cell.name, flush=True)


def write_page(results: Path, docs: Path) -> None:
    """The table, the plot, and the figures below the mark of the page."""
    found = read_results(results)
    write_table(found, docs / "ablation.csv")
    plot_depth(found, docs / "ablation.png")
    page = docs / "ablation.md"
    written, _, _ = page.read_text(encoding="utf-8").partition(_MARK)
    write_text(page, written + _MARK + format_figures(found))


def _split(cells: Sequence[Cell], size: int) -> Iterator[Sequence[Cell]]:
    return (cells[start : start + size] for start in range(0, len(cells), size))


if __name__ == "__main__":
    main()
