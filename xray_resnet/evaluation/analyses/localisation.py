"""Localisation: do the maps show where the findings are, and better than what never looks at an image?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.iou_plot import plot_ious
from xray_resnet.evaluation.localisation import ALL, BASELINES, MEASURES, Localisation, localise
from xray_resnet.evaluation.located import IOU
from xray_resnet.evaluation.methods import letter_methods
from xray_resnet.evaluation.prior import IMAGE_CENTRE, TRAINING_BOXES, TRAINING_BOXES_ON_GRID
from xray_resnet.evaluation.result import Caveat, Plot, Rank, Result, Section, Tile
from xray_resnet.files import format_json
from xray_resnet.metrics import PointingGame
from xray_resnet.metrics.overlap import Overlap
from xray_resnet.pages.numbers import format_percent, to_title

FILE = "localisation.json"


@dataclass(frozen=True)
class Row:
    """A group of cases in a table of the page.

    Attributes:
        name: Of the group.
        compared: Maps, what never looks, and their difference.
        ceiling: What an oracle reaches.
    """

    name: str
    compared: PointingGame | Overlap
    ceiling: float | None


def analyse_localisation(evidence: Evidence) -> Result:
    """Games and overlaps on the boxes of the split; without a box only the file that says so."""
    localisation = localise(evidence)
    content = localisation.to_json()
    files = {FILE: format_json(content).encode()}
    if not localisation.n_cases:
        return Result(files=files)
    tables = {"pointing": [*_list_games(localisation)]} | {
        measure: [*_list_overlaps(localisation, measure)] for measure in MEASURES
    }
    rows = [row for table in tables.values() for row in table]
    values = {
        "localisation": localisation,
        "tables": tables,
        "others": [(BASELINES[name], localisation.games[name][ALL]) for name in (IMAGE_CENTRE, TRAINING_BOXES)],
        "without": sum(not games.n_cases for games in _games_on_grid(localisation, evidence.findings)),
        "methods": letter_methods(each for row in rows for each in (row.compared.maps, row.compared.difference)),
        "all_findings": ALL,
    }
    return Result(
        figures={"localisation": content},
        plots={"ious": Plot(lambda: plot_ious(localisation), _describe_ious(localisation))},
        tile=_make_tile(localisation),
        section=Section("Localisation", values),
        warnings=warn_of_pointing(localisation, evidence.findings),
        files=files,
    )


def _list_games(localisation: Localisation) -> Iterator[Row]:
    for name, game in localisation.games[TRAINING_BOXES_ON_GRID].items():
        if game.n_cases:
            yield Row(name, game, localisation.ceilings[name])


def _list_overlaps(localisation: Localisation, measure: str) -> Iterator[Row]:
    for name, overlap in localisation.overlaps[measure].items():
        if overlap.n_cases:
            yield Row(name, overlap, overlap.ceiling)


def _games_on_grid(localisation: Localisation, findings: Sequence[str]) -> list[PointingGame]:
    return [localisation.games[TRAINING_BOXES_ON_GRID][finding] for finding in findings]


def _describe_ious(localisation: Localisation) -> str:
    best = localisation.overlaps[IOU][ALL].maps.value
    return f"Mean intersection over union against the threshold, by finding; at the chosen thresholds {best:.3f}."


def _make_tile(localisation: Localisation) -> Tile:
    game = localisation.games[TRAINING_BOXES_ON_GRID][ALL]
    return Tile(
        "Pointing game",
        format_percent(game.maps.value),
        f"best fixed cell {format_percent(game.baseline.value)}; cells of {_describe_cells(localisation)} allow "
        f"{format_percent(localisation.ceilings[ALL])}",
        f"{localisation.n_cases} cases",
    )


def _describe_cells(localisation: Localisation) -> str:
    return "{} × {}".format(*localisation.cells)


def warn_of_pointing(localisation: Localisation, findings: Sequence[str]) -> list[Caveat]:
    """If maps do not point better than a point that knows other patients' boxes and has their grid.

    Args:
        localisation: What was found.
        findings: Those that are named if only some of them are pointed at no better.
    """
    games = localisation.games[TRAINING_BOXES_ON_GRID]
    grid = f"the same {_describe_cells(localisation)} grid, which never looks at an image"
    if not games[ALL].difference.is_above(0):
        verb = "point at findings less often" if games[ALL].difference.is_below(0) else _NOT_SHOWN
        hit, rival = (format_percent(each.value) for each in (games[ALL].maps, games[ALL].baseline))
        hits = f"{hit} of {games[ALL].n_cases} boxed findings, that cell {rival}"
        text = f"The maps {verb} than the best fixed cell of {grid}: {hits}."
        return [Caveat(Rank.CAUTION, "maps_no_better_than_fixed_point", text)]
    behind = [name for name in findings if games[name].n_cases and not games[name].difference.is_above(0)]
    if not behind:
        return []
    cells = ", ".join(_tell_cell(name, games[name], localisation.ceilings) for name in behind)
    text = f"The maps {_NOT_SHOWN} than the best fixed cell of {grid}, of {cells}."
    return [Caveat(Rank.NOTE, "some_maps_no_better_than_fixed_point", text)]


_NOT_SHOWN = "are not shown to point at findings more often"


def _tell_cell(name: str, game: PointingGame, ceilings: Mapping[str, float | None]) -> str:
    shares = (game.baseline.value, ceilings[name])
    return "{} (cell {}, at most {})".format(to_title(name), *map(format_percent, shares))
