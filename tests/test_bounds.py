"""Bounds of settings: what they admit, and how they are told."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from xray_resnet.bounds import Bounds, bounded, refuse_mistakes
from xray_resnet.errors import ConfigurationError


@dataclass
class Inner:
    share: float = bounded(0.5, least=0, most=1)
    rate: float = bounded(0.1, above=0)

    def list_mistakes(self) -> Iterator[str]:
        if self.share < self.rate:
            yield "share is less than rate"


@dataclass
class Outer:
    inner: Inner = field(default_factory=Inner)
    decay: float = bounded(0.9, least=0, below=1)
    name: str = "x"


def test_settings_within_their_bounds_pass() -> None:
    refuse_mistakes(Outer(Inner(share=1.0, rate=1e-9), decay=0.0))


@pytest.mark.parametrize(
    ("outer", "sentence"),
    [
        (Outer(Inner(share=1.01)), "inner.share is 1.01, expected 0 to 1"),
        (Outer(Inner(rate=0.0)), "inner.rate is 0.0, expected more than 0"),
        (Outer(decay=1.0), "decay is 1.0, expected at least 0 and less than 1"),
        (Outer(Inner(share=float("nan"), rate=0.0)), "inner.share is nan, expected 0 to 1"),
        (Outer(Inner(share=0.0)), "inner.share is less than rate"),
    ],
)
def test_each_mistake_is_a_sentence(outer: Outer, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        refuse_mistakes(outer)
    assert sentence in str(refused.value).splitlines()


def test_every_side_has_its_word() -> None:
    assert str(Bounds(above=0, most=2)) == "more than 0 and at most 2"
