"""The logits of each contestant on each version of the films, kept in a file each."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docs.robustness.contestants import Contestant
from docs.robustness.views import VERSIONS, Views, name_version
from xray_resnet.files import replacing
from xray_resnet.inference.engines.openvino import OpenVinoEngine
from xray_resnet.precision import RequestedOfOpenVino

_CHUNK = 64
Scores = NDArray[np.float32]


class ScoreFolder:
    """Logits below a folder, by contestant, precision and what the films were made into.

    Args:
        folder: Where they are kept.
        views: The films.
        precision: "auto" or "fp32".
    """

    def __init__(self, folder: Path, views: Views, precision: RequestedOfOpenVino) -> None:
        self.precision = precision
        self._views = views
        self._folder = folder / f"{views.fingerprint}-{precision}"

    def complete(self, contestants: Sequence[Contestant], tell: Callable[[str], None] = print) -> None:
        """Scores what is missing, version by version: an interrupted study goes on where it stopped."""
        engines: dict[str, OpenVinoEngine] = {}
        for rung in VERSIONS:
            missing = [each for each in contestants if not self._path(each, name_version(rung)).exists()]
            if not missing:
                continue
            self._views.make(rung, [each.input for each in missing])
            for each in missing:
                if each.name not in engines:
                    engines[each.name] = each.compile(self.precision)
                views = self._views.read(rung, each.input)
                self._write(each, name_version(rung), _score(each, views, engines[each.name]))
            tell(f"{name_version(rung)}: {len(missing)} networks asked")

    def read(self, contestant: Contestant) -> list[Scores]:
        """(N, 1) logits of every version, the clean one first."""
        return [np.load(self._path(contestant, name_version(rung)))[:, None] for rung in VERSIONS]

    def score_originals(self, contestant: Contestant, originals: Sequence[NDArray[np.uint8]]) -> Scores:
        """(N,) logits of films as they are."""
        path = self._path(contestant, "originals")
        if not path.exists():
            seen = [contestant.input.view(film) for film in originals]
            self._write(contestant, "originals", _score(contestant, seen, contestant.compile(self.precision)))
        return np.asarray(np.load(path), np.float32)

    def _write(self, contestant: Contestant, version: str, scores: Scores) -> None:
        with replacing(self._path(contestant, version)) as temporary, temporary.open("wb") as file:
            np.save(file, scores)

    def _path(self, contestant: Contestant, version: str) -> Path:
        return self._folder / contestant.name / f"{version}.npy"


def _score(contestant: Contestant, views: Sequence[NDArray[np.generic]], engine: OpenVinoEngine) -> Scores:
    chunks = (views[start : start + _CHUNK] for start in range(0, len(views), _CHUNK))
    return np.concatenate([contestant.score(chunk, engine) for chunk in chunks])
