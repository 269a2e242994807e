"""Writing: a whole phantom data set into a folder, resumable, the same bytes for any number of workers."""

import json
import re
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from data_prep.phantom.dicom_writer import draw_encoding, encode_dicom
from data_prep.phantom.patient import schedule_patients, stream
from data_prep.phantom.render import render_image
from data_prep.phantom.truth import Truth, read_truth, truth_of, write_masks, write_tables
from xray_resnet.config.sources import Lesions
from xray_resnet.errors import UserError
from xray_resnet.files import write_bytes, write_json
from xray_resnet.findings import PHANTOM_FINDINGS
from xray_resnet.progress import Progress
from xray_resnet.scale.local import map_in_processes

GENERATOR_VERSION = 2
"""Rises whenever the same settings give other images."""

_FINISHED, _BEGUN = "phantom.json", "phantom-unfinished.json"
_OWN = re.compile(r"\d{6}\.(dcm|npz)")


@dataclass(frozen=True)
class Settings:
    """What determines every byte of a phantom data set.

    Attributes:
        count: Images.
        size: Rows and columns.
        seed: Of everything random.
        dose_fraction: Share of the quanta of a full exposure.
        lesions: How large and dense the findings are.
        generator_version: GENERATOR_VERSION.
    """

    count: int
    size: int
    seed: int
    dose_fraction: float
    lesions: Lesions = "coarse"
    generator_version: int = GENERATOR_VERSION

    def to_json(self) -> dict[str, object]:
        """The settings as plain values; coarse lesions go without saying, as before there were others."""
        return {name: value for name, value in asdict(self).items() if (name, value) != ("lesions", "coarse")}


def write_phantoms(
    folder: Path,
    *,
    count: int,
    size: int = 256,
    seed: int = 0,
    dose_fraction: float = 1.0,
    lesions: Lesions = "coarse",
    workers: int = 1,
    progress: Progress | None = None,
) -> None:
    """Writes `count` synthetic radiographs with their labels, boxes and masks.

    Layout: `images/NNNNNN.dcm`, `masks/NNNNNN.npz`, `labels.csv`, `boxes.csv`, and `phantom.json`, written last. A
    folder already complete for the same settings is left as it is; one that was interrupted is completed; one of other
    settings is replaced. The same settings give the same bytes.

    Args:
        folder: Where to write; made if missing.
        count: Images.
        size: Rows and columns.
        seed: Of everything random; a larger count with the same seed begins with the same images.
        dose_fraction: Share of the quanta of a full exposure; it changes nothing but noise.
        lesions: How large and dense the findings are.
        workers: Processes; 0 is one per processor, as far as the memory suffices.
        progress: Called after each image.

    Raises:
        UserError: if `folder` holds something that is no phantom.
    """
    settings = Settings(count, size, seed, dose_fraction, lesions)
    if _read(folder / _FINISHED) == settings.to_json():
        return
    _prepare_folder(folder, settings)
    patients = schedule_patients(count, seed)
    truths = []
    render_one = partial(_write_image, folder=folder, settings=settings)
    for truth in map_in_processes(render_one, list(enumerate(patients)), workers=workers):
        truths.append(truth)
        if progress is not None:
            progress(len(truths), count)
    write_tables(folder, truths, findings=PHANTOM_FINDINGS[lesions])
    write_json(folder / _FINISHED, settings.to_json())
    (folder / _BEGUN).unlink(missing_ok=True)


def _write_image(item: tuple[int, int], *, folder: Path, settings: Settings) -> Truth:
    """Renders and writes one (image number, patient number) unless it is there already."""
    number, patient = item
    masks = folder / "masks" / f"{number:06d}.npz"
    if masks.exists():
        return read_truth(masks)
    rendering = render_image(
        number,
        patient,
        size=settings.size,
        seed=settings.seed,
        dose_fraction=settings.dose_fraction,
        lesions=settings.lesions,
    )
    file = f"images/{number:06d}.dcm"
    key = json.dumps([settings.to_json() | {"count": 0}, number], sort_keys=True)
    encoding = draw_encoding(stream("encoding", settings.seed, number))
    write_bytes(folder / file, encode_dicom(rendering, key=key, encoding=encoding))
    truth = truth_of(rendering, file)
    write_masks(masks, rendering, truth)
    return truth


def _prepare_folder(folder: Path, settings: Settings) -> None:
    """Makes the folder ready: keeps what an interrupted run of the same settings left, removes another phantom."""
    begun, finished = _read(folder / _BEGUN), _read(folder / _FINISHED)
    if begun is None and finished is None and folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} holds files and no {_FINISHED}; give an empty folder for the synthetic radiographs")
    wanted = settings.to_json()
    if begun == wanted and finished is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / _BEGUN, {})
    (folder / _FINISHED).unlink(missing_ok=True)
    for path in [*folder.glob("masks/*"), *folder.glob("images/*")]:
        if _OWN.fullmatch(path.name):
            path.unlink()
    write_json(folder / _BEGUN, wanted)


def _read(path: Path) -> object:
    """The settings in `path`, or None if absent."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
