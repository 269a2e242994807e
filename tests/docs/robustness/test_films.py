"""The division of the films is the plain recipe's own."""

import re
from pathlib import Path

import numpy as np
import pytest

from docs.robustness.films import Film, list_films, list_held_out, write_source
from xray_resnet.files import write_bytes


def make_films(folder: Path, patients: int = 20) -> Path:
    """Empty files with the names of films."""
    for number in range(patients):
        kind, name = ("PNEUMONIA", "person{}_virus_1") if number % 2 else ("NORMAL", "NORMAL2-IM-{}-0001")
        write_bytes(folder / "train" / kind / f"{name.format(number)}.jpeg", b"")
    return folder


def find_held_out_by_recipe(recipe: Path, paths: list[Path]) -> set[str]:
    """What the recipe's own two lines hold out."""
    lines = [line for line in recipe.read_text().splitlines() if line.startswith(("patients =", "names ="))]
    assert len(lines) == 2
    values = {"np": np, "re": re, "paths": paths}
    exec("\n".join(lines), values)
    return {path.name for path, held in zip(paths, values["held"], strict=True) if held}


def test_the_held_out_films_are_those_of_the_recipe(shared: Path) -> None:
    folder = shared / "data/kermany_pneumonia"
    films = list_films(folder)
    expected = find_held_out_by_recipe(shared / "tools/plain/recipe.py", [film.path for film in films])
    assert {film.path.name for film in films if film.split == "test"} == expected


def test_no_patient_stands_in_two_splits_and_few_are_taken_to_choose_the_epoch(tmp_path: Path) -> None:
    films = list_films(make_films(tmp_path, 100))
    splits: dict[str, set[str]] = {}
    for film in films:
        splits.setdefault(film.patient, set()).add(film.split)
    assert all(len(found) == 1 for found in splits.values())
    assert [sum(film.split == split for film in films) for split in ("train", "val", "test")] == [76, 4, 20]


def test_a_film_of_an_unknown_name_is_refused(tmp_path: Path) -> None:
    write_bytes(make_films(tmp_path) / "train/NORMAL/holiday.jpeg", b"")
    with pytest.raises(SystemExit, match=r"holiday\.jpeg: its name tells no patient"):
        list_films(tmp_path)


def test_the_table_names_each_film_with_its_patient_label_and_split(tmp_path: Path) -> None:
    folder = make_films(tmp_path / "films")
    lines = write_source(folder, tmp_path / "source").read_text().splitlines()
    assert lines[0] == "path,patient,Pneumonia,split"
    assert len(lines) == 1 + len(list_films(folder))
    (held, *_) = list_held_out(folder)
    assert f"{held.name},{held.patient},{held.label},test" in lines
    assert (tmp_path / "source" / held.name).is_file()


def test_the_table_may_call_a_split_otherwise(tmp_path: Path) -> None:
    folder = make_films(tmp_path / "films")
    table = write_source(folder, tmp_path / "source", splits={"test": "val", "val": "train"})
    called = [line.rsplit(",", 1)[1] for line in table.read_text().splitlines()[1:]]
    assert called == [{"test": "val"}.get(film.split, "train") for film in list_films(folder)]


def test_writing_the_table_again_changes_nothing(tmp_path: Path) -> None:
    folder = make_films(tmp_path / "films")
    before = write_source(folder, tmp_path / "source").read_bytes()
    assert write_source(folder, tmp_path / "source").read_bytes() == before


def test_labels_follow_the_folder(tmp_path: Path) -> None:
    films: list[Film] = list_films(make_films(tmp_path))
    assert all(film.label == ("person" in film.patient) for film in films)
