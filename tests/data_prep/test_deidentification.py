"""What dicognito, an anonymiser of others, finds identifying in a header reaches no file and no message of ours."""

import os
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from dicognito.anonymizer import Anonymizer
from pydicom import Dataset, dcmread
from pydicom.datadict import DicomDictionary

from tests.builders import make_chest, make_dataset
from tests.data_prep.kill import COMMAND

TEXT = {"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UT"}
OTHER_GROUPS = {0x0000, 0x0002, 0x0028}
"""Commands, file meta, and what pixels are read by."""
LEAST_TELLING = 8
"""Shorter values occur in any file by chance."""
NAMING = ("rejected.csv", "flagged.csv")


def identifying_values(paths: Sequence[Path]) -> set[str]:
    """The values that dicognito replaces."""
    anonymizer = Anonymizer(seed="seed")
    values: set[str] = set()
    for path in paths:
        original, anonymous = dcmread(path, stop_before_pixels=True), dcmread(path, stop_before_pixels=True)
        anonymizer.anonymize(anonymous)
        values |= {str(element.value) for element in original if anonymous.get(element.tag) != element}
    return {value for value in values if len(value) >= LEAST_TELLING}


def prepare_and_explain(
    source: str, root: Path, folder: Path, films: Sequence[Path], *options: str
) -> dict[str, bytes]:
    """Everything that `xray-prep` writes and says."""
    environment = os.environ | {"XRAY_HASH_KEY": str(folder / "key")}
    dataset = folder / "dataset"
    arguments = [
        f"--data.source={source}",
        f"--data.root={root}",
        f"--data.cache={dataset}",
        "--prep.size=64",
        *options,
    ]
    said = {"messages": run([COMMAND, *arguments], environment)}
    for film in films:
        said |= {f"explanation of {film.stem}": run([COMMAND, "--explain", film.name], environment, film.parent)}
    written = {str(path): path.read_bytes() for path in dataset.rglob("*") if path.is_file()}
    return {name: text.replace(str(dataset).encode(), b"") for name, text in (written | said).items()}


def run(command: Sequence[object], environment: dict[str, str], folder: Path | None = None) -> bytes:
    arguments = [str(argument) for argument in command]
    done = subprocess.run(arguments, capture_output=True, env=environment, cwd=folder, check=True)
    return done.stdout + done.stderr


def places_of(values: set[str], outputs: dict[str, bytes]) -> list[tuple[str, str]]:
    """(value, file) of each value that stands in an output, but for the paths by which two tables name files."""
    texts = {name: _leave_paths_out(content) if name.endswith(NAMING) else content for name, content in outputs.items()}
    return [(value, name) for value in values for name, content in texts.items() if value.encode() in content]


def _leave_paths_out(table: bytes) -> bytes:
    return b"\n".join(line.partition(b",")[2] for line in table.splitlines())


def plant_everywhere(dataset: Dataset) -> Iterator[str]:
    """Another text in every text element that the standard knows."""
    for tag, (representation, multiplicity, _, retired, keyword) in DicomDictionary.items():
        if representation in TEXT and multiplicity == "1" and not retired and tag >> 16 not in OTHER_GROUPS:
            setattr(dataset, keyword, f"PLANTED{tag:08X}")
            yield f"PLANTED{tag:08X}"


def test_whatever_text_a_header_holds_stays_in_it(tmp_path: Path) -> None:
    root = tmp_path / "films"
    (root / "A").mkdir(parents=True)
    planted: set[str] = set()
    for number in range(6):
        dataset = make_dataset((make_chest(90, 80, np.random.default_rng(number)) * 4095).astype(np.uint16))
        planted |= set(plant_everywhere(dataset))
        dataset.Modality = "CT" if number == 5 else "DX"
        dataset.save_as(root / "A" / f"{number}.dcm", enforce_file_format=True)
    assert len(planted) > 500
    films = sorted((root / "A").iterdir())
    outputs = prepare_and_explain(
        "image_folder", root, tmp_path, films[-2:], "--data.image_folder.classes={A: [Mass]}"
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert {"PLANTED00100010", "PLANTED00100020"} <= identifying_values(films)
        assert not places_of(planted | identifying_values(films), outputs)


@pytest.mark.parametrize(("source", "pattern"), [("rsna_pneumonia", "*/*.dcm"), ("nih_chestxray14", "dicom/*.dcm")])
def test_what_dicognito_replaces_in_real_films_stays_in_them(
    shared: Path, tmp_path: Path, source: str, pattern: str
) -> None:
    root = shared / "data" / source
    films = sorted(root.glob(pattern))
    values = identifying_values(films)
    assert len(values) > len(films)
    assert not places_of(values, prepare_and_explain(source, root, tmp_path, []))
