"""The patients that a model was fitted to: a run keeps their hashes, so that no other data set brings them back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from xray_resnet.errors import UserError
from xray_resnet.files import write_json


@dataclass(frozen=True)
class TrainedPatients:
    """Patients of the splits that weights and epoch were chosen on.

    Attributes:
        hash_key_id: Names the key of the hashes; those of different keys cannot be compared.
        splits: Split (train, val) → keyed hashes of its patients, ascending.
    """

    hash_key_id: str
    splits: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, hash_key_id: str, patients: Mapping[str, Iterable[str]]) -> "TrainedPatients":
        """Those of each split, once each."""
        return cls(hash_key_id, {split: sorted(set(ids)) for split, ids in patients.items()})

    @property
    def all(self) -> frozenset[str]:
        """Those of all splits."""
        return frozenset(patient for patients in self.splits.values() for patient in patients)

    def write(self, path: Path) -> None:
        """Keeps them as JSON."""
        write_json(path, asdict(self))

    @classmethod
    def read(cls, path: Path) -> "TrainedPatients | None":
        """What was kept; None if nothing was.

        Raises:
            UserError: if the file is none of these.
        """
        if not path.is_file():
            return None
        try:
            content = json.loads(path.read_bytes())
            splits = {str(split): [*map(str, patients)] for split, patients in content["splits"].items()}
            return cls(str(content["hash_key_id"]), splits)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{path}: no list of patients ({error}); remove it to go on without") from None
