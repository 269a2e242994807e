"""Holm's correction of several p-values (Scandinavian Journal of Statistics 6 (1979) 65)."""

from collections.abc import Sequence


def correct_p_values(p_values: Sequence[float | None]) -> list[float | None]:
    """Corrected p-values: those below α are significant while the chance of any false one stays below α.

    Args:
        p_values: One per test; None if absent, which counts as no test.
    """
    known = sorted((p_value, place) for place, p_value in enumerate(p_values) if p_value is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p_value, place) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * p_value))
        corrected[place] = highest
    return corrected
