"""Bounds beside the fields: which values pass, and that every mistake is told at once, before any work."""

import math
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from data_prep.plan import build_reading
from xray_resnet.bounds import Bounds, bounded, refuse_mistakes
from xray_resnet.config import (
    AugmentConfig,
    CombinedConfig,
    Config,
    DataConfig,
    ImageFolderConfig,
    MemberConfig,
    ModelConfig,
    PhantomConfig,
    PrepConfig,
    SplitConfig,
    TableConfig,
)
from xray_resnet.errors import ConfigurationError

MODULES = {"prep": "prep", "train": "train", "eval": "evaluate", "compare": "compare", "predict": "predict"}


@dataclass
class Inner:
    """A section."""

    size: int = bounded(1, least=1, most=9)


@dataclass
class Outer:
    """A section with sections in it."""

    rate: float = bounded(1.0, above=0)
    pair: tuple[float, float] = bounded((1.0, 2.0), above=0)
    count: int = bounded(1, least=1)
    inner: Inner = field(default_factory=Inner)
    named: dict[str, Inner] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("bound", "inside", "outside"),
    [
        (Bounds(least=1), (1, 5), (0, -1, math.nan, math.inf, None)),
        (Bounds(above=0), (1e-9, 3), (0, -0.0, math.nan)),
        (Bounds(least=0, below=1), (0, 0.999), (-1e-9, 1)),
        (Bounds(least=0, most=1), (0, 1), (-0.1, 1.1)),
        (Bounds(above=0), ((0.7, 1.4), [1, 2]), ((0, 1), [1, math.nan])),
    ],
)
def test_bounds_hold_what_they_say(bound: Bounds, inside: tuple[object, ...], outside: tuple[object, ...]) -> None:
    assert all(value in bound for value in inside)
    assert not any(value in bound for value in outside)


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (Bounds(least=1), "at least 1"),
        (Bounds(least=0, below=1), "at least 0 and less than 1"),
        (Bounds(above=0, most=1), "more than 0 and at most 1"),
        (Bounds(least=1, most=1_000_000_000), "1 to 1000000000"),
    ],
)
def test_bounds_in_words(bound: Bounds, words: str) -> None:
    assert str(bound) == words


def test_mistakes_of_all_sections_are_told_at_once() -> None:
    wrong = Outer(rate=0, pair=(1, -2), count=0, inner=Inner(10), named={"a": Inner(3), "b": Inner(0)})
    with pytest.raises(ConfigurationError, match="expected") as refused:
        refuse_mistakes(wrong)
    assert str(refused.value).splitlines() == [
        "rate is 0, expected more than 0",
        "pair is [1, -2], expected more than 0",
        "count is 0, expected at least 1",
        "inner.size is 10, expected 1 to 9",
        "named.b.size is 0, expected 1 to 9",
    ]


def test_the_defaults_are_within_their_bounds() -> None:
    member = MemberConfig(source="table", folder="t", image_folder=ImageFolderConfig(), table=TableConfig())
    refuse_mistakes(Config(data=DataConfig(combined=CombinedConfig({"t": member}))))


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (PhantomConfig(count=0, size=8, dose_fraction=0), "(?s)^count is 0.*size is 8.*dose_fraction is 0"),
        (SplitConfig(0.9, 0.1, 0.2), r"train, val and test sum to 1\.2"),
        (SplitConfig(1.5, -0.5, 0.0), r"^train is 1\.5, expected 0 to 1\nval is -0\.5, expected 0 to 1$"),
        (PrepConfig(modalities=[]), r"modalities is \[\], expected names such as CR"),
        (PrepConfig(body_parts=["CXR", " "]), "expected words such as CXR"),
        (ModelConfig(base_width=4), "base_width is 4, expected at least 8"),
        (ModelConfig(base_width=6), "base_width is 6, expected at least 8"),
        (AugmentConfig(gamma=(1.4, 0.7)), "expected the least first"),
    ],
)
def test_sections_refuse_what_they_cannot_use(section: object, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        refuse_mistakes(section)


@pytest.mark.parametrize("prep", [PrepConfig(size=8192), PrepConfig(size=1), PrepConfig(max_pixels=1_000_000_000)])
def test_the_reader_takes_all_that_the_bounds_let_pass(prep: PrepConfig) -> None:
    refuse_mistakes(prep)
    assert build_reading(prep).size == prep.size


@pytest.mark.parametrize(("name", "value"), [("size", 8193), ("max_pixels", 1_000_000_001)])
def test_the_bounds_let_nothing_pass_that_the_reader_refuses(name: str, value: int) -> None:
    wrong = replace(PrepConfig(), **{name: value})
    with pytest.raises(ConfigurationError, match=f"{name} is {value}"):
        refuse_mistakes(wrong)
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        build_reading(wrong)


@pytest.mark.parametrize(
    ("command", "arguments", "mistakes"),
    [
        (
            "train",
            "--train.epochs 0 --train.patience none --augment.zoom 1 --data.phantom.count 0 --train.epoch 3",
            (
                "train.epochs is 0, expected at least 1",
                "train.patience is none, expected a whole number",
                "augment.zoom is 1, expected at least 0 and less than 1",
                "data.phantom.count is 0, expected at least 1",
                "unknown option --train.epoch; did you mean '--train.epochs'?",
            ),
        ),
        (
            "prep",
            "--prep.workers=-1 --prep.size=0",
            ("prep.workers is -1, expected at least 0", "prep.size is 0, expected 1 to 8192"),
        ),
        (
            "prep",
            "--data.split.train 0.9",
            ("data.split.train, val and test sum to 1.2, expected 1",),
        ),
        ("eval", "--resamples 0 --seed -1", ("resamples is 0, expected at least 1", "seed is -1, expected at least 0")),
        ("compare", "a b --permutations 0", ("permutations is 0, expected at least 1",)),
        ("predict", "films --model m --output o --workers -1", ("workers is -1, expected at least 0",)),
    ],
)
def test_a_command_tells_wrong_settings_before_any_work(
    command: str, arguments: str, mistakes: tuple[str, ...], tmp_path: Path
) -> None:
    code = f"from xray_resnet.cli.{MODULES[command]} import main; main()"
    shown = subprocess.run(
        [sys.executable, "-c", code, *arguments.split()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 2
    assert shown.stderr.splitlines() == [f"xray-{command}: {mistake}" for mistake in mistakes]
    assert not [*tmp_path.iterdir()]
