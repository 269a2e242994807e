"""Orders of units, and how a known relation of order and performance is found."""

import numpy as np
import pytest

from tests.lab.networks import build
from xray_resnet.errors import UserError
from xray_resnet.lab.reorder import correlate, draw_order, estimate_correlation


def test_the_trained_order_has_a_tau_of_one() -> None:
    assert correlate(build(stages=(3, 3)), {0: [0, 1, 2]}) == pytest.approx(1)


def test_tau_counts_the_pairs_that_changed_places() -> None:
    """One stage reversed: 3 of the 15 pairs of six units are discordant, τ = (12 − 3) / 15."""
    assert correlate(build(stages=(3, 3)), {0: [2, 1, 0]}) == pytest.approx(9 / 15)


def test_units_that_change_the_shape_stay() -> None:
    model = build(stages=(3, 4))
    for seed in range(20):
        order = draw_order(model, 9, generator=np.random.default_rng(seed))
        assert order[1][0] == 0
        assert [sorted(stage) for stage in order.values()] == [[0, 1, 2], [0, 1, 2, 3]]


def test_a_network_without_units_to_exchange_is_refused() -> None:
    with pytest.raises(UserError, match="no stage of the network has two units that could change places"):
        draw_order(build(stages=(1, 2)), 1, generator=np.random.default_rng(0))


def make_relation(*, slope: float) -> tuple[list[float], np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    taus = np.linspace(0.2, 1, 40)
    aurocs = 0.7 + slope * taus + generator.normal(0, 0.01, 40)
    return taus.tolist(), aurocs, aurocs[:, None] + generator.normal(0, 0.005, (1, 300))


def test_a_planted_relation_is_found() -> None:
    found = estimate_correlation(*make_relation(slope=0.2), seed=0)
    assert found.low is not None
    assert found.low > 0.8


def test_no_relation_is_not_found() -> None:
    found = estimate_correlation(*make_relation(slope=0.0), seed=0)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high
