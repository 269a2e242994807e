"""The folder of a run: made, found, and the files in it."""

import os
from pathlib import Path

import pytest

from xray_resnet.config import Config, DataConfig, TrainConfig
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.runs import Run, evaluation_folder, places_of_bundle


def make_run(parent: Path, name: str = "a") -> Run:
    data = DataConfig(cache=parent / "data")
    return Run.make(Config(name=name, data=data, train=TrainConfig(output=parent / "runs")))


def finish(run: Run, *, at: int) -> None:
    run.bundle.mkdir()
    os.utime(run.bundle, (at, at))


def test_runs_of_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    folders = {make_run(tmp_path).folder for _ in range(5)}
    assert len(folders) == 5
    assert all(folder.parent == tmp_path / "runs" for folder in folders)


def test_a_run_keeps_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = Run.make(Config(data=DataConfig(cache=Path("data"))))
    assert run.read_config().train.output == tmp_path / "runs"
    assert run.find_dataset() == tmp_path / "data"


def test_the_newest_run_is_the_one_that_was_finished_last(tmp_path: Path) -> None:
    first, second, unfinished = (make_run(tmp_path, name) for name in "abc")
    finish(first, at=2_000_000)
    finish(second, at=1_000_000)
    assert Run.newest(tmp_path / "runs") == first
    assert not unfinished.is_finished


def test_without_a_finished_run_the_remedy_is_named(tmp_path: Path) -> None:
    make_run(tmp_path)
    with pytest.raises(ConfigurationError, match=r"no finished run in .*; run xray-train first"):
        Run.newest(tmp_path / "runs")


def test_a_folder_without_a_configuration_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no config\.yaml there; give the folder of a run"):
        Run.open(tmp_path)


def test_a_bundle_knows_its_run(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert Run.around(run.folder) == Run.around(run.bundle) == run
    assert Run.around(tmp_path / "alone") is None
    assert run.bundle in places_of_bundle(run.folder)


def test_results_go_below_the_run_or_below_a_bundle_that_stands_alone(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert evaluation_folder(run.bundle, dataset="nih", split="test") == run.folder / "eval/nih-test"
    assert evaluation_folder(tmp_path / "alone", dataset="nih", split="all") == tmp_path / "alone/eval/nih-all"


def test_a_configuration_that_names_no_dataset_says_what_to_name(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.config_file.write_text("name: x\n")
    with pytest.raises(UserError, match=r"no data\.cache in it .*--data"):
        run.find_dataset()
