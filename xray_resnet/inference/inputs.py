"""Input files: those named, and all below the folders named."""

from collections.abc import Iterable
from pathlib import Path

from xray_resnet.errors import UserError
from xray_resnet.files import name_file
from xray_resnet.walk import Walk, walk_folder


def find_inputs(inputs: Iterable[Path], *, output: Path | None = None) -> list[Path]:
    """Every file, in the order given, and those of a folder as a `Walk` lists them: folders that cannot be read, too.

    Args:
        inputs: Files and folders.
        output: A folder to leave out, if it lies below an input.

    Raises:
        UserError: if an input does not exist, or there is no file at all.
    """
    inputs = [*inputs]
    walks = [_walk(path, output) for path in inputs]
    if not any(walk.files for walk in walks):
        _refuse_nothing(inputs, [folder for walk in walks for folder in walk.unreadable])
    return [path for walk in walks for path in walk.paths]


def _walk(path: Path, output: Path | None) -> Walk:
    if path.is_dir():
        return walk_folder(path, leave_out=output)
    if path.is_file():
        return Walk(files=[path])
    raise UserError(f"{path}: no such file or folder; check the name")


def _refuse_nothing(inputs: Iterable[Path], unreadable: list[Path]) -> None:
    if unreadable:
        folders = ", ".join(map(name_file, unreadable))
        raise UserError(f"{folders}: no file can be read below it; make the folder readable")
    raise UserError(f"{', '.join(map(str, inputs))}: no file in it; name files or folders of radiographs")
