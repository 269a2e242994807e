"""What an analysis gives: figures, plots, its part of the page, files and warnings."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

from xray_resnet.findings import column_prefix


class Rank(IntEnum):
    """How much a warning takes from the figures; the page shows the least number first."""

    SERIOUS = 1
    """The figures do not say how good the model is."""
    CAUTION = 2
    """A figure says less than it seems to."""
    NOTE = 3
    """What a reader should know of the figures."""


class Concern(IntEnum):
    """What a warning is about; of equal rank the least number comes first."""

    LEAK = 1
    """The score may come from what is no finding, or from images that the model knows."""
    CALIBRATION = 2
    """Probabilities and decisions."""
    TRANSFER = 3
    """Other images than those it does well on: groups, bad films, other archives."""
    SAMPLE = 4
    """Too few patients, or none, for a figure."""
    SCOPE = 5
    """What the figures are of."""


@dataclass(frozen=True)
class Caveat:
    """A warning.

    Attributes:
        rank: How much it takes from the figures.
        name: One word for programs that read metrics.json.
        text: What is the matter, in whole sentences.
        concern: What it is about.
        anchor: Id on the page of the evidence for it: a section's name, or that, a hyphen and more; empty: the section
            of the analysis that warns.
        remedy: What to run to mend it, if a command does; for engineers, so told apart from the text.
    """

    rank: Rank
    name: str
    text: str
    concern: Concern = Concern.SCOPE
    anchor: str = ""
    remedy: str = ""

    @property
    def section(self) -> str:
        """Name of the section that holds the evidence."""
        return self.anchor.split("-")[0]

    def to_json(self) -> dict[str, str | None]:
        """Its entry in metrics.json; the anchor is null if the page has none."""
        return {
            "rank": self.rank.name.lower(),
            "name": self.name,
            "concern": self.concern.name.lower(),
            "text": self.text,
            "anchor": self.anchor or None,
            "remedy": self.remedy or None,
        }


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
    """The warnings of all analyses, the gravest first, of equal rank by their concern; anchors are on the page."""
    sections = {name for name, result in results.items() if result.section}
    warnings = [_anchor(caveat, name, sections) for name, result in results.items() for caveat in result.warnings]
    return sorted(warnings, key=lambda caveat: (caveat.rank, caveat.concern))


def make_anchor(section: str, *names: str) -> str:
    """An id for a part of a section, such as the row of a finding."""
    return "-".join([section, *map(column_prefix, names)])


def _anchor(caveat: Caveat, name: str, sections: Collection[str]) -> Caveat:
    anchored = replace(caveat, anchor=caveat.anchor or name)
    return anchored if anchored.section in sections else replace(caveat, anchor="")
