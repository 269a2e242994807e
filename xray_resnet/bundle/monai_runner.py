"""What MONAI's runner calls for `configs/inference.json`: our reading transform, MONAI's loader and inferer, a table.

python -m monai.bundle run --config_file BUNDLE/configs/inference.json --dataset_dir IN --output_dir OUT
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from xray_resnet.bundle.file_prediction import say_accepted, say_rejected
from xray_resnet.bundle.load import load_model
from xray_resnet.bundle.metadata import METADATA, Bundle, read_bundle
from xray_resnet.dicom import Prepared, RejectedImage, try_to_prepare
from xray_resnet.errors import UserError
from xray_resnet.facts import encode_header
from xray_resnet.model_output import ModelOutput
from xray_resnet.models import PreActResNet
from xray_resnet.predictions import WRITERS, Prediction
from xray_resnet.walk import walk_folder

__all__ = ["ReadRadiograph", "find_files", "find_running_bundle", "load_model", "predict"]

Infer = Callable[..., tuple[Tensor, Tensor, Tensor]]


@dataclass(frozen=True)
class Read:
    """One file, read or rejected.

    Attributes:
        path: As found.
        outcome: As preparation gives it.
        image: (1, size, size) network input; None if rejected.
    """

    path: str
    outcome: Prepared | RejectedImage
    image: Tensor | None = None


class ReadRadiograph:
    """The transform from a path to the network's input; a file that is not a usable radiograph keeps its reason."""

    def __init__(self, bundle: Bundle) -> None:
        self._reading = bundle.reading
        self._model_input = bundle.model_input

    def __call__(self, path: str) -> Read:
        """Reads one file."""
        outcome = try_to_prepare(path, self._reading)
        if isinstance(outcome, RejectedImage):
            return Read(path, outcome)
        return Read(path, outcome, torch.from_numpy(self._model_input(outcome.pixels))[None])


def find_running_bundle() -> Bundle:
    """The bundle that MONAI is running: it inserts that folder at index 1 of the module search path before it runs one.

    No other place is tried: index 0 is the working folder, which may be another bundle.

    Raises:
        UserError: if that folder is no bundle, such as outside of `python -m monai.bundle run --config_file …`.
    """
    place = Path(sys.path[1]).resolve()
    return read_bundle(place.parent if place.name == METADATA.parent.name else place)


def find_files(folder: str) -> list[str]:
    """Every file below `folder` and every folder that cannot be read, as `xray-predict` lists them.

    Raises:
        UserError: if there is no file.
    """
    walk = walk_folder(Path(folder))
    if not walk.files:
        raise UserError(f"{folder}: no file in it; name a folder of DICOM files with --dataset_dir")
    return [*map(str, walk.paths)]


def predict(
    batches: Iterable[Sequence[Read]],
    inferer: Infer,
    network: PreActResNet,
    output: ModelOutput | Sequence[str],
    output_dir: str,
) -> Path:
    """Scores every file and writes `predictions.csv`, the table of `xray-predict`.

    Args:
        batches: Files as `ReadRadiograph` gives them.
        inferer: MONAI's, called with images (B, 1, size, size), `forward_all` of the network, and facts (B, columns) if
            it takes some.
        network: In evaluation mode.
        output: What its logits mean; a bundle of the first schema version names its findings instead.
        output_dir: Where the table goes.
    """
    output = output if isinstance(output, ModelOutput) else ModelOutput(tuple(output))
    path = Path(output_dir) / "predictions.csv"
    with WRITERS["csv"](path, output.findings) as write:
        for batch in batches:
            for prediction in _predict_batch(batch, inferer, network, output):
                write(prediction)
    return path


def _predict_batch(
    batch: Sequence[Read],
    inferer: Infer,
    network: PreActResNet,
    output: ModelOutput,
) -> Iterator[Prediction]:
    images = [read.image for read in batch if read.image is not None]
    if images:
        with torch.inference_mode():
            known = _tell(batch, network.architecture.facts)
            logits, _, features = inferer(torch.stack(images), network.forward_all, *known)
        outcome = output(logits.double().numpy(), features.double().numpy())
    rows = count()
    for read in batch:
        if isinstance(read.outcome, RejectedImage):
            yield say_rejected(Path(read.path), read.outcome)
        else:
            yield say_accepted(Path(read.path), read.outcome, outcome, next(rows), output.findings)


def _tell(batch: Sequence[Read], facts: Sequence[str]) -> Iterator[Tensor]:
    """What the network gets beside the images that were read: nothing, or their facts (B, columns)."""
    known = [encode_header(facts, read.outcome.facts) for read in batch if isinstance(read.outcome, Prepared)]
    if facts:
        yield torch.from_numpy(np.stack(known))
