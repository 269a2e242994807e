"""What a network loses when units are deleted at test time (Veit et al. 2016, sections 4.1 and 4.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from xray_resnet.lab import degradation
from xray_resnet.lab.bench import Bench, Sample
from xray_resnet.lab.claims import Claim, format_interval
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import COLOURS, MUTED, Figure, new_figure
from xray_resnet.lab.scores import CHANCE, estimate_mean, resample_aurocs
from xray_resnet.lab.small_networks import ask
from xray_resnet.lab.surgery import deleting, is_residual, keeps_shape, list_units
from xray_resnet.lab.training import Plan, train_networks
from xray_resnet.metrics import Estimate, macro_auroc
from xray_resnet.metrics.bootstrap import estimate
from xray_resnet.models import PreActResNet
from xray_resnet.models.units import Unit

HARDLY = 0.1
"""Share of what a network knows that a deletion may cost and still hardly hurt."""
DEPTH = 20
"""Layers of the small networks."""


def list_deletable(model: PreActResNet) -> list[Unit]:
    """Units that something can stand for: residual ones by their shortcut, plain ones by their input."""
    return [unit for unit in list_units(model) if is_residual(unit) or keeps_shape(unit)]


def draw_sets(count: int, sizes: Sequence[int], draws: int, *, generator: np.random.Generator) -> list[list[int]]:
    """Random sets of places to delete, `draws` of each size."""
    return [sorted(generator.permutation(count)[:size].tolist()) for size in sizes for _ in range(draws)]


def estimate_share(aurocs: NDArray[np.float64], samples: NDArray[np.float64]) -> Estimate:
    """The share of the AUROC above chance that a deletion costs, mean over the deletions: 0 nothing, 1 all of it.

    Args:
        aurocs: (1 + K,) of the whole network and of K lesioned ones.
        samples: (1 + K, R) of the same in resamples of the patients.
    """
    whole = estimate(float(aurocs[0]), samples[0])
    if not whole.is_above(CHANCE):
        return Estimate(None, why_null=f"the whole network, AUROC {aurocs[0]:.3f}, is not known to beat chance")
    value, resampled = ((some[0] - some[1:].mean(axis=0)) / (some[0] - CHANCE) for some in (aurocs, samples))
    return estimate(float(value), resampled)


def plan(bench: Bench) -> dict[degradation.Cell, Plan]:
    """Small plain networks and residual ones beside them, which `degradation` has, too."""
    return degradation.plan(bench, depths=[DEPTH])


def count_passes(bench: Bench) -> int:
    """Images that go through the run's network."""
    units, sizes = len(list_deletable(bench.model)), bench.choose(3, 6)
    return _count_images(bench) * (1 + units + sizes * _count_draws(bench))


def _count_images(bench: Bench) -> int:
    return bench.choose(150, 300)


def _count_draws(bench: Bench) -> int:
    return bench.choose(3, 6)


def measure_shares(model: PreActResNet, images: Tensor, labels: NDArray[np.float32]) -> list[float]:
    """The share of the AUROC above chance that each unit that keeps the shape costs, alone; none if there is nothing.

    Args:
        model: In evaluation mode.
        images: (N, C, H, W).
        labels: (N, F) of 1, 0 or NaN.
    """
    whole = macro_auroc(labels, ask(model, images)) or CHANCE
    if whole <= CHANCE:
        return []
    shares = []
    for unit in filter(keeps_shape, list_units(model)):
        with deleting([unit]):
            shares.append((whole - (macro_auroc(labels, ask(model, images)) or CHANCE)) / (whole - CHANCE))
    return shares


def _measure(bench: Bench) -> Outcome:
    sample = bench.draw_sample(_count_images(bench))
    units = list_deletable(bench.model)
    singles = _ask(bench, sample, units, [[place] for place in range(len(units))], "one by one")
    sizes = _choose_sizes(len(units), bench.choose(3, 6))
    draws = _count_draws(bench)
    sets = draw_sets(len(units), sizes, draws, generator=bench.generator)
    several = _ask(bench, sample, units, sets, "several")
    values, samples = resample_aurocs(
        sample.labels, [bench.answer(sample.images), *singles, *several], patients=sample.patients, seed=bench.seed
    )
    lost = values[0] - values[1 : 1 + len(units)]
    aurocs = values[1 + len(units) :].reshape(len(sizes), draws)
    data = {
        "whole": float(values[0]), "units": [unit.place.number for unit in units], "lost": lost.tolist(),
        "changes_shape": [not keeps_shape(unit) for unit in units], "sizes": sizes, "aurocs": aurocs.tolist(),
        "small": _compare_kinds(bench),
    }  # fmt: skip
    return Outcome(
        estimate=estimate_share(values[: 1 + len(units)], samples[: 1 + len(units)]),
        found=_tell(data),
        data=data,
        settings={"images": len(sample.images), "draws": draws},
    )


def _compare_kinds(bench: Bench) -> dict[str, list[list[float]]]:
    """Small networks: kind → the share that each unit costs, by repetition."""
    trained = train_networks(bench, plan(bench))
    shares = {key: measure_shares(each.model, bench.small_images, bench.small_labels) for key, each in trained.items()}
    return {kind: [*filter(None, rows)] for kind, rows in degradation.sort_by_kind(shares).items()}


def _ask(
    bench: Bench, sample: Sample, units: Sequence[Unit], sets: Sequence[Sequence[int]], title: str
) -> list[NDArray[np.float32]]:
    """Logits with each set of units deleted."""

    def ask(place: int) -> list[list[float]]:
        with deleting(units[each] for each in sets[place]):
            answer: list[list[float]] = bench.answer(sample.images).tolist()
            return answer

    names = [f"{title.replace(' ', '-')}-{place}" for place in range(len(sets))]
    answers = bench.keep_each(f"deleting {title}", "lesions", names, ask)
    return [np.asarray(answer, np.float32) for answer in answers]


def _choose_sizes(count: int, points: int) -> list[int]:
    """Numbers of units to delete, from one to all."""
    return sorted({round(size) for size in np.linspace(1, count, min(points, count))})


def _tell(data: Mapping[str, Any]) -> str:
    lost = np.asarray(data["lost"])
    worst = int(lost.argmax())
    changing = np.asarray(data["changes_shape"])
    parts = [f"The whole network has a macro AUROC of {data['whole']:.3f}."]
    parts.append(f"Deleting one unit costs {lost.mean():.3f} of it, on average.")
    parts.append(
        f"Most costly is unit {data['units'][worst]}, which {'changes' if changing[worst] else 'keeps'} the shape: "
        f"{lost[worst]:.3f}."
    )
    if changing.any() and not changing.all():
        costs = [lost[some].mean() for some in (changing, ~changing)]
        parts.append("Units that change the shape cost {:.3f}, the others {:.3f}.".format(*costs))
    parts.append(_tell_kinds(data["small"]))
    return " ".join(parts)


def _tell_kinds(small: Mapping[str, list[list[float]]]) -> str:
    means = {kind: [float(np.mean(row)) for row in rows] for kind, rows in small.items() if rows}
    words = [f"{kind} {format_interval(asdict(estimate_mean(values)))}" for kind, values in means.items()]
    return (
        f"In small networks of {DEPTH} layers, trained alike, a unit that keeps the shape costs this share of what the "
        f"network knows: {', '.join(words) or 'unknown, for none has learned anything'}."
    )


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (left, middle, right) = new_figure(3)
    colours = [COLOURS[changes] for changes in data["changes_shape"]]
    left.bar(data["units"], data["lost"], color=colours)
    left.set_xlabel("unit that is deleted; orange: it changes the shape")
    left.set_title("AUROC lost")
    aurocs = np.asarray(data["aurocs"])
    middle.plot(data["sizes"], aurocs, color=COLOURS[0], linestyle="", marker="o", markersize=3, alpha=0.4)
    middle.plot(data["sizes"], aurocs.mean(axis=1), color=COLOURS[0], linewidth=1.6)
    middle.axhline(data["whole"], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    middle.set_xlabel("units deleted at random")
    middle.set_title("AUROC")
    for place, rows in enumerate(data["small"].values()):
        for row in rows:
            right.plot(range(1, len(row) + 1), row, "o-", markersize=3, color=COLOURS[place], alpha=0.6)
        right.plot([], [], "o-", markersize=3, color=COLOURS[place], label=[*data["small"]][place])
    right.legend(frameon=False, fontsize=8)
    right.set_xlabel("unit that is deleted, of those that keep the shape")
    right.set_title(f"share lost, small networks of {DEPTH} layers")
    return figure


EXPERIMENT = Experiment(
    name="lesion",
    title="Deleting units",
    question="Does the network still work when one of its units is deleted, or several?",
    claim=Claim(
        text="Deleting one unit of a residual network hardly hurts, and the error grows smoothly with their number.",
        source="Veit et al. 2016, sections 4.1 and 4.2",
        measure="share of the macro AUROC above chance that deleting one unit costs, mean over the units",
        bound=HARDLY,
        side="below",
    ),
    measure=_measure,
    draw=_draw,
    plan=plan,
    passes=count_passes,
)
