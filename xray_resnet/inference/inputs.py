"""Input files: those named, and all below the folders named."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from xray_resnet.errors import UserError


def find_inputs(inputs: Iterable[Path], *, output: Path | None = None) -> list[Path]:
    """Every file, in the order given; those of a folder sorted. Links to folders are not followed.

    Args:
        inputs: Files and folders.
        output: A folder to leave out, where it lies below an input.

    Raises:
        UserError: if an input does not exist, or there is no file at all.
    """
    inputs = [*inputs]
    left_out = output.resolve() if output is not None else None
    files = [file for path in inputs for file in _files_of(path, left_out)]
    if not files:
        raise UserError(f"{', '.join(map(str, inputs))}: no file in it; name files or folders of radiographs")
    return files


def _files_of(path: Path, left_out: Path | None) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from _walk(path, left_out)
    else:
        raise UserError(f"{path}: no such file or folder; check the name")


def _walk(folder: Path, left_out: Path | None) -> Iterator[Path]:
    for current, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if (Path(current) / name).resolve() != left_out)
        yield from (Path(current) / name for name in sorted(names))


def _refuse(error: OSError) -> None:
    raise UserError(f"{error.filename}: {error.strerror}; make the folder readable") from error
