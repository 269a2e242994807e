"""What the ablation found: the table of cells, the page and the plot."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import xray_resnet.torch_compat  # noqa: F401  before matplotlib, which writes into the home folder

# isort: split
import numpy as np
from matplotlib.figure import Figure

from docs.ablation.cells import DEPTHS, Cell, list_cells
from xray_resnet.architecture import Gate, Order, Shortcut
from xray_resnet.files import replacing, write_csv

Result = dict[str, Any]

COLUMNS = (
    "study", "depth", "order", "shortcut", "gate", "seed", "test_auroc", "train_loss", "silent_units", "seconds",
)  # fmt: skip
_COLOURS = {"none": "#b4532a", "identity": "#1f5f8b"}
_NAMES = {"none": "plain", "identity": "residual"}


def write_table(results: Sequence[Result], path: Path) -> None:
    """A row per cell that was trained."""
    rows = ({**result, "train_loss": last_loss(result)} for result in results)
    write_csv(path, COLUMNS, ([row[name] for name in COLUMNS] for row in rows))


def last_loss(result: Result) -> float | None:
    """Training loss of the last epoch; None if training diverged."""
    return None if result["failure"] else result["train_losses"][-1]


def format_figures(results: Sequence[Result], cells: Sequence[Cell] | None = None) -> str:
    """Both studies as Markdown, and which cells they are of."""
    planned = list_cells() if cells is None else cells
    lines = [f"{len(results)} of {len(planned)} cells were trained.", "", *_format_depth(results)]
    for gate in get_args(Gate):
        lines += ["", *_format_gate(results, gate)]
    return "\n".join(lines) + "\n"


def plot_depth(results: Sequence[Result], path: Path) -> None:
    """Training loss against epoch, a panel for each depth: plain and residual networks, a line per seed."""
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    for axes, depth in zip(figure.subplots(1, len(DEPTHS), sharey=True), DEPTHS, strict=True):
        axes.set_title(f"{depth} layers", fontsize=9)
        for result in _select(results, study="depth", depth=depth):
            shortcut, losses = result["shortcut"], result["train_losses"]
            axes.plot(range(1, len(losses) + 1), losses, color=_COLOURS[shortcut], label=_NAMES[shortcut])
        axes.tick_params(labelsize=8)
        handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
        axes.legend(handles.values(), handles.keys(), frameon=False, fontsize=8)
    figure.supxlabel("epoch", fontsize=9)
    figure.supylabel("training loss", fontsize=9)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")


def _format_depth(results: Sequence[Result]) -> Iterator[str]:
    yield "| layers | plain: training loss, test AUROC | residual: training loss, test AUROC |"
    yield "|---|---|---|"
    for depth in DEPTHS:
        both = (_select(results, study="depth", depth=depth, shortcut=shortcut) for shortcut in ("none", "identity"))
        yield f"| {depth} | {' | '.join(_describe(some, with_loss=True) for some in both)} |"


def _format_gate(results: Sequence[Result], gate: str) -> Iterator[str]:
    yield f"Gate `{gate}`: test AUROC at {DEPTHS[0]} layers."
    yield ""
    yield f"| shortcut | {' | '.join(get_args(Order))} |"
    yield "|---|" + "---|" * len(get_args(Order))
    for shortcut in get_args(Shortcut):
        cells = [
            _select(results, study="parts", gate=gate, shortcut=shortcut, order=order) for order in get_args(Order)
        ]
        if any(cells):
            yield f"| {shortcut} | {' | '.join(_describe(some) for some in cells)} |"


def _select(results: Sequence[Result], **wanted: Any) -> list[Result]:
    return [result for result in results if all(result[name] == value for name, value in wanted.items())]


def _describe(results: Sequence[Result], *, with_loss: bool = False) -> str:
    """Mean over the seeds, their number if it is not one, and how many diverged."""
    whole = [result for result in results if not result["failure"]]
    said = []
    if whole and with_loss:
        said.append(f"{np.mean([last_loss(result) for result in whole]):.3f}")
    if whole:
        said.append(f"{np.mean([result['test_auroc'] for result in whole]):.3f} ({len(whole)})")
    if len(whole) < len(results):
        said.append(f"{len(results) - len(whole)} diverged")
    return ", ".join(said)
