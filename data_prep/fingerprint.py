"""What decides whether a dataset must be built anew: the settings, and what the source holds."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from data_prep.sources import Record
from xray_resnet.config import Config, DataConfig
from xray_resnet.detector import to_record
from xray_resnet.dicom import Reading
from xray_resnet.fingerprint import fingerprint


def fingerprint_settings(config: Config, reading: Reading) -> str:
    """Fingerprint of everything configured that shows in the dataset; where source and dataset lie does not."""
    return fingerprint(
        {
            "source": _source_settings(config.data),
            "findings": config.data.findings,
            "split": asdict(config.data.split),
            "reading": reading.fingerprint(),
            "duplicates": config.prep.duplicates,
        }
    )


def fingerprint_content(records: Sequence[Record], *, root: Path, key_id: str) -> str:
    """Fingerprint of the records with the sizes of their files, and of the key that hashes their patients."""
    digest = hashlib.sha256(key_id.encode())
    for record in records:
        digest.update(json.dumps(_to_plain_values(record, root), sort_keys=True).encode() + b"\n")
    return digest.hexdigest()[:16]


def _to_plain_values(record: Record, root: Path) -> dict[str, object]:
    """What a record holds, and the size of its file; an unknown detector and no member's name are left out."""
    values = asdict(record) | {
        "path": record.path.relative_to(root).as_posix(),
        "bytes": _size_of(record.path),
        "boxes": [box._asdict() for box in record.boxes],
        "detector": record.detector and to_record(record.detector),
    }
    return {name: value for name, value in values.items() if name not in ("detector", "source") or value}


def _source_settings(data: DataConfig) -> dict[str, object]:
    """The source's name and its own section, if it has one."""
    section = getattr(data, data.source, None)
    return {"name": data.source, "settings": asdict(section) if section is not None else {}}


def _size_of(path: Path) -> int | None:
    """Bytes of the file; None if it is not there, which its verdict then says."""
    try:
        return path.stat().st_size
    except OSError:
        return None
