"""What a network loses when its units stand in another order (Veit et al. 2016, section 4.3)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

from xray_resnet.lab.bench import Bench, Sample
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, NothingToStudyError, Outcome
from xray_resnet.lab.figures import MODEL, MUTED, Figure, new_figure
from xray_resnet.lab.scores import RESAMPLES, resample_aurocs
from xray_resnet.lab.surgery import keeps_shape, list_stages, list_units, permuting
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.bootstrap import estimate
from xray_resnet.models import PreActResNet

RESAMPLING = "percentile bootstrap of orders and patients together"
Orders = dict[int, list[int]]
"""Stage → positions of its units."""


def draw_order(model: PreActResNet, swaps: int, *, generator: np.random.Generator) -> Orders:
    """The order of the units after so many exchanges of two random units of one stage that keep the shape.

    Raises:
        NothingToStudyError: if no stage has two such units.
    """
    orders = {stage: [*range(len(units))] for stage, units in enumerate(list_stages(model))}
    movable = {
        stage: [place for place, unit in enumerate(units) if keeps_shape(unit)]
        for stage, units in enumerate(list_stages(model))
    }
    stages = [stage for stage, places in movable.items() if len(places) > 1]
    if not stages:
        raise NothingToStudyError("no stage of the network has two units that could change places; give a deeper run")
    sizes = np.asarray([len(movable[stage]) for stage in stages], float)
    for stage in generator.choice(stages, size=swaps, p=sizes / sizes.sum()):
        one, other = generator.choice(movable[int(stage)], size=2, replace=False)
        order = orders[int(stage)]
        order[one], order[other] = order[other], order[one]
    return orders


def correlate(model: PreActResNet, orders: Orders) -> float:
    """Kendall's τ of an order of the units with the trained one: 1 the same, −1 reversed."""
    before = [unit.place.number for unit in list_units(model)]
    with permuting(model, orders):
        after = [unit.place.number for unit in list_units(model)]
    return float(kendalltau(before, after).statistic)


def count_passes(bench: Bench) -> int:
    """Images that go through the run's network."""
    return _count_images(bench) * (1 + _count_orders(bench))


def _count_images(bench: Bench) -> int:
    return bench.choose(150, 300)


def _count_orders(bench: Bench) -> int:
    return bench.choose(12, 40)


def _measure(bench: Bench) -> Outcome:
    sample = bench.draw_sample(_count_images(bench))
    count = _count_orders(bench)
    most = 2 * sum(keeps_shape(unit) for unit in list_units(bench.model))
    swaps = np.linspace(1, most, count).round().astype(int)
    orders = [
        draw_order(bench.model, int(number), generator=np.random.default_rng([bench.seed, k]))
        for k, number in enumerate(swaps)
    ]
    answers = _ask(bench, sample, orders)
    values, samples = resample_aurocs(
        sample.labels, [bench.answer(sample.images), *answers], patients=sample.patients, seed=bench.seed
    )
    taus = [correlate(bench.model, order) for order in orders]
    data = {"whole": float(values[0]), "taus": taus, "aurocs": values[1:].tolist()}
    return Outcome(
        estimate=estimate_correlation(taus, values[1:], samples[1:], seed=bench.seed),
        found=_tell(data),
        data=data,
        settings={"images": len(sample.images), "orders": count},
    )


def estimate_correlation(
    taus: list[float], aurocs: NDArray[np.float64], samples: NDArray[np.float64], *, seed: int
) -> Estimate:
    """Spearman's correlation of τ with the AUROC, resampling orders and patients together.

    Args:
        taus: (K,) of the orders.
        aurocs: (K,) of the orders.
        samples: (K, R) in resamples of the patients.
        seed: Of the draws of the orders.
    """
    generator, x = np.random.default_rng(seed), np.asarray(taus)
    drawn = generator.integers(len(x), size=(RESAMPLES, len(x)))
    figures = [_spearman(x[some], samples[some, place % samples.shape[1]]) for place, some in enumerate(drawn)]
    return replace(estimate(_spearman(x, aurocs), np.asarray(figures)), method=RESAMPLING)


def _spearman(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    constant = np.ptp(x) == 0 or np.ptp(y) == 0
    return float("nan") if constant else float(spearmanr(x, y).statistic)


def _ask(bench: Bench, sample: Sample, orders: list[Orders]) -> list[NDArray[np.float32]]:
    def ask(place: int) -> list[list[float]]:
        with permuting(bench.model, orders[place]):
            answer: list[list[float]] = bench.answer(sample.images).tolist()
            return answer

    names = [f"order-{place}" for place in range(len(orders))]
    return [np.asarray(answer, np.float32) for answer in bench.keep_each("reordering", "orders", names, ask)]


def _tell(data: Mapping[str, Any]) -> str:
    taus, aurocs = np.asarray(data["taus"]), np.asarray(data["aurocs"])
    near, far = taus >= np.median(taus), taus < np.median(taus)
    parts = [f"The trained order has a macro AUROC of {data['whole']:.3f}."]
    for name, some in (("nearest to it", near), ("farthest from it", far)):
        if some.any():
            parts.append(
                f"The half of the orders {name} (mean τ {taus[some].mean():.2f}) has {aurocs[some].mean():.3f}."
            )
    return " ".join(parts)


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (axes,) = new_figure()
    axes.plot(data["taus"], data["aurocs"], color=MODEL, linestyle="", marker="o", markersize=4, alpha=0.6)
    axes.axhline(data["whole"], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_xlabel("Kendall's τ of the order of the units with the trained one")
    axes.set_ylabel("macro AUROC")
    return figure


EXPERIMENT = Experiment(
    name="reorder",
    title="Reordering units",
    question="Does the network still work when its units stand in another order?",
    claim=Claim(
        text="Performance falls smoothly as the order of the units departs from the trained one.",
        source="Veit et al. 2016, section 4.3",
        measure="Spearman's correlation of Kendall's τ with the macro AUROC, over random orders",
        bound=0.5,
        side="above",
    ),
    measure=_measure,
    draw=_draw,
    passes=count_passes,
)
