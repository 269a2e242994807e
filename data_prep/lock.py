"""A lock file: one process at a time, let go by a killed one, and no trace of it on any file system."""

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from xray_resnet.files import name_file, remove_or_leave

_log = logging.getLogger(__name__)
_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
"""What flock(2) answers if another process has the lock; EACCES on shares that map it to fcntl(2)."""
_RETIRED = ".retired"
_ATTEMPTS = 5


class HeldError(Exception):
    """Another process has the lock."""


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Holds the lock `path`, made with its folder if missing, and removes it in the end, unless the work failed.

    The file is closed before it is removed: NFS keeps one that is open under another name, `.nfs…`, beside it. Under
    the lock it gets a name that nobody else looks for, so that nobody can take it between closing and removing. A file
    system without locks is logged, and the work goes on.

    Raises:
        HeldError: if another process has it.
    """
    retired = path.with_name(path.name + _RETIRED)
    with _open_locked(path):
        yield
        with suppress(OSError):  # some shares do not rename an open file; it is removed under its own name then
            path.replace(retired)
    remove_or_leave(retired if retired.exists() else path)


def _open_locked(path: Path) -> IO[bytes]:
    """The lock's open file, which holds it.

    Its former holder may have retired it after it was opened here; then the lock is the file that has the name now.
    A share that numbers its files anew each time would make any file look retired: after some attempts it is taken.
    """
    for _ in range(_ATTEMPTS - 1):
        file = _open_and_take(path)
        if _is_still(file, path):
            return file
        file.close()
    return _open_and_take(path)


def _open_and_take(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            file.close()
            raise HeldError(str(path)) from None
        _log.warning(
            "%s: this file system keeps no locks (%s); make sure that no other process works in the folder",
            name_file(path.parent),
            error.strerror,
        )
    return file


def _is_still(file: IO[bytes], path: Path) -> bool:
    """Whether the open file is the one under the name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
