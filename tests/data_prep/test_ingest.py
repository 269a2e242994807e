"""Ingestion: the same bytes whatever happened on the way, every file accounted for, nothing of others touched."""

import csv
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from data_prep.ingest import ensure_dataset, prepare_dataset
from data_prep.workspace import hold
from tests.data_prep import kill
from tests.data_prep.conftest import lasting_bytes, write_image
from tests.shares import refuse_folders
from xray_resnet.config import AboutConfig, Config, DataConfig, ImageFolderConfig, PrepConfig, SplitConfig, TableConfig
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.files import write_csv
from xray_resnet.store import open_dataset
from xray_resnet.store.schema import SPLITS


def test_every_file_is_accepted_or_listed_with_its_reason(configure: Callable[..., Config]) -> None:
    folder = prepare_dataset(configure())
    rejected = list(csv.DictReader((folder / "rejected.csv").read_text().splitlines()))
    ingest = json.loads((folder / "ingest.json").read_text())
    assert [row["path"] for row in rejected] == ["NORMAL/person0_notes.txt"]
    assert ingest["reasons"] == {rejected[0]["reason"]: 1}
    assert (ingest["files"], ingest["accepted"], len(open_dataset(folder))) == (301, 300, 300)


def test_no_path_in_a_table_is_a_formula(configure: Callable[..., Config], source: Path) -> None:
    (source / "NORMAL").rename(source / "=NORMAL")
    classes = ImageFolderConfig({"=NORMAL": [], "PNEUMONIA": ["Pneumonia"]}, r"(person\d+)")
    folder = prepare_dataset(configure(image_folder=classes))
    (row,) = csv.DictReader((folder / "rejected.csv").read_text().splitlines())
    assert row["path"] == "./=NORMAL/person0_notes.txt"


def test_a_dataset_holds_what_the_source_says(configure: Callable[..., Config]) -> None:
    dataset = open_dataset(prepare_dataset(configure()))
    assert dataset.findings == ("Pneumonia",)
    assert (dataset.states == 1).sum() == 150
    assert len(set(dataset.patient_ids)) == 60
    assert dataset.pixels(0).shape == (32, 32)
    assert not dataset.synthetic


def test_patients_never_cross_splits(configure: Callable[..., Config]) -> None:
    dataset = open_dataset(prepare_dataset(configure()))
    patients = [set(dataset.patient_ids[dataset.indices(split)]) for split in ("train", "val", "test")]
    assert sum(map(len, patients)) == len(set.union(*patients)) == 60


def test_names_of_patients_and_files_stay_outside(configure: Callable[..., Config]) -> None:
    content = lasting_bytes(prepare_dataset(configure()))
    assert not any(b"person" in text for name, text in content.items() if name not in ("rejected.csv", "flagged.csv"))


def test_one_process_and_many_write_the_same_bytes(
    configure: Callable[..., Config], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    contents = []
    for workers in (1, 3):
        folder = tmp_path / f"with{workers}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        contents.append(lasting_bytes(prepare_dataset(configure(workers=workers, cache=f"with{workers}/dataset"))))
    assert contents[0] == contents[1]


@pytest.mark.parametrize("parts_before", [0, 1, 2])
def test_a_killed_run_is_taken_up_and_leaves_no_trace(configure: Callable[..., Config], parts_before: int) -> None:
    whole = lasting_bytes(prepare_dataset(configure("whole/dataset")))
    config = configure("killed/dataset")
    kill_when(lambda: len([*config.data.cache.glob("journal/part-*.json")]) >= parts_before, config)
    finished = {path: path.stat().st_mtime_ns for path in config.data.cache.glob("images/part-*.arrow")}
    assert not (config.data.cache / "dataset.json").exists()
    assert lasting_bytes(prepare_dataset(config)) == whole
    kept = sum(path.stat().st_mtime_ns == before for path, before in finished.items())
    assert kept >= parts_before


def test_kills_at_random_moments_leave_no_trace(tmp_path: Path) -> None:
    """`make kill` does this twenty times."""
    outcomes = kill.run(2, films=40, seed=1, folder=tmp_path)
    assert len(outcomes) == 2
    assert all(outcome.is_right for outcome in outcomes)


def kill_when(reached: Callable[[], bool], config: Config) -> None:
    """Prepares in another process, slowed down between parts, and kills it when `reached`."""
    script = (
        "import pathlib, sys, time\n"
        "from contextlib import nullcontext\n"
        "from data_prep.ingest import prepare_dataset\n"
        "from xray_resnet import config\n"
        "wanted = eval(sys.argv[1], vars(config) | vars(pathlib))\n"
        "prepare_dataset(wanted, show=lambda *_: nullcontext(lambda *_: time.sleep(1)))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, repr(config)])
    while not (config.data.cache.is_dir() and reached()):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    process.kill()
    process.wait()


def test_a_finished_dataset_is_not_built_again(configure: Callable[..., Config]) -> None:
    folder = ensure_dataset(configure())
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert ensure_dataset(configure()) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize(
    "change", [{"size": 16}, {"split": SplitConfig(seed=1)}, {"split": SplitConfig(0.6, 0.2, 0.2)}], ids=str
)
def test_other_settings_build_the_dataset_anew(configure: Callable[..., Config], change: dict[str, object]) -> None:
    before = (ensure_dataset(configure()) / "dataset.json").read_bytes()
    assert (ensure_dataset(configure(**change)) / "dataset.json").read_bytes() != before


def test_other_words_about_the_labels_are_kept_without_building_anew(configure: Callable[..., Config]) -> None:
    config = configure()
    folder = ensure_dataset(config)
    parts = {path: path.stat().st_mtime_ns for path in (folder / "images").iterdir()}
    config.data.about = AboutConfig("children", "by two physicians")
    dataset = open_dataset(ensure_dataset(config))
    assert dataset.about == {"patients": "children", "labels": "by two physicians"}
    assert {path: path.stat().st_mtime_ns for path in (folder / "images").iterdir()} == parts


def test_another_image_in_the_source_builds_the_dataset_anew(configure: Callable[..., Config], source: Path) -> None:
    ensure_dataset(configure())
    write_image(source / "NORMAL" / "person77_1.png", np.random.default_rng(9))
    assert len(open_dataset(ensure_dataset(configure()))) == 301


def test_another_key_builds_the_dataset_anew(
    configure: Callable[..., Config], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = set(open_dataset(ensure_dataset(configure())).patient_ids)
    monkeypatch.setenv("XRAY_HASH_KEY", str(tmp_path / "other.key"))
    assert not before & set(open_dataset(ensure_dataset(configure())).patient_ids)


def test_a_finished_dataset_serves_where_its_source_is_not(configure: Callable[..., Config]) -> None:
    folder = ensure_dataset(configure())
    assert ensure_dataset(configure(root=None)) == folder
    with pytest.raises(ConfigurationError, match=r"data\.root is not set"):
        ensure_dataset(configure(root=None, size=16))


def test_a_folder_of_something_else_is_never_touched(configure: Callable[..., Config], tmp_path: Path) -> None:
    other = tmp_path / "dataset" / "dataset.json"
    other.parent.mkdir()
    other.write_text('{"name": "somebody else\'s"}')
    with pytest.raises(UserError, match="is not empty and holds no dataset; nothing in it was touched"):
        prepare_dataset(configure())
    assert [path.name for path in other.parent.iterdir()] == ["dataset.json"]


def test_two_processes_do_not_build_in_one_folder(configure: Callable[..., Config]) -> None:
    config = configure()
    with (
        hold(config.data.folder, source="image_folder"),
        pytest.raises(UserError, match="another process is preparing this dataset"),
    ):
        prepare_dataset(config)


def test_a_source_without_a_radiograph_is_one_sentence(configure: Callable[..., Config], source: Path) -> None:
    for path in source.rglob("*.png"):
        path.write_bytes(b"broken")
    with pytest.raises(UserError, match=r"no radiograph was accepted of 301 files; .*rejected\.csv says why"):
        prepare_dataset(configure())


def test_duplicates_keep_their_patients_together(configure: Callable[..., Config], source: Path) -> None:
    for number in range(20):
        copy = (source / "NORMAL" / f"person{2 * number}_{10 * number}.png").read_bytes()
        (source / "NORMAL" / f"person{100 + number}_1.png").write_bytes(copy)
    folder = prepare_dataset(configure())
    dataset = open_dataset(folder)
    hashes = np.array(dataset.column("pixels_sha256"))
    for split in ("train", "val", "test"):
        inside = dataset.indices(split)
        assert not set(hashes[inside]) & set(np.delete(hashes, inside))
    assert json.loads((folder / "ingest.json").read_text())["notes"]["images with the very pixels of another"] == 20


def test_only_the_findings_asked_for_are_kept(source: Path, tmp_path: Path) -> None:
    rows = [[path.relative_to(source), path.stem, 1, 0] for path in sorted(source.rglob("*.png"))[:40]]
    write_csv(source / "labels.csv", ["path", "patient", "Edema", "Mass"], rows)
    columns = TableConfig(finding_columns={"Edema": "Edema", "Mass": "Mass"})
    data = DataConfig(source="table", root=source, cache=tmp_path / "dataset", findings=["Mass"], table=columns)
    assert open_dataset(prepare_dataset(Config(data=data, prep=PrepConfig(size=16, workers=1)))).findings == ("Mass",)
    unknown = replace(data, findings=["Masss"])
    with pytest.raises(ConfigurationError, match="no finding 'Masss'; the nearest is 'Mass'"):
        prepare_dataset(Config(data=unknown))


def test_findings_that_tables_cannot_tell_apart_are_refused(source: Path, tmp_path: Path) -> None:
    film = next(source.rglob("*.png")).relative_to(source)
    write_csv(source / "labels.csv", ["path", "patient", "a", "b"], [[film, "p", 1, 0]])
    columns = TableConfig(finding_columns={"Lung Opacity": "a", "Lung_Opacity": "b"})
    data = DataConfig(source="table", root=source, cache=tmp_path / "dataset", table=columns)
    with pytest.raises(ConfigurationError, match="'Lung Opacity' and 'Lung_Opacity' would share the columns"):
        prepare_dataset(Config(data=data))


def test_shares_that_are_none_are_refused(configure: Callable[..., Config]) -> None:
    with pytest.raises(ConfigurationError, match=r"sum to 1\.2"):
        prepare_dataset(configure(split=SplitConfig(0.9, 0.1, 0.2)))


def test_progress_ends_with_every_file(configure: Callable[..., Config]) -> None:
    calls: list[tuple[int, int, int]] = []
    prepare_dataset(configure(), show=lambda *_: nullcontext(lambda *state: calls.append(state)))
    assert calls == [(128, 301, 1), (256, 301, 1), (301, 301, 1)]


@contextmanager
def slow_to_open(path: Path) -> Iterator[None]:
    """Within it, whoever opens the file waits, as on a stalled network: it is leased, and not given back."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    with path.open("r+b") as file:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        yield
    signal.signal(signal.SIGIO, before)


def test_a_file_that_hangs_its_reader_is_lost_alone(configure: Callable[..., Config], source: Path) -> None:
    config = configure(workers=2)
    config.prep.timeout_s = 2
    with slow_to_open(source / "NORMAL" / "person0_0.png"):
        folder = prepare_dataset(config)
    rows = list(csv.reader((folder / "rejected.csv").read_text().splitlines()))
    detail = "its decoder crashed, or took longer than 2 s; the job went on"
    assert ["NORMAL/person0_0.png", "decode_failed", detail] in rows
    assert len(rows) == 3 and len(open_dataset(folder)) == 299


def test_a_pipe_is_not_waited_for(configure: Callable[..., Config], source: Path) -> None:
    os.mkfifo(source / "NORMAL" / "person7_pipe.png")
    rows = list(csv.reader((prepare_dataset(configure()) / "rejected.csv").read_text().splitlines()))
    assert ["NORMAL/person7_pipe.png", "unreadable", "it is no regular file"] in rows


def test_names_that_are_no_utf_8_are_told_with_their_bytes(configure: Callable[..., Config], source: Path) -> None:
    write_image(source / "NORMAL" / "good.png", np.random.default_rng(9))
    for name, path in ((b"person0_M\xfcller.png", source / "NORMAL" / "good.png"), (b"person0_\xfc.png", None)):
        odd = source / "NORMAL" / os.fsdecode(name)
        path.rename(odd) if path else odd.write_text("junk")
    folder = prepare_dataset(configure())
    assert len(open_dataset(folder)) == 301
    assert r"NORMAL/person0_\xfc.png,not_dicom" in (folder / "rejected.csv").read_text()


def test_a_folder_that_cannot_be_read_is_a_row_of_its_own(
    configure: Callable[..., Config],
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("lost+found", "NORMAL/more"):
        (source / name).mkdir()
    refuse_folders(monkeypatch, "lost+found", "more")
    folder = prepare_dataset(configure())
    assert (folder / "rejected.csv").read_text().splitlines()[1:] == [
        "NORMAL/more,unreadable,this folder cannot be read",
        'NORMAL/person0_notes.txt,not_dicom,"it begins like no DICOM, PNG or JPEG file"',
        "lost+found,unreadable,this folder cannot be read",
    ]
    assert len(open_dataset(folder)) == 300
    assert f"{source / 'lost+found'}: this folder cannot be read (Permission denied); what lies in it is left out" in (
        caplog.messages
    )


def test_a_source_folder_that_cannot_be_read_is_one_sentence(
    configure: Callable[..., Config], source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_folders(monkeypatch, source.name)
    with pytest.raises(UserError, match="the source folder cannot be read; make it readable"):
        prepare_dataset(configure())


def test_a_dataset_of_another_source_is_not_replaced(configure: Callable[..., Config], tmp_path: Path) -> None:
    folder = prepare_dataset(configure())
    before = lasting_bytes(folder)
    other = Config(data=DataConfig(source="phantom", cache=folder), prep=PrepConfig(size=32, workers=1))
    other.data.phantom.count, other.data.phantom.size = 4, 64
    with pytest.raises(UserError, match="here lies a dataset of the source image_folder, not of phantom"):
        prepare_dataset(other)
    assert lasting_bytes(folder) == before


@pytest.mark.parametrize(("setting", "value"), [("memory_mib", 1), ("timeout_s", 0), ("workers", -1)])
def test_impossible_limits_are_refused(configure: Callable[..., Config], setting: str, value: int) -> None:
    config = configure()
    setattr(config.prep, setting, value)
    with pytest.raises(ConfigurationError, match=rf"prep.{setting} is {value}, expected at least"):
        prepare_dataset(config)


def test_another_key_divides_the_same(
    configure: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = []
    for name in ("one", "other"):
        monkeypatch.setenv("XRAY_HASH_KEY", str(tmp_path / f"{name}.key"))
        dataset = open_dataset(prepare_dataset(configure(name)))
        places.append(
            [np.flatnonzero(np.isin(dataset.image_ids, dataset.description.splits[s])).tolist() for s in SPLITS]
        )
    assert places[0] == places[1]


def test_the_same_files_elsewhere_are_divided_the_same(
    configure: Callable[..., Config], source: Path, tmp_path: Path
) -> None:
    first = open_dataset(prepare_dataset(configure("first")))
    shutil.copytree(source, tmp_path / "moved")
    second = open_dataset(prepare_dataset(configure("second", root=tmp_path / "moved")))
    assert first.split_sha256 == second.split_sha256


def test_a_file_that_asks_for_too_much_memory_is_lost_alone(configure: Callable[..., Config], source: Path) -> None:
    assert cv2.imwrite(str(source / "NORMAL" / "person7_huge.png"), np.zeros((9000, 9000), np.uint16))
    config = configure(workers=2)
    config.prep.memory_mib = 600
    folder = prepare_dataset(config)
    reasons = {row["path"]: row["reason"] for row in csv.DictReader((folder / "rejected.csv").read_text().splitlines())}
    assert reasons == {"NORMAL/person0_notes.txt": "not_dicom", "NORMAL/person7_huge.png": "decode_failed"}
    assert len(open_dataset(folder)) == 300
