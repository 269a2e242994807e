"""The order of an epoch."""

import pytest

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
