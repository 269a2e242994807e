"""Names and numbers as a page writes them; None is a dash."""

from collections.abc import Callable

ABSENT = "–"


_FULL = {
    "Effusion": "Pleural effusion", "Nodule": "Lung nodule", "Mass": "Lung mass", "Hernia": "Hiatal hernia",
    "exposure": "tone curve", "jpeg": "JPEG", "ap": "AP",
}  # fmt: skip
"""Names that are too short to be understood: findings without where they are, and corruptions."""


def to_title(name: str) -> str:
    """A name such as a finding's, in words with a capital."""
    words = _FULL.get(name, name.replace("_", " "))
    return words[:1].upper() + words[1:]


def fill(pattern: str, value: float) -> str:
    """The number in a pattern such as `%+.1f`, with a true minus sign."""
    return (pattern % value).replace("-", "−")


def format_count(count: int) -> str:
    """A count, its thousands separated."""
    return f"{count:,}"


def format_share(share: float | None) -> str:
    """A share of 1 to three decimals, such as an AUROC."""
    return ABSENT if share is None else f"{share:.3f}"


def format_percent(share: float | None) -> str:
    """A share of 1 in per cent."""
    return ABSENT if share is None else f"{100 * share:.1f} %"


FILTERS: dict[str, Callable[..., str]] = {
    "fill": fill,
    "thousands": format_count,
    "share": format_share,
    "percent": format_percent,
}
"""Name in the templates → function."""
