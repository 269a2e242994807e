"""Processes that train together, one a GPU: which of them this is, and who started them."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from xray_resnet.errors import ConfigurationError, UserError

_INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended."""


@dataclass(frozen=True)
class Processes:
    """The processes of a training.

    Attributes:
        rank: Number of this one, from 0; the first alone prints and writes.
        devices: How many there are on each machine.
        nodes: How many machines.
        are_started: Whether torchrun, SLURM or the first process has started them all, so that none is to be started.
    """

    rank: int = 0
    devices: int = 1
    nodes: int = 1
    are_started: bool = False

    @property
    def count(self) -> int:
        """How many train together."""
        return self.devices * self.nodes

    @property
    def is_first(self) -> bool:
        """Whether this one prints and writes."""
        return self.rank == 0

    @contextmanager
    def with_one_voice(self) -> Iterator[None]:
        """Lets all but the first say which they are if they fail, and nothing if they are interrupted.

        Raises:
            UserError: that of the body, with the number of the process.
            SystemExit: of all but the first, after Ctrl-C.
        """
        try:
            yield
        except KeyboardInterrupt:
            if self.is_first:
                raise
            raise SystemExit(_INTERRUPTED) from None
        except UserError as error:
            if self.is_first:
                raise
            raise type(error)(f"process {self.rank + 1} of {self.count}: {error}") from error


ALONE = Processes()
"""The one process of a training that shares nothing."""


def find_processes(*, devices: int, nodes: int, environment: Mapping[str, str] = os.environ) -> Processes:
    """Those that torchrun or SLURM has started, else those that the settings ask for.

    Args:
        devices: Of each machine, as configured; 0: as started, else one.
        nodes: Machines, as configured; 0: as started, else one.
        environment: Where torchrun, SLURM and Lightning say what they have started.

    Raises:
        ConfigurationError: if other numbers are configured than were started.
    """
    started = _read_torchrun(environment) or _read_slurm(environment)
    if started is None:
        local_rank, node = environment.get("LOCAL_RANK"), int(environment.get("NODE_RANK", 0))
        rank = node * max(devices, 1) + int(local_rank or 0)
        return Processes(rank, max(devices, 1), max(nodes, 1), are_started=local_rank is not None)
    for name, asked, found in (("devices", devices, started.devices), ("nodes", nodes, started.nodes)):
        if asked and asked != found:
            raise ConfigurationError(f"train.{name} is {asked}, but {found} were started; leave it at 0")
    return started


def _read_torchrun(environment: Mapping[str, str]) -> Processes | None:
    if "TORCHELASTIC_RUN_ID" not in environment:
        return None
    count, devices = int(environment["WORLD_SIZE"]), int(environment["LOCAL_WORLD_SIZE"])
    return Processes(int(environment["RANK"]), devices, count // devices, are_started=count > 1)


def _read_slurm(environment: Mapping[str, str]) -> Processes | None:
    """Those of `srun`; a shell within an allocation has one task only."""
    count, nodes = int(environment.get("SLURM_NTASKS", 1)), int(environment.get("SLURM_NNODES", 1))
    if "SLURM_PROCID" not in environment or environment.get("SLURM_JOB_NAME") in ("bash", "interactive"):
        return None
    return Processes(int(environment["SLURM_PROCID"]), count // nodes, nodes, are_started=count > 1)
