"""Bounds of settings, kept beside the fields of the configuration and checked all at once, before any work begins."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, get_type_hints

from xray_resnet.errors import ConfigurationError

_KEY = "bounds"


@dataclass(frozen=True)
class Bounds:
    """Which finite numbers a setting may be; of a setting with several numbers, which each may be.

    Attributes:
        least: It may be this, or more.
        most: It may be this, or less.
        above: It must be more than this.
        below: It must be less than this.
    """

    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    below: float = math.inf

    def __contains__(self, value: Any) -> bool:
        if isinstance(value, str):
            return True  # a word beside the numbers, such as "auto"; the annotation lists them
        if isinstance(value, list | tuple):
            return all(item in self for item in value)
        return value is not None and bool(self.least <= value <= self.most and self.above < value < self.below)

    def __str__(self) -> str:
        if math.isfinite(self.least) and math.isfinite(self.most):
            return f"{self.least} to {self.most}"
        words = {"at least": self.least, "more than": self.above, "at most": self.most, "less than": self.below}
        return " and ".join(f"{word} {bound}" for word, bound in words.items() if math.isfinite(bound))


@dataclass(frozen=True)
class Setting:
    """A field of the configuration.

    Attributes:
        key: Its name, with those of its sections and dots before it.
        kind: Its annotation.
        bounds: Of its values; None: unlimited.
    """

    key: str
    kind: Any
    bounds: Bounds | None


def bounded(default: Any, **bounds: float) -> Any:
    """A field of a dataclass with its default and the bounds of its values."""
    return field(default=default, metadata={_KEY: Bounds(**bounds)})


def list_settings(section: type, prefix: str = "") -> Iterator[Setting]:
    """The settings of a section, which is a dataclass, and of the sections in it."""
    hints = get_type_hints(section)
    for item in fields(section):
        kind = hints[item.name]
        if is_dataclass(kind) and isinstance(kind, type):
            yield from list_settings(kind, f"{prefix}{item.name}.")
        else:
            yield Setting(f"{prefix}{item.name}", kind, item.metadata.get(_KEY))


def refuse_mistakes(section: object) -> None:
    """Refuses settings out of their bounds.

    Sections may have rules of their own, in a method `list_mistakes` that yields sentences.

    Raises:
        ConfigurationError: with every mistake, one a line.
    """
    mistakes = [*_list_mistakes(section, "")]
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))


def _list_mistakes(section: object, prefix: str) -> Iterator[str]:
    for item in fields(section):  # type: ignore[arg-type]
        value, key, bounds = getattr(section, item.name), f"{prefix}{item.name}", item.metadata.get(_KEY)
        if bounds is not None and value not in bounds:
            yield f"{key} is {[*value] if isinstance(value, tuple) else value}, expected {bounds}"
        for place, part in _list_parts(value, key):
            yield from _list_mistakes(part, f"{place}.")
    if hasattr(section, "list_mistakes"):
        yield from (f"{prefix}{sentence}" for sentence in section.list_mistakes())


def _list_parts(value: object, key: str) -> Iterator[tuple[str, object]]:
    """The sections that a field holds: itself, or those that it names."""
    if is_dataclass(value):
        yield key, value
    elif isinstance(value, Mapping):
        yield from ((f"{key}.{name}", part) for name, part in value.items() if is_dataclass(part))
