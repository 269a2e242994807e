"""A dry run: everything is built and two steps are taken on generated images; no data is needed, nothing is kept."""

import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np

from xray_resnet.config import Config
from xray_resnet.dicom import Reading
from xray_resnet.findings import NIH_CHESTXRAY14, LabelState
from xray_resnet.store import DatasetDescription, StoredImage
from xray_resnet.store.schema import IMAGES_FOLDER, part_name
from xray_resnet.store.writer import write_description, write_part
from xray_resnet.training.fit import train
from xray_resnet.training.watching import Announce, print_now

STEPS = 2
_VALIDATED = 4


def dry_run(config: Config, *, announce: Announce = print_now) -> None:
    """Trains two steps, validates and delivers as `config` says, on noise of its size, in a folder that is removed.

    Args:
        config: Everything; where its data lies, how long it trains and where it writes to are not looked at.
        announce: Gets what the user should see, line by line.

    Raises:
        UserError: as of `train`.
    """
    announce("dry run: two steps on generated images; nothing is kept, and the scores mean nothing")
    begin = perf_counter()
    with tempfile.TemporaryDirectory(prefix="xray_resnet-dry-run-") as folder:
        data = _write_noise(config, Path(folder) / "data")
        train(_shorten(config, data=data, output=Path(folder) / "runs"), announce=announce)
    size = config.model.image_size
    images = f"{config.train.accumulate} × {config.train.batch_size} images of {size} × {size}"
    announce(f"dry run done in {perf_counter() - begin:.0f} s: {STEPS} steps of {images}, validation and a bundle")


def _shorten(config: Config, *, data: Path, output: Path) -> Config:
    """One epoch at the full size, from and into other folders."""
    return replace(
        config,
        data=replace(config.data, cache=data, findings=[]),
        train=replace(config.train, output=output, epochs=1, smaller_first={}),
    )


def _write_noise(config: Config, folder: Path) -> Path:
    """A dataset with the images of two steps and a few to validate on; each second one has every finding."""
    generator = np.random.default_rng(0)
    counts = {"train": STEPS * config.train.accumulate * config.train.batch_size, "val": _VALIDATED}
    findings = tuple(dict.fromkeys([*(config.data.findings or NIH_CHESTXRAY14), *config.train.policies]))
    images = {
        split: [_make_image(config, f"{split}{index}", findings, index % 2, generator) for index in range(count)]
        for split, count in counts.items()
    }
    rows = [image for split in images.values() for image in split]
    part, size, dtype = part_name(0), config.prep.size, config.prep.dtype
    write_part(folder / IMAGES_FOLDER / part, rows, findings=findings, size=size, dtype=dtype)
    reading = Reading(size=size, dtype=dtype)
    description = DatasetDescription(
        name=config.name,
        source=config.data.source,
        synthetic=True,
        findings=findings,
        reading=reading.to_json(),
        reading_fingerprint=reading.fingerprint(),
        splits={split: [image.image_id for image in images[split]] for split in counts},
        parts={part: len(rows)},
    )
    write_description(folder, description)
    return folder


def _make_image(
    config: Config, name: str, findings: tuple[str, ...], positive: int, generator: np.random.Generator
) -> StoredImage:
    """Noise over the whole range of the stored pixels; a patient of its own."""
    dtype, size = np.dtype(config.prep.dtype), config.prep.size
    pixels = generator.integers(np.iinfo(dtype).max, size=(size, size), dtype=dtype, endpoint=True)
    state = int(LabelState.POSITIVE if positive else LabelState.NEGATIVE)
    return StoredImage(
        image_id=name,
        patient_id=name,
        pixels=pixels,
        states=dict.fromkeys(findings, state),
        view="PA",
        sex="F",
        age=50.0,
        content=(0, 0, size, size),
    )
