"""What the check for a frontal chest says of pictures that are none, of frontal films, and of phantoms.

None of the pictures taught the network or set a threshold, so that each of their sources is one that it has not seen.
Run as `python -m tests.dicom.no_chest`; it reads the shared data that XRAY_SHARED names.
"""

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from data_prep.phantom.render import Rendering, render_images
from tests.conftest import locate_shared
from xray_resnet.dicom import Flag, Gate, Reading, RejectedImage, prepare
from xray_resnet.dicom.appearance import check_appearance

FILMS = {
    "nih_chestxray14": "dicom/*.dcm",
    "rsna_pneumonia": "stage_2_train_images/*.dcm",
    "kermany_pneumonia": "train/*/*.jpeg",
}
ACCEPTED = "accepted"
_READING = Reading(size=224)
_LENIENT = replace(_READING, gate=Gate(accept_lateral=True))
"""Flags what the pixels say, and rejects nothing for it."""
_PHANTOMS, _SEED = 600, 4


def judge_file(path: Path) -> str:
    """The reason of a rejection, the flag, or ACCEPTED; a header that names a frontal view is believed first."""
    try:
        flags = prepare(path, _READING).flags
    except RejectedImage as rejected:
        return str(rejected.reason)
    return next((str(flag) for flag in flags if flag in (Flag.INVERTED, Flag.UNLIKE_CHEST)), ACCEPTED)


def judge_film(path: Path) -> str:
    """The same as if no view were named: the pixels alone decide."""
    prepared = prepare(path, _LENIENT)
    return _judge_pixels(prepared.placement.cut(prepared.pixels).astype(np.uint16) * 257)


def judge_phantom(phantom: Rendering) -> str:
    """What the pixels of a phantom alone say."""
    return _judge_pixels(phantom.shown().astype(np.uint16) * 257)


def judge_kinds(folder: Path) -> dict[str, Counter[str]]:
    """Verdicts on the pictures of `labels.csv` by kind and source."""
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            verdicts[f"{row['kind']} ({row['source'].rsplit('/', 1)[-1]})"][judge_file(folder / row["file"])] += 1
    return verdicts


def judge_films(data: Path) -> dict[str, Counter[str]]:
    """Verdicts of the pixels alone on the frontal films of each archive."""
    return {name: Counter(map(judge_film, sorted((data / name).glob(pattern)))) for name, pattern in FILMS.items()}


def judge_phantoms() -> Counter[str]:
    """Verdicts on phantoms of every habitus, pose and collimation, none of which taught the network."""
    return Counter(map(judge_phantom, render_images(_PHANTOMS, size=128, seed=_SEED)))


def count_rejected(verdicts: Iterable[Counter[str]]) -> int:
    """How many were not accepted, be it with a flag."""
    flags = {ACCEPTED, *map(str, Flag)}
    return sum(count for counter in verdicts for verdict, count in counter.items() if verdict not in flags)


def _judge_pixels(pixels: np.ndarray) -> str:
    try:
        flags = check_appearance(pixels, view="", gate=Gate())
    except RejectedImage as rejected:
        return str(rejected.reason)
    return str(flags[0]) if flags else ACCEPTED


def _print(verdicts: Mapping[str, Counter[str]]) -> None:
    for name, counter in verdicts.items():
        print(f"{name:45} {sum(counter.values()):5}  {', '.join(f'{v} {n}' for v, n in counter.most_common())}")


def main() -> int:
    """Prints the three tables."""
    data = locate_shared() / "data"
    kinds, films, phantoms = judge_kinds(data / "no_chest"), judge_films(data), judge_phantoms()
    _print(kinds)
    passed, total = sum(counter[ACCEPTED] for counter in kinds.values()), sum(map(Counter.total, kinds.values()))
    print(f"not a frontal chest: {total - passed} of {total} rejected or flagged ({1 - passed / total:.1%})\n")
    _print(films)
    print(f"frontal films: {count_rejected(films.values())} of {sum(map(Counter.total, films.values()))} rejected\n")
    _print({"phantoms": phantoms})
    return 0


if __name__ == "__main__":
    sys.exit(main())
