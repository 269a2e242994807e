"""What long work tells of how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Told how far a long work is."""

    def __call__(self, done: int, total: int, rejected: int = 0) -> None:
        """Takes the counts so far."""
