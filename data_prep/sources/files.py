"""Finding a source's files: below its root, and nowhere else."""

import os
from pathlib import Path, PurePosixPath

from xray_resnet.errors import UserError
from xray_resnet.files import name_file


def list_files(root: Path) -> list[Path]:
    """Every file below `root` that is not hidden, sorted; linked folders are followed, each folder once.

    Raises:
        UserError: if there is no such folder, or one below it cannot be read.
    """
    if not root.is_dir():
        raise UserError(f"{root}: there is no such source folder; set data.root to where the data lies")
    found: list[Path] = []
    seen: set[tuple[int, int]] = set()
    for folder, folders, names in os.walk(root, onerror=_refuse, followlinks=True):
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    return sorted(found)


def _refuse(error: OSError) -> None:
    """A folder that is passed over in silence would be a loss that nobody sees."""
    raise UserError(
        f"{name_file(error.filename)}: this folder of the source cannot be read ({error.strerror}); "
        "make it readable, or move it out of the source"
    )


def resolve_below(root: Path, name: str, *, where: str) -> Path:
    """The file that a table names by its path relative to `root`.

    Tables are untrusted: a name may not lead out of the root.

    Raises:
        UserError: if it does.
    """
    relative = PurePosixPath(name.replace("\\", "/"))
    if relative.is_absolute() or ".." in relative.parts:
        raise UserError(f"{where}: a path leaves the source folder {root}; give paths relative to it")
    return root / relative
