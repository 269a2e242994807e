"""Trains the check for a frontal chest and sets its thresholds.

Frontal chests are the films of folders that are given, with phantoms; everything else is drawn or made of those films.
The thresholds are set on films that the network which judges them has not seen: five networks, each of four fifths.
Run as `python -m data_prep.frontal.train OUT.npz FOLDER …`; each folder is one archive.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional

from data_prep.frontal.canvas import SIDE
from data_prep.frontal.lessons import FRONTAL, draw_lessons
from data_prep.phantom.render import render_images
from xray_resnet.dicom import Gate
from xray_resnet.dicom.appearance.frontal import standardise
from xray_resnet.dicom.radiograph import to_8_bit
from xray_resnet.dicom.read import read_radiograph
from xray_resnet.files import replacing
from xray_resnet.walk import walk_folder

Archives = Mapping[str, NDArray[np.uint8]]

FALSE_FLAGS, FALSE_REJECTIONS = 1 / 200, 1 / 4000
"""Shares of unseen frontal films beyond the two thresholds; the second leaves a margin to 1 in 2,000."""
_FILM_SIDE = 96
_PHANTOMS, _PHANTOM_SEED = 500, 77
_PICTURES, _SEED = 60_000, 0
_USAGE = "usage: python -m data_prep.frontal.train OUT.npz FOLDER ..."
_FOLDS, _EPOCHS, _BATCH, _RATE = 5, 12, 256, 4e-3


def read_archive(folder: Path) -> NDArray[np.uint8]:
    """(N, side, side) grey values of every film below `folder`, its content squeezed to a square."""
    files = track(walk_folder(folder).paths, description=f"reading {folder.name}")
    return np.array([_squeeze(to_8_bit(read_radiograph(file, gate=Gate()).pixels)) for file in files], np.uint8)


def read_phantoms() -> NDArray[np.uint8]:
    """Phantoms of every habitus, pose and collimation."""
    return np.array([_squeeze(item.shown()) for item in render_images(_PHANTOMS, size=128, seed=_PHANTOM_SEED)])


def build_network() -> nn.Sequential:
    """Three convolutions and a linear layer, 22,000 weights; `xray_resnet.dicom.appearance.frontal` computes it."""
    layers = [nn.Conv2d(1, 16, 8, 4, 2), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 48, 3, 2, 1)]
    return nn.Sequential(*layers, nn.ReLU(), nn.Flatten(), nn.Dropout(0.3), nn.Linear(48 * 16, 3))


def fit(archives: Archives, *, count: int, seed: int) -> nn.Sequential:
    """Trains on `count` pictures that are drawn with `seed`."""
    torch.manual_seed(seed)
    lessons = draw_lessons(archives, count, np.random.default_rng(seed))
    pictures, classes = _to_input(lessons.pictures), torch.from_numpy(lessons.classes)
    shares = 1 / torch.bincount(classes).float()
    network, steps = build_network(), _EPOCHS * (count // _BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    for chosen in _batches(count):
        logits = network(pictures[chosen])
        loss = functional.cross_entropy(logits, classes[chosen], weight=shares / shares.mean(), label_smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return network.eval()


def score(network: nn.Sequential, films: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Log odds that each film is not a frontal chest."""
    small = np.array([cv2.resize(film, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for film in films])
    with torch.inference_mode():
        logits = network(_to_input(small))
    against = torch.cat([logits[:, :FRONTAL], logits[:, FRONTAL + 1 :]], dim=1)
    return np.asarray(torch.logsumexp(against, 1) - logits[:, FRONTAL], np.float64)


def cross_score(archives: Archives, *, count: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Each film's score by a network that has not seen it; contiguous folds keep a patient's films together."""
    folds = {name: np.arange(len(films)) * _FOLDS // len(films) for name, films in archives.items()}
    scores = {name: np.empty(len(films)) for name, films in archives.items()}
    for fold in track(range(_FOLDS), description="cross-fitting"):
        seen = {name: films[folds[name] != fold] for name, films in archives.items()}
        network = fit(seen, count=count, seed=seed + 1 + fold)
        for name, films in archives.items():
            scores[name][folds[name] == fold] = score(network, films[folds[name] == fold])
    return scores


def save(path: Path, network: nn.Sequential, *, flagged: float, rejected: float) -> None:
    """Weights in half precision and the thresholds, without pickles."""
    weights = {name: value.detach().half().numpy() for name, value in network.state_dict().items()}
    numbered = dict(zip(("conv1", "conv2", "conv3", "linear"), _pairs(weights.values()), strict=True))
    arrays: dict[str, Any] = {
        f"{name}.{part}": pair[i] for name, pair in numbered.items() for i, part in enumerate(("weight", "bias"))
    }
    arrays |= {"flagged": np.float32(flagged), "rejected": np.float32(rejected)}
    with replacing(path) as new, new.open("wb") as file:
        np.savez_compressed(file, **arrays)


def main(arguments: list[str]) -> int:
    """Reads, cross-fits, trains, saves; prints what it set the thresholds by."""
    if len(arguments) < 2:
        print(_USAGE, file=sys.stderr)
        return 2
    out, *folders = map(Path, arguments)
    archives = {folder.name: read_archive(folder) for folder in folders} | {"phantoms": read_phantoms()}
    scores = cross_score(archives, count=_PICTURES, seed=_SEED)
    films = np.sort(np.concatenate([scores[name] for name in scores if name != "phantoms"]))[::-1]
    flagged, rejected = (float(films[round(share * len(films))]) for share in (FALSE_FLAGS, FALSE_REJECTIONS))
    for name, values in scores.items():
        print(f"{name}: {len(values)} films, {(values > flagged).sum()} flagged, {(values > rejected).sum()} rejected")
    save(out, fit(archives, count=_PICTURES, seed=_SEED), flagged=flagged, rejected=rejected)
    print(f"flagged above {flagged:.2f}, rejected above {rejected:.2f}, in log odds; written to {out}")
    return 0


def _squeeze(picture: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (_FILM_SIDE, _FILM_SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _to_input(pictures: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.array([standardise(picture) for picture in pictures]))[:, None]


def _batches(count: int) -> Iterable[Tensor]:
    for _ in range(_EPOCHS):
        order = torch.randperm(count)
        yield from (order[start : start + _BATCH] for start in range(0, count - count % _BATCH, _BATCH))


def _pairs(values: Iterable[NDArray[np.float16]]) -> list[tuple[NDArray[np.float16], ...]]:
    return list(zip(*[iter(values)] * 2, strict=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
