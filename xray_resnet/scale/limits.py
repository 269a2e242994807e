"""Limits of a worker process."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits beyond which a worker counts as lost.

    Attributes:
        silence_s: Seconds without `beat` on one item.
        memory_bytes: Its data beyond what it starts with (RLIMIT_DATA); allocations beyond that fail.
    """

    silence_s: float = 120.0
    memory_bytes: int = 4 << 30
