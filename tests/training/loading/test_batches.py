"""Batches of an epoch: a process's share of each, from any of them on."""

import pytest

from xray_resnet.data import EpochSampler
from xray_resnet.training.loading import ResumableLoader
from xray_resnet.training.loading.batches import EpochBatches, SharedOrder


@pytest.mark.parametrize("processes", [2, 3])
def test_a_batch_has_the_same_images_in_any_number_of_processes(processes: int) -> None:
    sampler = EpochSampler(40, shuffle=True, seed=1)
    whole = [*EpochBatches(sampler, batch_size=12, drop_last=True)]
    shares = [
        [*EpochBatches(sampler, batch_size=12, drop_last=True, rank=rank, processes=processes)]
        for rank in range(processes)
    ]
    for batch, *parts in zip(whole, *shares, strict=True):
        assert sorted(position for part in parts for position in part) == sorted(batch)
        assert {len(part) for part in parts} == {12 // processes}


def test_shares_of_an_order_interleave_to_it_and_are_equally_long() -> None:
    order = EpochSampler(5, shuffle=False)
    shares = [[position.item for position in SharedOrder(order, rank=rank, processes=2)] for rank in range(2)]
    assert shares == [[0, 2, 4], [1, 3, 0]]


def test_no_image_of_the_steps_that_are_done_is_loaded_again() -> None:
    loaded: list[int] = []

    class Images:
        def __len__(self) -> int:
            return 10

        def __getitem__(self, index: int) -> int:
            loaded.append(index)
            return index

    loader = ResumableLoader(Images(), EpochBatches(range(10), batch_size=3, drop_last=False))  # type: ignore[arg-type]
    loader.load_state_dict({"batches": 2})
    assert [batch.tolist() for batch in loader] == [[6, 7, 8], [9]]
    assert loaded == [6, 7, 8, 9]
    assert loader.state_dict() == {"batches": 4}
    assert next(iter(loader)).tolist() == [0, 1, 2]


def test_an_iterator_that_is_not_used_takes_no_batch_away() -> None:
    """With loading processes torch asks for two and uses one."""
    batches = EpochBatches(range(10), batch_size=3, drop_last=True)  # type: ignore[arg-type]
    batches.first = 2
    _, used = iter(batches), iter(batches)
    assert [*used] == [[6, 7, 8]]


@pytest.mark.parametrize(("drop_last", "sizes"), [(True, [4, 4]), (False, [4, 4, 2])])
def test_an_incomplete_last_batch_is_left_out_on_request(drop_last: bool, sizes: list[int]) -> None:
    batches = EpochBatches(range(10), batch_size=4, drop_last=drop_last)  # type: ignore[arg-type]
    assert [len(batch) for batch in batches] == sizes
    assert len(batches) == len(sizes)
