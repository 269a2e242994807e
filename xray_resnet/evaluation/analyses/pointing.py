"""The pointing game: do the maps peak where the findings are, and oftener than points that never look?"""

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.localisation import (
    ALL,
    IMAGE_CENTRE,
    TRAINING_BOXES,
    TRAINING_BOXES_ON_GRID,
    Localisation,
    localise,
)
from xray_resnet.evaluation.methods import letter_methods
from xray_resnet.evaluation.result import Caveat, Rank, Result, Section, Tile
from xray_resnet.files import format_json
from xray_resnet.metrics import PointingGame
from xray_resnet.pages.numbers import format_percent

FILE = "localisation.json"


def analyse_pointing(evidence: Evidence) -> Result:
    """Games on the boxes of the split; without a box only the file that says so."""
    localisation = localise(evidence)
    files = {FILE: format_json(localisation.to_json()).encode()}
    if not localisation.n_cases:
        return Result(files=files)
    values = {
        "localisation": localisation,
        "rows": [name for name, game in localisation.games[IMAGE_CENTRE].items() if game.n_cases],
        "rivals": (IMAGE_CENTRE, TRAINING_BOXES, TRAINING_BOXES_ON_GRID),
        "methods": _letter_methods(localisation),
        "all_findings": ALL,
    }
    section = Section("Pointing game", values)
    return Result(tile=_make_tile(localisation), section=section, warnings=warn_of_pointing(localisation), files=files)


def _make_tile(localisation: Localisation) -> Tile:
    games = {baseline: games[ALL] for baseline, games in localisation.games.items()}
    best, centre = (format_percent(games[name].baseline.value) for name in (TRAINING_BOXES, IMAGE_CENTRE))
    return Tile(
        "Pointing game",
        format_percent(games[IMAGE_CENTRE].maps.value),
        f"best fixed point {best}, image centre {centre}; cells of {_describe_cells(localisation)} allow "
        f"{format_percent(localisation.ceilings[ALL])}",
        f"{localisation.n_cases} cases",
    )


def _describe_cells(localisation: Localisation) -> str:
    return "{} × {}".format(*localisation.cells)


def _letter_methods(localisation: Localisation) -> dict[str, str]:
    played: list[PointingGame] = [game for games in localisation.games.values() for game in games.values()]
    return letter_methods(estimate for game in played for estimate in (game.maps, game.difference))


def warn_of_pointing(localisation: Localisation) -> list[Caveat]:
    """If maps do not point better than a point that knows the training boxes and has their grid."""
    difference = localisation.games[TRAINING_BOXES_ON_GRID][ALL].difference
    if difference.low is not None and difference.low > 0:
        return []
    is_worse = difference.high is not None and difference.high < 0
    verb = "point at findings less often" if is_worse else "are not shown to point at findings more often"
    grid = f"the same {_describe_cells(localisation)} grid, which never looks at an image"
    game = localisation.games[TRAINING_BOXES_ON_GRID][ALL]
    hit, rival = format_percent(game.maps.value), format_percent(game.baseline.value)
    hits = f"{hit} of {game.n_cases} boxed findings, that cell {rival}"
    text = f"The maps {verb} than the best fixed cell of {grid}: {hits}."
    return [Caveat(Rank.CAUTION, "maps_no_better_than_fixed_point", text)]
