"""The films, divided as the plain recipe divides them, and the table that gives our training the same division."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xray_resnet.files import write_csv

FINDING = "Pneumonia"
TABLE = "films.csv"
VAL_SHARE = 0.05
"""Of the training patients, to choose our epoch on; the plain recipe chooses none and trains on them."""
_PATIENT = re.compile(r"(person\d+|(?:NORMAL2-)?IM-\d+)")
_POSITIVE = "PNEUMONIA"
_HELD_OUT_ONE_IN = 5
_SEED = 0


@dataclass(frozen=True)
class Film:
    """A radiograph of Kermany, Zhang and Goldbaum (2018).

    Attributes:
        path: The file, 224 × 224.
        name: Its path below the folder of the films.
        label: 1 with pneumonia, 0 without.
        patient: As its name says.
        split: train, val, or test for what the plain recipe holds out.
    """

    path: Path
    name: str
    label: int
    patient: str
    split: str


def list_films(folder: Path) -> list[Film]:
    """All films below `folder` in the order of their names, the held-out fifth of the patients by the recipe's rule."""
    paths = sorted(folder.glob("train/*/*.jpeg"))
    patients = [_name_patient(path) for path in paths]
    split_of = _divide(np.unique(patients))
    return [
        Film(path, path.relative_to(folder).as_posix(), int(path.parent.name == _POSITIVE), patient, split_of[patient])
        for path, patient in zip(paths, patients, strict=True)
    ]


def list_held_out(folder: Path) -> list[Film]:
    """The films of the patients that nothing is trained on."""
    return [film for film in list_films(folder) if film.split == "test"]


def write_source(folder: Path, source: Path, *, splits: Mapping[str, str] | None = None) -> Path:
    """Makes a source of the layout `table`: a link to the films, and the table with their split; returns the table.

    Args:
        folder: Of the films.
        source: Is made.
        splits: What the table calls a split; by default its name.
    """
    named = splits or {}
    source.mkdir(parents=True, exist_ok=True)
    link = source / "train"
    if not link.exists():
        link.symlink_to((folder / "train").resolve())
    rows = ([film.name, film.patient, film.label, named.get(film.split, film.split)] for film in list_films(folder))
    write_csv(source / TABLE, ["path", "patient", FINDING, "split"], rows)
    return source / TABLE


def _name_patient(path: Path) -> str:
    found = _PATIENT.match(path.name)
    if found is None:
        raise SystemExit(f"{path}: its name tells no patient; expected person<number>_… or IM-<number>-…")
    return found[1]


def _divide(patients: np.ndarray) -> dict[str, str]:
    """Patient → split."""
    recipe = np.random.RandomState(_SEED)  # the recipe's own generator, so that its held-out patients are ours
    held_out = recipe.choice(patients, len(patients) // _HELD_OUT_ONE_IN, replace=False)
    training = np.setdiff1d(patients, held_out)
    val = np.random.default_rng(_SEED).choice(training, round(VAL_SHARE * len(training)), replace=False)
    return dict.fromkeys(training, "train") | dict.fromkeys(val, "val") | dict.fromkeys(held_out, "test")
