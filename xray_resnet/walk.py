"""What stands below a folder: the same list for everybody who reads folders, whatever the folder holds."""

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from xray_resnet.files import name_file

_log = logging.getLogger(__name__)
_SYSTEM_FOLDERS = frozenset(
    {
        "@eaDir", "@tmp", "#recycle", "#snapshot",  # Synology
        "@Recycle", "@Recently-Snapshot",  # QNAP
        "~snapshot",  # NetApp
        "$RECYCLE.BIN", "System Volume Information",  # Windows
        "__MACOSX",  # archives packed on a Mac
        "lost+found",
    }
)  # fmt: skip
"""Folders that storage systems keep beside the user's: thumbnails, snapshots and bins hold copies of films."""
_NAMED = 5


@dataclass(frozen=True)
class Walk:
    """What stands below a folder.

    Attributes:
        files: Every file that is not hidden, sorted by the parts of its path; links, pipes and devices are among them.
        unreadable: The folders that cannot be listed, sorted likewise.
        passed_over: Hidden files and folders, and those of storage systems.
    """

    files: list[Path] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)

    @property
    def paths(self) -> list[Path]:
        """The files and the unreadable folders, sorted: everything that gets a verdict."""
        return sorted([*self.files, *self.unreadable])


def walk_folder(root: Path, *, leave_out: Path | None = None) -> Walk:
    """What stands below `root`; what is left out is named in the log.

    Links to folders are followed, but each folder is listed once, and none that `root` lies in: no circle is endless.

    Args:
        root: A folder, or a link to one.
        leave_out: A folder to pass over in silence, if it lies below `root`.
    """
    outside = [*root.resolve().parents, *([] if leave_out is None else [leave_out])]
    walker = _Walker(outside)
    walker.walk(root)
    _log_left_out(root, walker.found.passed_over)
    return walker.found


class _Walker:
    """A walk while it lasts.

    Args:
        outside: Folders that are not listed, wherever a link to them stands.
    """

    def __init__(self, outside: Iterable[Path]) -> None:
        self.found = Walk()
        self._seen = {identity for folder in outside if (identity := _identify(folder)) is not None}

    def walk(self, root: Path) -> None:
        """Takes in everything below `root`, in order."""
        pending = [(root, True)]
        while pending:
            path, is_folder = pending.pop()
            if is_folder:
                pending.extend(reversed(self._list(path)))
            else:
                self.found.files.append(path)

    def _list(self, folder: Path) -> list[tuple[Path, bool]]:
        """The entries of a folder and whether each is a folder itself, sorted; none of a folder that was listed."""
        try:
            entries = self._scan(folder)
        except OSError as error:
            self._note_unreadable(folder, error)
            return []
        self._pass_over(entry for entry in entries if _is_passed_over(*entry))
        return [entry for entry in entries if not _is_passed_over(*entry)]

    def _scan(self, folder: Path) -> list[tuple[Path, bool]]:
        identity = _identify(folder)
        if identity in self._seen:
            return []
        with os.scandir(folder) as entries:
            names = sorted((entry.name, _is_folder(entry)) for entry in entries)
        if identity is not None:
            self._seen.add(identity)
        return [(folder / name, is_folder) for name, is_folder in names]

    def _pass_over(self, entries: Iterable[tuple[Path, bool]]) -> None:
        """Notes them; that a folder cannot even be opened is noted as of any other."""
        for path, is_folder in entries:
            try:
                if is_folder and _identify(path) not in self._seen:
                    os.scandir(path).close()
            except OSError as error:
                self._note_unreadable(path, error)
            else:
                self.found.passed_over.append(path)

    def _note_unreadable(self, folder: Path, error: OSError) -> None:
        _log.warning(
            "%s: this folder cannot be read (%s); what lies in it is left out", name_file(folder), error.strerror
        )
        self.found.unreadable.append(folder)


def _is_passed_over(path: Path, is_folder: bool) -> bool:
    return path.name.startswith(".") or (is_folder and path.name in _SYSTEM_FOLDERS)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether it is a folder or a link to one; what cannot be told is read as a file, and its reader says why not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _identify(folder: Path) -> tuple[int, int] | None:
    """Device and inode, by which a folder is the same under every name; None if it is not there or keeps them back."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _log_left_out(root: Path, passed_over: list[Path]) -> None:
    if passed_over:
        names = list(dict.fromkeys(path.name for path in passed_over))
        more = ", …" if len(names) > _NAMED else ""
        _log.warning(
            "%s: passed over %d hidden files and folders (%s%s)",
            name_file(root),
            len(passed_over),
            ", ".join(map(name_file, names[:_NAMED])),
            more,
        )
