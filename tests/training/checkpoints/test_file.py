"""A checkpoint is whole whatever happens, and needs no room outside the run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.conftest import REPOSITORY
from tests.training.test_fit import make_config, make_data
from xray_resnet.runs import Run
from xray_resnet.training.checkpoints import AtomicCheckpointIO, read_checkpoint
from xray_resnet.training.fit import train

KILLED_WHILE_WRITING = """
import os, signal, sys
import xray_resnet.training
import torch
from xray_resnet.training.checkpoints import AtomicCheckpointIO

def write_half(content, file, **options):
    file.write(b"PK half a checkpoint")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

writer = AtomicCheckpointIO()
writer.save_checkpoint({"epoch": 1}, sys.argv[1])
torch.save = write_half
writer.save_checkpoint({"epoch": 2}, sys.argv[1])
"""


def test_a_kill_while_writing_keeps_the_former_checkpoint(tmp_path: Path) -> None:
    """Also where the folder of temporary files is on another file system."""
    elsewhere = Path("/dev/shm") if Path("/dev/shm").is_dir() else tmp_path
    environment = os.environ | {"TMPDIR": str(elsewhere), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(tmp_path / "last.ckpt")]
    killed = subprocess.run(command, env=environment, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert read_checkpoint(tmp_path / "last.ckpt") == {"epoch": 1}


def test_an_error_while_writing_keeps_the_former_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = AtomicCheckpointIO()
    writer.save_checkpoint({"epoch": 1}, tmp_path / "last.ckpt")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match=r"No space left on device: '.*last\.ckpt'"):
        writer.save_checkpoint({"epoch": 2}, tmp_path / "last.ckpt")
    assert read_checkpoint(tmp_path / "last.ckpt") == {"epoch": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]


@pytest.fixture
def tiny_temporary_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of temporary files with room for 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True)
    if mount.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_training_needs_no_room_for_temporary_files(
    tiny_temporary_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tiny_temporary_folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    run = train(make_config(make_data(tmp_path / "data"), tmp_path / "runs", epochs=1), announce=lambda _: None)
    assert Run(run).last_checkpoint.stat().st_size > 1 << 20
    assert (run / "bundle/models/model.onnx").is_file()
