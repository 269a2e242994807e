"""The order of an epoch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xray_resnet.data import EpochSampler
from xray_resnet.data.sampling import Position


def test_an_epoch_has_every_image_once_in_an_order_of_its_own() -> None:
    sampler = EpochSampler(50, shuffle=True, seed=1)
    orders = []
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        orders.append([position.item for position in sampler])
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(50))
    assert orders[0] == orders[2] != orders[1]


def test_validation_is_in_order() -> None:
    assert [*EpochSampler(4, shuffle=False)] == [(0, item, item, 0) for item in range(4)]


def test_even_places_are_those_of_thue_and_morse() -> None:
    """OEIS A010060."""
    sequence = [0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0]
    assert [int(not Position(0, 0, place).is_even) for place in range(16)] == sequence


@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("batch", [2, 16, 30])
def test_half_of_each_batch_is_at_even_places_in_every_process(batch: int, processes: int) -> None:
    for rank in range(processes):
        even = [Position(0, 0, place).is_even for place in range(rank, 40 * batch * processes, processes)]
        counts = {sum(even[start : start + batch]) for start in range(0, len(even), batch)}
        assert counts == {batch // 2}


@settings(deadline=None, max_examples=30)
@given(
    weights=st.lists(st.floats(0.1, 20.0), min_size=2, max_size=60),
    seed=st.integers(0, 1000),
    epoch=st.integers(0, 5),
)
def test_an_image_is_drawn_as_often_as_asked_up_or_down_to_a_whole_number(
    weights: list[float], seed: int, epoch: int
) -> None:
    draws = np.array(weights) / np.mean(weights)
    sampler = EpochSampler(len(draws), shuffle=True, seed=seed, draws=draws)
    sampler.set_epoch(epoch)
    counts = np.bincount([position.item for position in sampler], minlength=len(draws))
    assert counts.sum() == len(draws)
    assert (counts >= np.floor(draws - 1e-9)).all()
    assert (counts <= np.ceil(draws + 1e-9)).all()


def test_balanced_epochs_are_the_same_when_drawn_again_and_differ_from_one_another() -> None:
    draws = np.array([0.5, 1.5] * 20)
    sampler = EpochSampler(40, shuffle=True, seed=2, draws=draws)
    epochs = []
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        epochs.append([*sampler])
    assert epochs[0] == epochs[2] != epochs[1]
    counts = sum(np.bincount([position.item for position in order], minlength=40) for order in epochs[:2])
    assert counts.max() <= 4


def test_a_repeated_image_says_how_often_it_came_before() -> None:
    sampler = EpochSampler(4, shuffle=True, seed=0, draws=np.array([4.0, 0, 0, 0]))
    assert [*sampler] == [(0, 0, place, place) for place in range(4)]
