"""How a checkpoint reaches the disk: whole, in its own folder, in one step."""

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO

from xray_resnet.files import replacing


class AtomicCheckpointIO(TorchCheckpointIO):
    """Lightning's reader with a writer of our own.

    Lightning's writer goes through the system's folder of temporary files: where that lies on another file system, a
    kill leaves a stump in place of the former checkpoint, and where it is small there is no room.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Writes `checkpoint` beside `path`, then renames it; until then `path` keeps what it held."""
        save_torch_file(checkpoint, Path(path))


def save_torch_file(content: dict[str, Any], path: Path) -> None:
    """Writes what torch loads with `weights_only=True`, atomically.

    Raises:
        OSError: if it cannot be written; torch would hide a full disk behind an error of its own.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        try:
            torch.save(content, file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise
