"""What an analysis gives: figures, plots, its part of the page, files and warnings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Rank(IntEnum):
    """How much a warning takes from the figures; the page shows the least number first."""

    SERIOUS = 1
    """The figures do not say how good the model is."""
    CAUTION = 2
    """A figure says less than it seems to."""
    NOTE = 3
    """What a reader should know of the figures."""


@dataclass(frozen=True)
class Caveat:
    """A warning.

    Attributes:
        rank: How much it takes from the figures.
        name: One word for programs that read metrics.json.
        text: What is the matter, in whole sentences.
    """

    rank: Rank
    name: str
    text: str

    def to_json(self) -> dict[str, str]:
        """Its entry in metrics.json."""
        return {"rank": self.rank.name.lower(), "name": self.name, "text": self.text}


@dataclass(frozen=True)
class Plot:
    """A picture of figures, drawn only if a page shows it.

    Attributes:
        draw: Gives it as SVG.
        text: Its content in words.
    """

    draw: Callable[[], str]
    text: str


@dataclass(frozen=True)
class Tile:
    """A figure of the first screen.

    Attributes:
        label: What it is; one of `pages.labels`, so that it can be told in other languages.
        value: It, written out.
        note: Its interval, or what it stands beside.
        detail: What the label is told of.
        is_main: Whether it is the one to look at first.
    """

    label: str
    value: str
    note: str
    detail: str = ""
    is_main: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        title: Its heading, and its entry in the page's contents.
        values: What its template `analyses/<name of the analysis>.html.j2` shows.
    """

    title: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What one analysis found.

    Attributes:
        figures: For metrics.json, at its top level.
        plots: By name; shown by the section.
        tile: For the first screen; None if there is none.
        section: Its part of the page; None if there is nothing to show.
        warnings: In any order.
        files: Written below the evaluation's folder, path → content.
    """

    figures: Mapping[str, Any] = field(default_factory=dict)
    plots: Mapping[str, Plot] = field(default_factory=dict)
    tile: Tile | None = None
    section: Section | None = None
    warnings: Sequence[Caveat] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


Results = Mapping[str, Result]
"""Name of the analysis → its result, in the order of the page."""


def list_warnings(results: Results) -> list[Caveat]:
    """The warnings of all analyses, the gravest first."""
    return sorted((caveat for result in results.values() for caveat in result.warnings), key=lambda caveat: caveat.rank)
