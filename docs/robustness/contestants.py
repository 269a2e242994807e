"""The contestants: nets that the plain recipe left, and runs or bundles of ours, as compiled networks."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import xray_resnet.torch_compat  # noqa: F401  before timm, which imports torchvision

# isort: split
import timm

from docs.robustness.films import FINDING, Film
from docs.robustness.inputs import BundleInput, NetworkInput, PlainInput
from xray_resnet.bundle import read_bundle
from xray_resnet.bundle.onnx_export import export_onnx
from xray_resnet.errors import UserError
from xray_resnet.files import replacing
from xray_resnet.inference.engines.openvino import OpenVinoEngine
from xray_resnet.precision import RequestedOfOpenVino

PLAIN_NETWORK = "resnetv2_50"
_TOLERANCE = 0.02
"""Most that a plain net's scores may differ on average from those that its training left: it was bf16, another way."""


@dataclass(frozen=True)
class Contestant:
    """A trained network that scores films.

    Attributes:
        name: Of its file or folder, with the beginning of its weights' hash, so that another training never passes
            for it.
        input: From film to network.
        onnx: The network, one file.
        output: Which of its logits.
    """

    name: str
    input: NetworkInput
    onnx: Path
    size: int
    output: int

    def compile(self, precision: RequestedOfOpenVino) -> OpenVinoEngine:
        """The network, ready to be asked."""
        return OpenVinoEngine(self.onnx, image_size=self.size, precision=precision)

    def score(self, views: Sequence[NDArray[np.generic]], engine: OpenVinoEngine) -> NDArray[np.float32]:
        """(N,) logits of N views."""
        answers = engine([self.input.normalise(view) for view in views])
        return np.array([answer.logits[self.output] for answer in answers], np.float32)


def open_plain(path: Path, folder: Path) -> Contestant:
    """What the plain recipe left in `path`: state, mean, std and size; compiled once below `folder`."""
    left = torch.load(path, weights_only=True)
    name, size = f"{path.stem}-{_hash(path)}", int(left["size"])
    onnx = folder / f"{name}.onnx"
    if not onnx.exists():
        net = timm.create_model(PLAIN_NETWORK, in_chans=1, num_classes=1)
        net.load_state_dict(left["state"])
        with replacing(onnx) as temporary:
            export_onnx(_WithMaps(net), temporary, image_size=size)
    return Contestant(name, PlainInput(size, left["mean"], left["std"]), onnx, size, 0)


def open_ours(path: Path) -> Contestant:
    """A run or a bundle of ours.

    Raises:
        UserError: if there is none, or it does not know the finding.
    """
    bundle = read_bundle(path)
    findings = bundle.metadata.findings
    if FINDING not in findings:
        raise UserError(f"{path}: it knows {', '.join(findings)}; train it on the table, whose finding is {FINDING}")
    run = bundle.folder.parent.name if bundle.folder.name == "bundle" else bundle.folder.name
    seen = BundleInput(bundle.reading, bundle.model_input)
    return Contestant(
        f"{run}-{_hash(bundle.weights)}", seen, bundle.onnx, bundle.model_input.size, findings.index(FINDING)
    )


def refuse_other_scores(scores: NDArray[np.float32], films: Sequence[Film], table: Path) -> None:
    """Refuses a plain net that does not give the scores its training wrote: it was loaded or is fed wrongly.

    Raises:
        UserError: if the table holds other films, or the scores differ.
    """
    with table.open(newline="") as file:
        left = {row["path"]: float(row["score"]) for row in csv.DictReader(file)}
    if left.keys() != {film.name for film in films}:
        raise UserError(f"{table}: it holds other films than the recipe holds out of this folder; train it on this one")
    difference = float(np.mean(np.abs(scores - [left[film.name] for film in films])))
    if difference > _TOLERANCE:
        raise UserError(f"{table}: the net beside it gives other scores, {difference:.3f} off on average; train again")


class _WithMaps(torch.nn.Module):
    """A network of timm with the outputs that a bundle's has: logits, and maps and features, which nobody asks for."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward_all(
        self, image: torch.Tensor, facts: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        maps = self.net.forward_features(image)
        return self.net.forward_head(maps), maps, maps.mean(dim=(2, 3))


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
