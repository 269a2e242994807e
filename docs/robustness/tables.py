"""The study as tables: rungs and goals in Markdown, every training on every rung as CSV."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from docs.robustness.goals import judge, show
from docs.robustness.results import Results
from docs.robustness.views import VERSIONS, name_version
from xray_resnet.data.ladder import RUNGS, SEVERITIES, group_rungs
from xray_resnet.files import write_csv
from xray_resnet.metrics.robustness import CLEAN, Trainings


def write_aurocs(path: Path, sides: dict[str, tuple[Sequence[str], Trainings]]) -> None:
    """A row for each training and version: recipe, training, corruption, severity, AUROC, AUROC lost."""
    header = ["recipe", "training", "corruption", "severity", "held_out", "auroc", "lost"]
    rows = (row for recipe, (names, trainings) in sides.items() for row in _list_rows(recipe, names, trainings))
    write_csv(path, header, rows)


def _list_rows(recipe: str, names: Sequence[str], trainings: Trainings) -> Iterator[list[object]]:
    for name, aurocs in zip(names, trainings.aurocs, strict=True):
        for rung, auroc in zip(VERSIONS, aurocs, strict=True):
            what = [rung.corruption, rung.severity, int(rung.kind.held_out)] if rung else [name_version(rung), 0, 0]
            yield [recipe, name, *what, f"{auroc:.6f}", f"{max(0.0, aurocs[CLEAN] - auroc):.6f}"]


def format_study(results: Results, *, facts: Sequence[str]) -> str:
    """The page: goals, groups, then what each recipe loses on every rung."""
    parts = [*facts, "", *_format_goals(results), "", *_format_groups(results), "", *_format_rungs(results)]
    return "\n".join(parts) + "\n"


def _format_goals(results: Results) -> Iterator[str]:
    yield "| goal | wanted | found | reached |"
    yield "|---|---|---|---|"
    for goal in judge(results):
        yield f"| {goal.what} | {goal.wanted} | {goal.found} | {'yes' if goal.is_reached else '**no**'} |"


def _format_groups(results: Results) -> Iterator[str]:
    yield "| mean loss over | rungs | plain | ours | ours − plain | ours ÷ plain |"
    yield "|---|---|---|---|---|---|"
    for group in results.groups:
        figures = (show(figure) for figure in (group.plain, group.ours, group.difference, group.ratio))
        yield f"| {group.name} | {len(group.rungs)} of {len(RUNGS)} | {' | '.join(figures)} |"
    for name in results.empty_groups:
        yield f"| {name} | none of {len(RUNGS)} | – | – | – | – |"


def _format_rungs(results: Results) -> Iterator[str]:
    yield f"| AUROC lost, plain → ours | {' | '.join(map(str, SEVERITIES))} |"
    yield "|---|" + "---|" * len(SEVERITIES)
    for corruption, places in group_rungs():
        pairs = (f"{results.plain.losses[place]:.3f} → {results.ours.losses[place]:.3f}" for place in places)
        star = " *" if corruption.held_out else ""
        yield f"| {corruption.name.replace('_', ' ')}{star} | {' | '.join(pairs)} |"
