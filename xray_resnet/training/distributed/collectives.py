"""What processes that train together tell each other: sums and lists of what each has."""

import torch
from torch import Tensor


def count_processes() -> int:
    """How many train together with this one now; 1 before training starts."""
    distributed = torch.distributed
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def gather_all(mine: Tensor) -> Tensor:
    """(P, …) that of every process."""
    of_all = [torch.empty_like(mine) for _ in range(count_processes())]
    torch.distributed.all_gather(of_all, mine.contiguous())
    return torch.stack(of_all)


def sum_of_all(mine: Tensor) -> Tensor:
    """The sum over the processes; a copy of `mine` where there is one."""
    total = mine.clone()
    if count_processes() > 1:
        torch.distributed.all_reduce(total)
    return total
