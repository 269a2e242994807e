"""Bounds of settings, kept beside the fields of the configuration and checked all at once, before any work begins."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from xray_resnet.errors import ConfigurationError

_KEY = "bounds"


@dataclass(frozen=True)
class Bounds:
    """Which numbers a setting may be; None: no bound on that side.

    Attributes:
        least: It may be this, or more.
        most: It may be this, or less.
        above: It must be more than this.
        below: It must be less than this.
    """

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    def __contains__(self, value: float) -> bool:
        return (
            (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        if self.least is not None and self.most is not None:
            return f"{self.least} to {self.most}"
        words = {"at least": self.least, "more than": self.above, "at most": self.most, "less than": self.below}
        return " and ".join(f"{word} {bound}" for word, bound in words.items() if bound is not None)


def bounded(default: Any, **bounds: float) -> Any:
    """A field of a dataclass with its default and the bounds of its values."""
    return field(default=default, metadata={_KEY: Bounds(**bounds)})


def list_bounds(section: object, prefix: str = "") -> Iterator[tuple[str, Any, Bounds]]:
    """Name with dots, value and bounds of each bounded setting of a section and of the sections in it."""
    for item in fields(section):  # type: ignore[arg-type]
        value = getattr(section, item.name)
        if is_dataclass(value):
            yield from list_bounds(value, f"{prefix}{item.name}.")
        elif _KEY in item.metadata:
            yield f"{prefix}{item.name}", value, item.metadata[_KEY]


def refuse_mistakes(section: object) -> None:
    """Refuses settings out of their bounds.

    Sections may have rules of their own, in a method `list_mistakes` that yields sentences.

    Raises:
        ConfigurationError: with every mistake, one a line.
    """
    mistakes = [
        f"{name} is {value}, expected {bounds}" for name, value, bounds in list_bounds(section) if value not in bounds
    ]
    mistakes += _list_own_mistakes(section, "")
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))


def _list_own_mistakes(section: object, prefix: str) -> Iterator[str]:
    if hasattr(section, "list_mistakes"):
        yield from (f"{prefix}{sentence}" for sentence in section.list_mistakes())
    for item in fields(section):  # type: ignore[arg-type]
        value = getattr(section, item.name)
        if is_dataclass(value):
            yield from _list_own_mistakes(value, f"{prefix}{item.name}.")
