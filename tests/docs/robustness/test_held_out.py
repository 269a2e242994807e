"""A run is judged only on films that it was not trained on."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from data_prep.identity import hash_image, name_key, read_or_make_key
from docs.robustness.films import Film
from docs.robustness.held_out import refuse_seen
from tests.datasets import make_dataset
from xray_resnet.errors import UserError
from xray_resnet.store.reader import read_description
from xray_resnet.store.writer import write_description

FILMS = [Film(Path(name), name, 0, name, "test") for name in ("a.jpeg", "b.jpeg")]


def make_run(folder: Path, *, held_out: int, key_id: str | None = None) -> Path:
    """A run on a dataset whose test split has the first films, and whose training has the others."""
    key = read_or_make_key(Path(os.environ["XRAY_HASH_KEY"]))
    dataset = make_dataset(folder / "data", count=10)
    ids = [hash_image(key, film.name) for film in FILMS]
    splits = {"train": ids[held_out:], "val": [], "test": ids[:held_out]}
    described = replace(read_description(dataset), splits=splits, hash_key_id=key_id or name_key(key))
    write_description(dataset, described)
    (folder / "run/bundle").mkdir(parents=True)
    (folder / "run/config.yaml").write_text(f"data:\n  cache: {dataset}\n")
    return folder / "run"


def test_a_run_with_every_film_in_its_test_split_is_accepted(tmp_path: Path) -> None:
    refuse_seen(make_run(tmp_path, held_out=2), FILMS)


def test_a_run_that_was_trained_on_a_film_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path, held_out=1)
    with pytest.raises(UserError, match="1 of 2 held-out films are not in the test split"):
        refuse_seen(run, FILMS)
    with pytest.raises(UserError, match="1 of 2 held-out films"):
        refuse_seen(run / "bundle", FILMS)


def test_a_bundle_that_stands_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a bundle without its run does not say what it was trained on"):
        refuse_seen(tmp_path, FILMS)


def test_a_dataset_of_another_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="hashed with another key; set XRAY_HASH_KEY"):
        refuse_seen(make_run(tmp_path, held_out=2, key_id="other"), FILMS)
