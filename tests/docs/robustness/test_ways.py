"""Ways to train, held against the first: planted losses and gains, and a way that is the first itself."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from docs.robustness.films import Film
from docs.robustness.ways import compare_ways, format_ways
from xray_resnet.data.ladder import RUNGS
from xray_resnet.metrics import auroc

FILMS = [Film(Path(f"{n}.jpeg"), f"{n}.jpeg", n % 2, f"patient{n // 2}", "test") for n in range(80)]
LABELS = np.array([film.label for film in FILMS], float)
SCATTER = [place for place, rung in enumerate(RUNGS) if rung.corruption == "scatter"]


def make_training(*, noise_under_scatter: float, seed: int) -> list[NDArray[np.float64]]:
    """Scores of every version: the same on all rungs but those of scatter."""
    generator = np.random.default_rng(seed)
    clean = (2 * LABELS + generator.standard_normal(len(LABELS)))[:, None]
    degraded = clean + noise_under_scatter * generator.standard_normal(clean.shape)
    return [clean, *(degraded if place in SCATTER else clean for place in range(len(RUNGS)))]


@pytest.fixture(scope="module")
def ways() -> dict[str, list[list[NDArray[np.float64]]]]:
    frail = [make_training(noise_under_scatter=4, seed=seed) for seed in (0, 1)]
    return {"frail": frail, "same": frail, "firm": [make_training(noise_under_scatter=0, seed=seed) for seed in (0, 1)]}


def test_the_first_is_hurt_where_it_was_planted(ways: dict[str, list[list[NDArray[np.float64]]]]) -> None:
    first, _, _ = compare_ways(FILMS, ways)
    clean = [auroc(LABELS, training[0][:, 0]) for training in ways["frail"]]
    scattered = [auroc(LABELS, training[1 + SCATTER[0]][:, 0]) for training in ways["frail"]]
    assert first.clean.value == pytest.approx(np.mean(clean))
    assert first.hurt.value == pytest.approx(np.mean(clean) - np.mean(scattered))
    assert (first.price, first.gain, first.starred.value) == (None, None, 0)


def test_a_way_that_loses_nothing_gains_what_the_first_loses(ways: dict[str, list[list[NDArray[np.float64]]]]) -> None:
    first, same, firm = compare_ways(FILMS, ways)
    assert firm.gain is not None
    assert firm.gain.value == pytest.approx(first.hurt.value)
    assert firm.gain.low is not None
    assert firm.gain.low > 0
    assert same.gain is not None
    assert same.gain.value == 0
    assert firm.price is not None
    assert firm.price.value == pytest.approx(0)


def test_the_table_has_a_row_for_each_way(ways: dict[str, list[list[NDArray[np.float64]]]]) -> None:
    table = format_ways(compare_ways(FILMS, ways)).splitlines()
    assert [row.split(" | ")[0] for row in table[2:]] == ["| frail", "| same", "| firm"]
    assert all(row.count("|") == table[0].count("|") for row in table)
