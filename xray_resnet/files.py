"""Atomic writes: a file appears whole under its name, or not at all.

Only what a result depends on must succeed: writing, flushing and renaming the file. File systems without permissions
(exFAT, CIFS) refuse to change them, and some network shares cannot flush a folder; neither costs the result.
"""

import csv
import errno
import io
import json
import logging
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)
_CANNOT_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
"""What fsync(2) answers for a file system that does not have it; every other error may be lost data."""
_PREFIX_BYTES = 64
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`; on success it is flushed to disk and renamed onto `path`.

    Whatever happens inside, `path` keeps its former content until the new content is complete.

    Raises:
        OSError: naming `path`, even if a library did not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _name_beside(path)
    try:
        mode = _create(temporary)
        yield temporary
        _flush(temporary)
        set_mode(temporary, mode)
        temporary.replace(path)
        flush_folder(path.parent)
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(temporary)):
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def set_mode(path: Path, mode: int) -> None:
    """Gives `path` these permission bits, if its file system has any: a refusal is logged and costs nothing else."""
    try:
        if stat.S_IMODE(path.stat().st_mode) != mode:
            path.chmod(mode)
    except OSError as error:
        _log.info("%s: the permissions stay as they are (%s)", name_file(path), error.strerror)


def flush_folder(folder: Path) -> None:
    """Flushes the names in `folder` to disk, if its file system can.

    Shares refuse this with many errors (CIFS: EINVAL, EACCES, EIO). The files themselves are flushed by then; only a
    power failure right now could take back their new names.
    """
    try:
        _flush(folder)
    except OSError as error:
        _log.info("%s: the folder cannot be flushed to disk (%s)", name_file(folder), error.strerror)


def remove_or_leave(path: Path) -> None:
    """Removes a file, or an empty folder, that nothing depends on any more; one that cannot be is named in the log."""
    try:
        path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("%s: left behind (%s)", name_file(path), error.strerror)


def name_file(path: Path | str) -> str:
    """The path as text that can be written and printed anywhere; bytes that are not UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def name_cell(path: Path | str) -> str:
    """The same for a table; it begins with `./` if a spreadsheet would take its first character for a formula's."""
    name = name_file(path)
    return f"./{name}" if name.startswith(_FORMULA) else name


def write_bytes(path: Path, content: bytes) -> None:
    """Writes `content` to `path`, atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Writes UTF-8 `content` to `path`, atomically."""
    write_bytes(path, content.encode())


def write_json(path: Path, value: Any) -> None:
    """Writes `value` as indented JSON to `path`, atomically; NaN is refused (undefined is null)."""
    write_text(path, format_json(value))


def format_json(value: Any) -> str:
    """`value` as indented JSON; NaN is refused (undefined is null)."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes a CSV table with one header row to `path`, atomically."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, buffer.getvalue())


def _name_beside(path: Path) -> Path:
    """A new name in the folder of `path`, within the longest that file systems take, however long that of `path` is."""
    prefix = os.fsencode(path.name)[:_PREFIX_BYTES].decode("utf-8", "ignore")
    return path.with_name(f".{prefix}.{secrets.token_hex(8)}.part")


def _create(path: Path) -> int:
    """Makes an empty file that was not there; the permission bits that the user's umask and the file system give it."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
    try:
        return stat.S_IMODE(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise
    finally:
        os.close(descriptor)
