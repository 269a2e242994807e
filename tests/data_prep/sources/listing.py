"""Tiny archives, listed, and what tests ask of a listing."""

from collections import Counter
from pathlib import Path

from data_prep.ingest import prepare_dataset
from data_prep.sources import SOURCES, Listing, Record
from tests.data_prep.archives import ARCHIVES
from xray_resnet.config import Config, DataConfig, PrepConfig, SplitConfig
from xray_resnet.findings import LabelState

POSITIVE, NEGATIVE, UNCERTAIN, UNMENTIONED, NOT_ASSESSED = (
    LabelState[name] for name in ("POSITIVE", "NEGATIVE", "UNCERTAIN", "UNMENTIONED", "NOT_ASSESSED")
)

PLANTED = "Doe^John"
"""What a shifted column could hold."""


def list_archive(source: str, root: Path, config: DataConfig | None = None) -> Listing:
    """The listing of a tiny archive, made at `root`."""
    ARCHIVES[source](root)
    return SOURCES[source].list_records(config or DataConfig(), root)


def by_name(listing: Listing) -> dict[str, Record]:
    """The records by the last part of their names."""
    return {record.name.rpartition("/")[2]: record for record in listing.records}


def positives(record: Record) -> set[str]:
    """The findings that are positive."""
    return {finding for finding, state in record.states.items() if state == POSITIVE}


def counted(record: Record) -> Counter[int]:
    """State → how many findings have it."""
    return Counter(record.states.values())


def rewrite(path: Path, old: str, new: str) -> None:
    """Replaces a text that must stand in the file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def touch(root: Path, *names: str) -> None:
    """Makes empty files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def prepare(source: str, root: Path, cache: Path, **data: object) -> Path:
    """The dataset of an archive, half of its patients in each of train and val."""
    section = DataConfig(
        source=source, root=root, cache=cache, split=SplitConfig(0.5, 0.5, 0.0, official=False), **data
    )  # type: ignore[arg-type]
    return prepare_dataset(Config(data=section, prep=PrepConfig(size=32, workers=1, hash_key=cache.with_name("key"))))
