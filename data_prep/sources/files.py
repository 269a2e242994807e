"""Finding a source's files: below its root, and nowhere else."""

from pathlib import Path, PurePosixPath

from xray_resnet.errors import UserError
from xray_resnet.walk import Walk, walk_folder


def walk_source(root: Path) -> Walk:
    """Every file below `root`, and the folders that cannot be read: the listing names them as rejected.

    Raises:
        UserError: if there is no such folder, or it cannot be read itself.
    """
    if not root.is_dir():
        raise UserError(f"{root}: there is no such source folder; set data.root to where the data lies")
    walk = walk_folder(root)
    if root in walk.unreadable:
        raise UserError(f"{root}: the source folder cannot be read; make it readable")
    return walk


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
