"""Several ways to train ours, held against the first: what each loses on bad films, and its price on good ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from docs.robustness.films import Film
from docs.robustness.goals import show
from docs.robustness.results import Versions, choose_groups, resample_sides
from xray_resnet.data.ladder import RUNGS
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.bootstrap import RESAMPLES
from xray_resnet.metrics.robustness import Trainings, contrast, state


@dataclass(frozen=True)
class Way:
    """A way to train, and how it does.

    Attributes:
        name: Its own.
        trainings: How many.
        clean: AUROC on the clean films.
        price: That of the first way less it; None for the first.
        hurt: Mean loss over the rungs that hurt the first way.
        starred: Mean loss over the corruptions that no recipe trains on.
        gain: Loss of the first way where it is hurt less that of this; None for the first.
    """

    name: str
    trainings: int
    clean: Estimate
    price: Estimate | None
    hurt: Estimate
    starred: Estimate
    gain: Estimate | None


def compare_ways(films: Sequence[Film], scores: Mapping[str, Sequence[Versions]], *, seed: int = 0) -> list[Way]:
    """Each way beside the first, over the same resamples of patients.

    Args:
        films: N films.
        scores: Way → its trainings.
        seed: Of the draws.
    """
    sides = resample_sides(films, [*scores.values()], resamples=RESAMPLES, seed=seed)
    hurts = choose_groups(sides[0].losses)["hurts, all"]
    return [_describe(name, side, sides[0], hurts) for name, side in zip(scores, sides, strict=True)]


def format_ways(ways: Sequence[Way]) -> str:
    """A table in Markdown, a row for each way."""
    lines = [
        "| way | trainings | clean AUROC | price | lost where the first is hurt | gain there | lost to starred ones |",
        "|---|---|---|---|---|---|---|",
    ]
    for way in ways:
        figures = (way.clean, way.price, way.hurt, way.gain, way.starred)
        shown = " | ".join("–" if figure is None else show(figure) for figure in figures)
        lines.append(f"| {way.name} | {way.trainings} | {shown} |")
    return "\n".join(lines) + "\n"


def _describe(name: str, side: Trainings, first: Trainings, hurts: Sequence[int]) -> Way:
    starred = [place for place, rung in enumerate(RUNGS) if rung.kind.held_out]
    is_first = side is first
    return Way(
        name=name,
        trainings=len(side.aurocs),
        clean=state(side.version()),
        price=None if is_first else contrast(side.version(), first.version()),
        hurt=state(side.loss(hurts)),
        starred=state(side.loss(starred)),
        gain=None if is_first else contrast(side.loss(hurts), first.loss(hurts)),
    )
