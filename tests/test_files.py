"""A file appears whole under its name, or not at all."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from xray_resnet.files import remove_or_leave, replacing, write_csv, write_json, write_text

ENDLESS_WRITER = """
import sys
from pathlib import Path
from xray_resnet.files import replacing
with replacing(Path(sys.argv[1])) as temporary, temporary.open("w") as file:
    while True:
        file.write("half")
        file.flush()
"""


def test_a_failed_write_keeps_the_former_content(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_text(path, "former")
    with pytest.raises(RuntimeError, match="disk"), replacing(path) as temporary:
        temporary.write_text("half of the new")
        raise RuntimeError("disk")
    assert path.read_text() == "former"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_a_killed_write_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    with subprocess.Popen([sys.executable, "-c", ENDLESS_WRITER, str(path)]) as process:
        while not any(file.stat().st_size for file in tmp_path.iterdir()):
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert not path.exists()


def test_json_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "metrics.json", {"auroc": float("nan")})


def test_csv_has_one_header_row_and_unix_line_ends(tmp_path: Path) -> None:
    write_csv(tmp_path / "rejected.csv", ["path", "reason"], [["a, b.dcm", "blank"]])
    assert (tmp_path / "rejected.csv").read_bytes() == b'path,reason\n"a, b.dcm",blank\n'


def refuse(code: int) -> Callable[..., None]:
    def function(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return function


def refuse_flush(monkeypatch: pytest.MonkeyPatch, code: int, *, folders: bool) -> None:
    """Makes the system refuse to flush folders, or files."""
    fsync = os.fsync

    def flush(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode) == folders:
            raise OSError(code, os.strerror(code))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", flush)


def write_privately(path: Path) -> None:
    """Writes as libraries do that put a private file of their own in the place of the one they are given."""
    with replacing(path) as temporary:
        own = temporary.with_name("own")
        own.touch(0o600)
        own.write_text("new")
        own.replace(temporary)


def test_a_file_gets_the_permissions_of_the_users_umask(tmp_path: Path) -> None:
    former = os.umask(0o027)
    try:
        write_privately(tmp_path / "weights")
        write_text(tmp_path / "table.csv", "new")
    finally:
        os.umask(former)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {
        "weights": 0o640,
        "table.csv": 0o640,
    }


@pytest.mark.parametrize("code", [errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS])
def test_a_file_is_written_if_its_permissions_cannot_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """CIFS and exFAT refuse it."""
    monkeypatch.setattr(os, "chmod", refuse(code))
    write_privately(tmp_path / "weights")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("weights", "new")]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EIO])
def test_a_file_is_written_if_its_folder_cannot_be_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """CIFS and shares below WSL answer with these."""
    refuse_flush(monkeypatch, code, folders=True)
    write_text(tmp_path / "table.csv", "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("table.csv", "new")]


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_file_whose_content_did_not_reach_the_disk_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path = tmp_path / "table.csv"
    write_text(path, "former")
    refuse_flush(monkeypatch, code, folders=False)
    with pytest.raises(OSError, match=r"table\.csv'$"):
        write_text(path, "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("table.csv", "former")]


def test_a_file_system_that_cannot_flush_files_does_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_flush(monkeypatch, errno.EINVAL, folders=False)
    write_text(tmp_path / "table.csv", "new")
    assert (tmp_path / "table.csv").read_text() == "new"


@pytest.mark.parametrize("name", ["x" * 255, "ö" * 127, os.fsdecode(b"\xfc" * 255)])
def test_the_longest_name_that_a_file_may_have_can_be_written(tmp_path: Path, name: str) -> None:
    write_text(tmp_path / name, "new")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_error_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "table.csv").mkdir()
    (tmp_path / "table.csv" / "inside").touch()
    with pytest.raises(OSError, match=r"/table\.csv'$"):
        write_text(tmp_path / "table.csv", "new")


def test_what_cannot_be_removed_is_left_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / ".nfs0001").touch()
    remove_or_leave(tmp_path / "journal")
    assert caplog.messages == [f"{tmp_path / 'journal'}: left behind (Directory not empty)"]
