"""One source a file: each lists one record per image. To add a source, write its file and add its line below."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from data_prep.sources import image_folder, nih_chestxray14, phantom, table
from data_prep.sources.record import Box, Listing, Record
from xray_resnet.config import DataConfig

__all__ = ["SOURCES", "Box", "Listing", "Record", "Source"]


class Make(Protocol):
    """Brings a source into being below its root; `progress` is called with (images done, images in all)."""

    def __call__(
        self, config: DataConfig, root: Path, *, workers: int, progress: Callable[[int, int], None] | None
    ) -> None: ...


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


SOURCES = {
    "phantom": Source(phantom.list_records, make=phantom.make, synthetic=True),
    "nih_chestxray14": Source(nih_chestxray14.list_records),
    "image_folder": Source(image_folder.list_records),
    "table": Source(table.list_records),
}
