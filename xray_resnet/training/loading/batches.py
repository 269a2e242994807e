"""Batches of an epoch: this process's share of each, from any of them on.

Processes that train together see, step by step, the images that one would; a training that was killed within an epoch
goes on there.
"""

from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader, Sampler

from xray_resnet.data import Batch, EpochSampler
from xray_resnet.data.sampling import Position


class EpochBatches(Sampler[list[Position]]):
    """Lists of positions, one a batch.

    Args:
        sampler: Draws the positions of an epoch; Lightning tells it the epoch.
        batch_size: Images in a batch, of all processes.
        drop_last: Whether an incomplete last batch is left out.
        rank: Number of this process.
        processes: How many train together.
    """

    def __init__(
        self,
        sampler: EpochSampler,
        *,
        batch_size: int,
        drop_last: bool,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        self.sampler = sampler
        self.first = 0
        """Batches that the next epoch leaves out at its beginning; nothing is decoded for them."""
        self._batch_size = batch_size
        self._drop_last = drop_last
        self._rank = rank
        self._processes = processes

    def __len__(self) -> int:
        """Batches of a whole epoch."""
        whole, rest = divmod(len(self.sampler), self._batch_size)
        return whole + bool(rest and not self._drop_last)

    def __iter__(self) -> Iterator[list[Position]]:
        # A generator, for torch asks for more iterators than it uses: only the one that is used leaves batches out.
        positions, size = [*self.sampler], self._batch_size
        first, self.first = self.first, 0
        for batch in range(first, len(self)):
            yield positions[batch * size : (batch + 1) * size][self._rank :: self._processes]


class SharedOrder(Sampler[Position]):
    """Every so-manieth position of an order, from the rank of this process on; all processes get the same number.

    Args:
        sampler: The order.
        rank: Number of this process.
        processes: How many share the order; the last get positions from its beginning again, if it does not divide.
    """

    def __init__(self, sampler: Sampler[Position], *, rank: int, processes: int) -> None:
        self._sampler = sampler
        self._rank = rank
        self._processes = processes

    def __len__(self) -> int:
        return -(-len(self._sampler) // self._processes)  # type: ignore[arg-type]  # ours are sized

    def __iter__(self) -> Iterator[Position]:
        positions = [*self._sampler]
        wanted = range(self._rank, len(self) * self._processes, self._processes)
        return (positions[index % len(positions)] for index in wanted)


class ResumableLoader(DataLoader[Batch]):
    """A loader whose place in the epoch is saved in each checkpoint, by Lightning.

    Args:
        batches: The order.
        options: Those of torch's loader.
    """

    def __init__(self, images: Any, batches: EpochBatches, **options: Any) -> None:
        super().__init__(images, batch_sampler=batches, **options)
        self._batches = batches
        self._given = 0

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        # A generator, for Lightning asks for an iterator before it tells the sampler the epoch.
        self._given = self._batches.first
        for batch in super().__iter__():
            self._given += 1
            yield batch

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch, where no trainer does."""
        self._batches.sampler.set_epoch(epoch)

    def state_dict(self) -> dict[str, int]:
        """How many batches of the epoch have been given."""
        return {"batches": self._given}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Goes on after these batches."""
        self._batches.first = state_dict["batches"]
