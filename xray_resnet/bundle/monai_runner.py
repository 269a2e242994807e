"""What MONAI's runner calls for `configs/inference.json`: our reading transform, MONAI's loader and inferer, a table.

python -m monai.bundle run --config_file BUNDLE/configs/inference.json --dataset_dir IN --output_dir OUT
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from xray_resnet.bundle.load import load_model
from xray_resnet.bundle.metadata import METADATA, Bundle, read_bundle
from xray_resnet.dicom import RejectedImage, prepare
from xray_resnet.errors import UserError
from xray_resnet.files import write_csv
from xray_resnet.findings import prediction_columns
from xray_resnet.models import PreActResNet

__all__ = ["ReadRadiograph", "find_files", "find_running_bundle", "load_model", "predict"]


@dataclass(frozen=True)
class Read:
    """One file, read or rejected.

    Attributes:
        path: As found.
        image: (1, size, size) network input; None where rejected.
        sop_instance_uid: Empty where unknown.
        reason: Why it was rejected; empty where it was not.
    """

    path: str
    image: Tensor | None
    sop_instance_uid: str = ""
    reason: str = ""


class ReadRadiograph:
    """The transform from a path to the network's input; a file that is no usable radiograph keeps its reason."""

    def __init__(self, bundle: Bundle) -> None:
        self._reading = bundle.reading
        self._model_input = bundle.model_input

    def __call__(self, path: str) -> Read:
        """Reads one file."""
        try:
            prepared = prepare(Path(path), self._reading)
        except RejectedImage as rejected:
            return Read(path, None, reason=rejected.reason)
        image = torch.from_numpy(self._model_input(prepared.pixels))[None]
        return Read(path, image, sop_instance_uid=prepared.sop_instance_uid)


def find_running_bundle() -> Bundle:
    """The bundle that MONAI is running: it inserts that folder at index 1 of the module search path before it runs one.

    No other place is tried: index 0 is the working folder, which may be another bundle.

    Raises:
        UserError: if that folder is no bundle, such as outside of `python -m monai.bundle run --config_file …`.
    """
    place = Path(sys.path[1]).resolve()
    return read_bundle(place.parent if place.name == METADATA.parent.name else place)


def find_files(folder: str) -> list[str]:
    """Every file below `folder`, sorted.

    Raises:
        UserError: if there is none.
    """
    files = sorted(str(path) for path in Path(folder).rglob("*") if path.is_file())
    if not files:
        raise UserError(f"{folder}: no file in it; name a folder of DICOM files with --dataset_dir")
    return files


def predict(
    batches: Iterable[Sequence[Read]],
    inferer: Callable[[Tensor, PreActResNet], Tensor],
    network: PreActResNet,
    findings: Sequence[str],
    output_dir: str,
) -> Path:
    """Scores every file and writes `predictions.csv`, the table of `xray-predict`.

    Args:
        batches: Files as `ReadRadiograph` gives them.
        inferer: MONAI's, called with images (B, 1, size, size) and the network.
        network: In evaluation mode.
        findings: Names of the logits.
        output_dir: Where the table goes.
    """
    rows: list[list[str]] = []
    for batch in batches:
        scores = iter(_score([read.image for read in batch if read.image is not None], inferer, network))
        rows += [_row(read, next(scores) if read.image is not None else [None] * len(findings)) for read in batch]
    path = Path(output_dir) / "predictions.csv"
    write_csv(path, prediction_columns(findings), rows)
    return path


def _score(
    images: Sequence[Tensor], inferer: Callable[[Tensor, PreActResNet], Tensor], network: PreActResNet
) -> list[list[float]]:
    if not images:
        return []
    with torch.inference_mode():
        scores: list[list[float]] = inferer(torch.stack([*images]), network).sigmoid().tolist()
    return scores


def _row(read: Read, scores: Sequence[float | None]) -> list[str]:
    status = "rejected" if read.image is None else "ok"
    cells = [cell for score in scores for cell in ("" if score is None else f"{score:.6f}", "", "")]
    return [read.path, read.sop_instance_uid, status, read.reason, *cells]
