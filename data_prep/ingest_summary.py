"""ingest.json: counts and times of the run that finished a dataset, for whoever watched it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from xray_resnet.errors import UserError
from xray_resnet.files import write_json

INGEST_FILE = "ingest.json"


@dataclass(frozen=True)
class IngestSummary:
    """What became of the files of a source.

    Attributes:
        files: Files that the source lists.
        accepted: Files that are in the dataset.
        rejected: Files that are not.
        reasons: Reason → files rejected for it.
        sources: Member of a combined source, or the source → its files, accepted and rejected.
        flags: Flag → accepted files that carry it.
        transfer_syntaxes: Transfer syntax UID or image format → accepted files.
        notes: What else was counted, in words → how often.
        seconds: Wall time of the run.
        worker_seconds: Time that its workers took together.
        files_of_earlier_runs: Files that interrupted runs had done.
        files_per_second: Of this run.
    """

    files: int
    accepted: int
    rejected: int
    reasons: Mapping[str, int]
    sources: Mapping[str, Mapping[str, int]]
    flags: Mapping[str, int]
    transfer_syntaxes: Mapping[str, int]
    notes: Mapping[str, int]
    seconds: float
    worker_seconds: float
    files_of_earlier_runs: int
    files_per_second: float

    @classmethod
    def read(cls, folder: Path) -> "IngestSummary":
        """The summary that lies in a dataset folder.

        Raises:
            UserError: if there is none, or it is damaged.
        """
        path = folder / INGEST_FILE
        try:
            values = json.loads(path.read_bytes())
            return cls(**{item.name: values[item.name] for item in fields(cls)})
        except (OSError, ValueError, KeyError, TypeError):
            raise UserError(f"{path}: not the summary of a preparation; delete dataset.json and prepare anew") from None

    def write(self, folder: Path) -> None:
        """Writes the summary into a dataset folder."""
        write_json(folder / INGEST_FILE, asdict(self))
