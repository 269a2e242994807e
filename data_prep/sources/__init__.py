"""One source a file: each lists one record per image. To add a source, write its file and add its line below."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from data_prep.sources import (
    chexpert,
    covid_chestxray,
    image_folder,
    mimic_cxr,
    nih_chestxray14,
    openi,
    padchest,
    phantom,
    rsna_pneumonia,
    siim_pneumothorax,
    table,
    vindr_cxr,
)
from data_prep.sources.combined import combine
from data_prep.sources.record import Listing, Record
from xray_resnet.config import DataConfig
from xray_resnet.progress import Progress

__all__ = ["SOURCES", "Listing", "Record", "Source"]


class Make(Protocol):
    """Brings a source into being below its root; `progress` is called with (images done, images in all)."""

    def __call__(self, config: DataConfig, root: Path, *, workers: int, progress: Progress | None) -> None: ...


@dataclass(frozen=True)
class Source:
    """A kind of source.

    Attributes:
        list_records: Lists the images below a root.
        make: Makes the source, for one that the project makes by itself.
        synthetic: Whether its images are rendered, not acquired.
    """

    list_records: Callable[[DataConfig, Path], Listing]
    make: Make | None = None
    synthetic: bool = False


_LISTED = {
    "nih_chestxray14": nih_chestxray14.list_records,
    "chexpert": chexpert.list_records,
    "mimic_cxr": mimic_cxr.list_records,
    "padchest": padchest.list_records,
    "rsna_pneumonia": rsna_pneumonia.list_records,
    "siim_pneumothorax": siim_pneumothorax.list_records,
    "vindr_cxr": vindr_cxr.list_records,
    "openi": openi.list_records,
    "covid_chestxray": covid_chestxray.list_records,
    "image_folder": image_folder.list_records,
    "table": table.list_records,
}
"""Sources that lie on the disk."""

SOURCES = {
    "phantom": Source(phantom.list_records, make=phantom.make, synthetic=True),
    **{name: Source(list_records) for name, list_records in _LISTED.items()},
    "combined": Source(partial(combine, list_of=_LISTED)),
}
