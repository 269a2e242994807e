"""A dry run builds everything and keeps nothing; every large recipe passes one."""

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

from xray_resnet.cli.train import train as train_command
from xray_resnet.config import Config
from xray_resnet.config_files import CommandParser, build_section
from xray_resnet.training import fit
from xray_resnet.training.checkpoints import AtomicCheckpointIO
from xray_resnet.training.dry_run import dry_run

LARGE = {
    "nih_chestxray14_448": "nih_chestxray14",
    "chexpert_448": "chexpert",
    "mimic_cxr_512": "mimic_cxr",
    "padchest_512": "padchest",
}
SMALLER = ("--train.batch_size=2", "--model.image_size=64", "--prep.size=64", "--train.workers=0")


def read(name: str, *arguments: str) -> Config:
    parser = CommandParser("xray-test", purpose="Test.", examples=())
    parser.add_class_arguments(Config)
    return build_section(Config, parser.instantiate(parser.read(["--config", f"{name}.yaml", *arguments])))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, and beside it the working folder."""
    for name in ("temporary", "work"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "temporary"


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_large_recipe_builds_its_network_and_takes_two_steps(
    name: str, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is the recipe's; its images are small here, and neither checkpoints nor a bundle are written."""
    delivered: list[Any] = []
    monkeypatch.setattr(fit, "deliver", lambda *arguments: delivered.append(arguments))
    monkeypatch.setattr(AtomicCheckpointIO, "save_checkpoint", lambda *_, **__: None)
    monkeypatch.setattr("xray_resnet.training.checkpoints.keep.save_torch_file", lambda *_: None)
    said: list[str] = []
    dry_run(read(name, *SMALLER), announce=said.append)
    ((_, task, start),) = delivered
    assert (start.architecture.depth, start.architecture.base_width) == (50, 64)
    assert len(task.rows["train"]) == 2 * 2
    assert re.fullmatch(r"dry run done in \d+ s: 2 steps of 1 × 2 images of 64 × 64, validation and a bundle", said[-1])
    assert not [*temporary.iterdir()] and not [*Path.cwd().iterdir()]


@pytest.mark.parametrize(("name", "base"), LARGE.items())
def test_a_large_recipe_trains_on_the_dataset_of_the_small_one(name: str, base: str) -> None:
    large, small = read(name), read(base)
    assert (large.data, large.prep) == (small.data, small.prep)
    assert 448 <= large.model.image_size <= large.prep.size == 512


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("processes", [1, 2, 4, 8])
def test_a_large_recipe_can_be_shared_out_among_so_many_gpus(name: str, processes: int) -> None:
    images, rest = divmod(read(name).train.batch_size, processes)
    assert rest == 0 and images >= 2


def test_the_command_makes_a_dry_run_with_a_bundle_and_leaves_nothing(
    temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ("--model.depth=18", "--model.base_width=8", "--train.accumulate=2", "--train.precision=fp32")
    assert train_command(["--config", "mimic_cxr_512.yaml", "--dry-run", *SMALLER, *small]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "dry run: two steps on generated images; nothing is kept, and the scores mean nothing"
    assert lines[-1].endswith("2 steps of 2 × 2 images of 64 × 64, validation and a bundle")
    assert not [*temporary.iterdir()] and not [*Path.cwd().iterdir()]
