"""What a worker may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a worker may take before it is taken for lost.

    Attributes:
        silence_s: Seconds without `beat` on one item.
        memory_bytes: For its data, beyond what it starts with (RLIMIT_DATA); where that ends, allocations fail.
    """

    silence_s: float = 120.0
    memory_bytes: int = 4 << 30
