"""From scores to what each recipe loses, where, and whether ours reaches its goals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docs.robustness.films import Film
from xray_resnet.data.ladder import MILD, RUNGS, Rung
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.robustness import Trainings, contrast, resample_trainings, state

Versions = Sequence[NDArray[np.generic]]
"""(N, 1) scores of every version of the films, the clean one first."""
HURTS = 0.01
"""AUROC that the plain recipe must lose on a rung for it to count as one that hurts."""


@dataclass(frozen=True)
class Group:
    """Rungs that are judged together.

    Attributes:
        name: In words.
        rungs: Their places.
        plain: Mean loss of the plain recipe.
        ours: Mean loss of ours.
        difference: Ours minus plain.
        ratio: Ours over plain.
    """

    name: str
    rungs: tuple[int, ...]
    plain: Estimate
    ours: Estimate
    difference: Estimate
    ratio: Estimate


@dataclass(frozen=True)
class Results:
    """Both recipes on the same films.

    Attributes:
        plain: The plain recipe.
        ours: Ours.
        clean: AUROC on the clean films, ours minus plain.
        groups: Rungs where the plain recipe is hurt, trained and held-out corruptions apart and together, and the
            others; those without a rung are left out.
    """

    plain: Trainings
    ours: Trainings
    clean: Estimate
    groups: tuple[Group, ...]

    @property
    def empty_groups(self) -> list[str]:
        """Names of the groups without a rung."""
        known = {group.name for group in self.groups}
        return [name for name in choose_groups(self.plain.losses) if name not in known]

    def worst_mild_rung(self) -> tuple[Rung, float]:
        """Of severities up to `MILD`, where ours loses most, and how much."""
        mild = [place for place, rung in enumerate(RUNGS) if rung.severity <= MILD]
        worst = max(mild, key=lambda place: float(self.ours.losses[place]))
        return RUNGS[worst], float(self.ours.losses[worst])


def compare_recipes(
    films: Sequence[Film],
    plain: Sequence[Versions],
    ours: Sequence[Versions],
    *,
    resamples: int,
    seed: int = 0,
) -> Results:
    """Compares trainings of both recipes.

    Args:
        films: N films.
        plain: Its trainings.
        ours: Likewise.
        resamples: Of trainings and patients.
        seed: Of the draws.
    """
    sides = resample_sides(films, (plain, ours), resamples=resamples, seed=seed)
    clean = contrast(sides[0].version(), sides[1].version())
    chosen = {name: rungs for name, rungs in choose_groups(sides[0].losses).items() if rungs}
    groups = tuple(_compare_group(name, rungs, *sides) for name, rungs in chosen.items())
    return Results(*sides, clean, groups)


def resample_sides(
    films: Sequence[Film], sides: Sequence[Sequence[Versions]], *, resamples: int, seed: int
) -> list[Trainings]:
    """The trainings of each side, over the same resamples of patients.

    Args:
        films: N films.
        sides: Of each its trainings.
        resamples: Of trainings and patients.
        seed: Of the draws.
    """
    labels, patients = np.array([[film.label] for film in films], float), [film.patient for film in films]
    return [
        resample_trainings(labels, scores, patients=patients, recipe=recipe, seed=seed, resamples=resamples)
        for recipe, scores in enumerate(sides)
    ]


def choose_groups(plain_losses: NDArray[np.float64]) -> dict[str, tuple[int, ...]]:
    """Places of the rungs of each group, by what the plain recipe loses on them."""
    hurts = [place for place, loss in enumerate(plain_losses) if loss >= HURTS]
    held_out = {place for place in hurts if RUNGS[place].kind.held_out}
    return {
        "hurts, corruption may be trained on": tuple(place for place in hurts if place not in held_out),
        "hurts, corruption held out of training": tuple(sorted(held_out)),
        "hurts, all": tuple(hurts),
        "elsewhere": tuple(place for place in range(len(RUNGS)) if place not in hurts),
    }


def _compare_group(name: str, rungs: tuple[int, ...], plain: Trainings, ours: Trainings) -> Group:
    losses = plain.loss(rungs), ours.loss(rungs)
    return Group(name, rungs, *map(state, losses), contrast(*losses), contrast(*losses, how=np.divide))
