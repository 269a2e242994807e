"""A lock file: one process at a time, and no trace of it afterwards."""

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from data_prep.lock import HeldError, lock_file


def refuse_lock(code: int) -> Any:
    def flock(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    return flock


def is_open(path: str | Path) -> bool:
    """Whether this process has the file open."""
    return any(descriptor.resolve() == Path(path).resolve() for descriptor in Path("/proc/self/fd").iterdir())


def unlink_as_nfs_does(path: Path, *, dir_fd: int | None = None) -> None:
    """NFS renames a file that is removed while it is open."""
    if is_open(path):
        path.rename(path.with_name(".nfs0001"))
    else:
        os.remove(path, dir_fd=dir_fd)


def test_a_lock_is_gone_when_the_work_is_done(tmp_path: Path) -> None:
    with lock_file(tmp_path / "journal" / "lock"):
        assert [path.name for path in (tmp_path / "journal").iterdir()] == ["lock"]
    assert not [*(tmp_path / "journal").iterdir()]


def test_a_lock_is_closed_before_it_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "unlink", unlink_as_nfs_does)
    with lock_file(tmp_path / "lock"):
        pass
    assert not [*tmp_path.iterdir()]


def test_a_share_that_renames_no_open_file_keeps_no_lock_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", refuse_lock(errno.EBUSY))
    with lock_file(tmp_path / "lock"):
        pass
    assert not [*tmp_path.iterdir()]


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with lock_file(tmp_path / "lock"), pytest.raises(HeldError, match="lock"), lock_file(tmp_path / "lock"):
        pass


def test_the_lock_of_failed_work_stays_as_its_mark_and_can_be_taken(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="disk"), lock_file(tmp_path / "lock"):
        raise RuntimeError("disk")
    assert (tmp_path / "lock").is_file()
    with lock_file(tmp_path / "lock"):
        pass


@pytest.mark.parametrize("code", [errno.EACCES, errno.EWOULDBLOCK])
def test_each_way_a_share_says_held_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr(fcntl, "flock", refuse_lock(code))
    with pytest.raises(HeldError, match="lock"), lock_file(tmp_path / "lock"):
        pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS])
def test_a_share_without_locks_is_named_and_worked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    monkeypatch.setattr(fcntl, "flock", refuse_lock(code))
    with lock_file(tmp_path / "lock"):
        pass
    assert caplog.messages == [
        f"{tmp_path}: this file system keeps no locks ({os.strerror(code)}); "
        "make sure that no other process works in the folder"
    ]


def test_a_lock_that_was_retired_after_it_was_opened_is_not_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its holder lets go between the opening and the taking: the taker must hold the file under the name."""
    path, flock = tmp_path / "lock", fcntl.flock
    moments = iter([lambda: path.replace(tmp_path / "lock.retired")])

    def take(file: Any, operation: int) -> None:
        next(moments, lambda: None)()
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", take)
    with lock_file(path):
        assert is_open(path)
        with pytest.raises(HeldError, match="lock"), lock_file(path):
            pass
