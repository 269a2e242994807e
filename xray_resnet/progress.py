"""Progress of a long job."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Progress(Protocol):
    """Told how far a job is."""

    def __call__(self, done: int, total: int, rejected: int = 0) -> None:
        """Takes the counts so far."""


ShowWork = Callable[[str, str], AbstractContextManager[Progress]]
"""Title and unit of a job to what is told of it; each job has a clock of its own, which starts here."""


@contextmanager
def work_in_silence(title: str, unit: str) -> Iterator[Progress]:
    """Shows nothing."""
    yield lambda done, total, rejected=0: None
