"""Section `data`: which radiographs, and how their patients are divided."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from xray_resnet.bounds import bounded
from xray_resnet.config.sources import (
    CombinedConfig,
    ImageFolderConfig,
    MimicCxrConfig,
    PhantomConfig,
    Source,
    TableConfig,
)

_ROUNDING = 1e-6


@dataclass
class SplitConfig:
    """How patients are divided."""

    train: float = bounded(0.7, least=0, most=1)
    """Share of the patients to train on."""
    val: float = bounded(0.1, least=0, most=1)
    """Share of the patients to choose the epoch on."""
    test: float = bounded(0.2, least=0, most=1)
    """Share of the patients to report on."""
    seed: int = bounded(0, least=0)
    """Seed of the division."""
    official: bool = True
    """Use the data set's own split where it has one; what it lacks of train, val and test is cut from its train."""

    @property
    def shares(self) -> dict[str, float]:
        """Split → share."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def list_mistakes(self) -> Iterator[str]:
        """Shares that are not shares of a whole."""
        total = sum(self.shares.values())
        if all(0 <= share <= 1 for share in self.shares.values()) and abs(total - 1) > _ROUNDING:
            yield f"train, val and test sum to {total:g}, expected 1"


@dataclass
class AboutConfig:
    """What reports say of the radiographs; empty: what the source's publication tells."""

    patients: str = ""
    """Whose radiographs they are, such as "adults of one emergency department"."""
    labels: str = ""
    """How the labels were made, such as "by two radiologists, the third where they differ"."""


@dataclass
class DataConfig:
    """Which radiographs, and where their dataset lies."""

    source: Source = "phantom"
    """The layout of the source."""
    root: Path | None = None
    """The source folder; the phantom needs none."""
    cache: Path | None = None
    """The dataset folder to build and to train from; default: datasets/ and the name of the source."""
    findings: list[str] = field(default_factory=list)
    """Findings to keep, in this order; empty: all that the source has."""
    phantom: PhantomConfig = field(default_factory=PhantomConfig)
    image_folder: ImageFolderConfig = field(default_factory=ImageFolderConfig)
    table: TableConfig = field(default_factory=TableConfig)
    mimic_cxr: MimicCxrConfig = field(default_factory=MimicCxrConfig)
    combined: CombinedConfig = field(default_factory=CombinedConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    about: AboutConfig = field(default_factory=AboutConfig)

    @property
    def folder(self) -> Path:
        """The dataset folder."""
        return self.cache or Path("datasets") / self.source
