"""Trouble with disks and folders while a dataset is made: one sentence, nothing lost, and the next run goes on."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.data_prep.kill import COMMAND, make_films, read_parts
from tests.shares import DISKS, make_poor_share

FILMS, PART_BYTES = 48, 16 << 22


@pytest.fixture
def films(tmp_path: Path) -> Path:
    make_films(tmp_path / "films", FILMS)
    return tmp_path / "films"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for one part and a half."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={PART_BYTES * 3 // 2}", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture(params=DISKS)
def odd_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    with DISKS[request.param](tmp_path) as disk:
        yield disk


def prep(source: Path, dataset: Path, *, environment: Mapping[str, str] = os.environ) -> subprocess.Popen[str]:
    """`xray-prep` by one process, 16 films a part."""
    options = ["--data.source=image_folder", f"--data.root={source}", f"--data.cache={dataset}", "--prep.size=2048"]
    classes = "--data.image_folder.classes={class0: [], class1: [Mass]}"
    key = {"XRAY_HASH_KEY": str(source.with_name("key"))}
    return subprocess.Popen(
        [COMMAND, *options, classes, "--prep.workers=1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**environment, **key},
    )  # fmt: skip


def finish(run: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code, and what it complained of; that it made a key is no complaint."""
    _, complaint = run.communicate()
    return run.returncode, "".join(line for line in complaint.splitlines(True) if "a new key of" not in line)


def test_a_full_disk_is_one_sentence_and_the_next_run_goes_on(films: Path, small_disk: Path, tmp_path: Path) -> None:
    code, complaint = finish(prep(films, small_disk / "dataset"))
    assert code == 1
    assert complaint.startswith(f"xray-prep: {small_disk / 'dataset'}")
    assert "No space left on device; free some space" in complaint
    assert len(complaint.splitlines()) == 1
    assert len(read_parts(small_disk / "dataset")) == 1
    assert not [*small_disk.rglob("*.part")]
    subprocess.run(["mount", "-o", f"remount,size={PART_BYTES * 8}", small_disk], check=True)
    assert finish(prep(films, small_disk / "dataset"))[0] == 0
    assert finish(prep(films, tmp_path / "elsewhere"))[0] == 0
    assert read_parts(small_disk / "dataset") == read_parts(tmp_path / "elsewhere")


def test_a_source_that_goes_away_is_one_sentence_and_the_next_run_goes_on(films: Path, tmp_path: Path) -> None:
    run = prep(films, tmp_path / "dataset")
    while not [*tmp_path.glob("dataset/journal/part-*.json")]:
        assert run.poll() is None
        time.sleep(0.005)
    films.rename(tmp_path / "away")
    code, complaint = finish(run)
    assert code == 1
    assert complaint.splitlines() == [
        f"xray-prep: {films}: the source folder went away while it was read; mount it and run the same command: "
        "finished work is kept"
    ]
    (tmp_path / "away").rename(films)
    assert finish(prep(films, tmp_path / "dataset"))[0] == 0
    assert (tmp_path / "dataset/rejected.csv").read_text() == "path,reason,detail\n"
    assert finish(prep(films, tmp_path / "elsewhere"))[0] == 0
    assert read_parts(tmp_path / "dataset") == read_parts(tmp_path / "elsewhere")


def test_a_dataset_folder_that_goes_away_is_one_sentence(films: Path, tmp_path: Path) -> None:
    run = prep(films, tmp_path / "dataset")
    while not [*tmp_path.glob("dataset/journal/part-*.json")]:
        assert run.poll() is None
        time.sleep(0.005)
    shutil.rmtree(tmp_path / "dataset", ignore_errors=True)
    code, complaint = finish(run)
    assert code == 1
    assert "dataset" in complaint and "Traceback" not in complaint


def names_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_dataset_is_made_on_fat_and_exfat_as_on_any_disk(films: Path, odd_disk: Path, tmp_path: Path) -> None:
    code, complaint = finish(prep(films, odd_disk / "dataset"))
    assert (code, "left behind" in complaint) == (0, False)
    assert finish(prep(films, tmp_path / "elsewhere"))[0] == 0
    assert read_parts(odd_disk / "dataset") == read_parts(tmp_path / "elsewhere")
    assert names_below(odd_disk / "dataset") == names_below(tmp_path / "elsewhere")


def test_a_dataset_is_made_on_a_share_without_permissions_flushes_and_locks(films: Path, tmp_path: Path) -> None:
    code, complaint = finish(prep(films, tmp_path / "dataset", environment=make_poor_share(tmp_path / "poor")))
    assert (code, "keeps no locks (No locks available)" in complaint, "left behind" in complaint) == (0, True, False)
    assert finish(prep(films, tmp_path / "elsewhere"))[0] == 0
    assert read_parts(tmp_path / "dataset") == read_parts(tmp_path / "elsewhere")
    assert names_below(tmp_path / "dataset") == names_below(tmp_path / "elsewhere")
