"""Corrupted films as each network sees them, made once per rung and kept."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from docs.robustness.films import Film
from docs.robustness.inputs import NetworkInput
from xray_resnet.data.ladder import RUNGS, Rung, climb, corrupt, fingerprint_ladder
from xray_resnet.files import replacing
from xray_resnet.fingerprint import fingerprint

CLEAN = "clean"
VERSIONS: tuple[Rung | None, ...] = (None, *RUNGS)
"""The clean films, at the ladder's size as well, then every rung."""


def name_version(rung: Rung | None) -> str:
    """`clean`, or the rung's name."""
    return rung.name if rung else CLEAN


class Views:
    """The views of some films below a folder; those of another ladder or of other films never pass for them.

    Args:
        folder: Where they are kept.
        films: N films.
    """

    def __init__(self, folder: Path, films: Sequence[Film]) -> None:
        self.films = films
        self.fingerprint = fingerprint([fingerprint_ladder(), [film.name for film in films]])
        self._folder = folder / self.fingerprint

    def make(self, rung: Rung | None, inputs: Sequence[NetworkInput]) -> None:
        """Makes the views of one version that are missing, all in one pass over the films."""
        missing = {seen.name: seen for seen in inputs if not self._path(rung, seen).exists()}
        if not missing:
            return
        stacks: dict[str, list[NDArray[np.generic]]] = {name: [] for name in missing}
        for film in self.films:
            picture = degrade(film, rung)
            for name, seen in missing.items():
                stacks[name].append(seen.view(picture))
        for name, stack in stacks.items():
            with replacing(self._path(rung, missing[name])) as temporary, temporary.open("wb") as file:
                np.save(file, np.stack(stack))

    def read(self, rung: Rung | None, seen: NetworkInput) -> NDArray[np.generic]:
        """(N, S, S) views of one version."""
        return np.asarray(np.load(self._path(rung, seen), mmap_mode="r"))

    def _path(self, rung: Rung | None, seen: NetworkInput) -> Path:
        return self._folder / seen.name / f"{name_version(rung)}.npy"


def degrade(film: Film, rung: Rung | None) -> NDArray[np.uint8]:
    """A film at 512² on a rung, in the 8 bits that films of this archive have."""
    share = climb(read_grey(film.path))
    shown = corrupt(share, rung, image=film.name) if rung else share
    return np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)


def read_grey(path: Path) -> NDArray[np.uint8]:
    """A film as Pillow's grey, as the plain recipe reads it."""
    with Image.open(path) as film:
        return np.asarray(film.convert("L"))
