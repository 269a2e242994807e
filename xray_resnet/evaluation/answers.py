"""What a network said of changed images, kept below the evaluation's folder: asking again takes long."""

import hashlib
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xray_resnet.files import name_file, replacing

_log = logging.getLogger(__name__)
FOLDER = "answers"
_DIGITS = 16


@dataclass(frozen=True)
class Answers:
    """Logits by the name of the change; those of another model or of other images never pass for them.

    Attributes:
        folder: Where they are kept; None keeps none.
        identify: Fingerprint of model and images; called when an answer is first asked for.
    """

    folder: Path | None = None
    identify: Callable[[], str] = str

    def recall(self, name: str, ask: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        """The logits that are kept under `name`; if there are none, or damaged ones, those that `ask` gives; kept.

        Args:
            name: Of the change: equal names give equal images.
            ask: Asks the network.
        """
        if self._own is None:
            return ask()
        path = self._own / f"{name}.npy"
        kept = _read(path) if path.is_file() else None
        if kept is not None:
            return kept
        logits = np.asarray(ask(), np.float32)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, logits)
        return logits

    @cached_property
    def _own(self) -> Path | None:
        """The folder of this model and these images; those of others, which went before them here, are removed."""
        if self.folder is None:
            return None
        own = self.folder / self.identify()
        for other in self.folder.glob("*/"):
            if other != own:
                shutil.rmtree(other)
        return own


def _read(path: Path) -> NDArray[np.float32] | None:
    """The logits of a file; None if it is damaged, which is said."""
    try:
        logits = np.load(path, allow_pickle=False)
    except (ValueError, EOFError):
        logits = None
    if isinstance(logits, np.ndarray) and logits.dtype == np.float32 and np.isfinite(logits).all():
        return logits
    _log.warning("%s: damaged; the network is asked again", name_file(path))
    return None


def fingerprint_files_and_pixels(files: list[Path], pixels: Callable[[int], NDArray[np.generic]], count: int) -> str:
    """16 hexadecimal digits of the content of files and of images, each `pixels(place)`."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    for place in range(count):
        digest.update(np.ascontiguousarray(pixels(place)).tobytes())
    return digest.hexdigest()[:_DIGITS]
