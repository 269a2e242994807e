"""A tiny real bundle, for tests of what uses one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from xray_resnet.bundle import BundleMetadata, save_bundle
from xray_resnet.dicom import Reading
from xray_resnet.model_output import ModelOutput
from xray_resnet.models import Architecture, PreActResNet, build_model

FINDINGS = ("Cardiomegaly", "Nodule", "Pleural Effusion")


def make_metadata(
    *, findings: Sequence[str] = FINDINGS, depth: int = 18, base_width: int = 8, size: int = 64
) -> BundleMetadata:
    """Metadata of a bundle that reads at `size` and feeds the network with the same size."""
    return BundleMetadata(
        name="tiny",
        output=ModelOutput(tuple(findings)),
        model={"depth": depth, "in_channels": 1, "stem": "imagenet", "base_width": base_width},
        reading=Reading(size=size).to_json(),
        input={"size": size, "mean": 0.4, "std": 0.25},
        training_data={"name": "nothing", "synthetic": True, "split_sha256": "0" * 64, "counts": {"images": 0}},
    )


def make_model(metadata: BundleMetadata, *, seed: int = 0) -> PreActResNet:
    """A network with weights and statistics away from their start, so that every layer matters."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = build_model(Architecture.from_json(metadata.model), num_findings=len(metadata.findings))
        for name, tensor in model.state_dict().items():
            if tensor.ndim == 4:
                tensor.normal_(0, tensor[0].numel() ** -0.5)
            elif name.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            elif name.endswith("running_mean"):
                tensor.normal_(0, 0.1)
        model.head.weight.data.normal_(0, 0.5)
    return model.eval()


def make_bundle(
    folder: Path,
    *,
    findings: Sequence[str] = FINDINGS,
    depth: int = 18,
    base_width: int = 8,
    size: int = 64,
    seed: int = 0,
    training_data: dict[str, Any] | None = None,
) -> Path:
    """Saves a tiny bundle in `folder`."""
    metadata = make_metadata(findings=findings, depth=depth, base_width=base_width, size=size)
    metadata = replace(metadata, training_data={**metadata.training_data, **(training_data or {})})
    return save_bundle(folder, make_model(metadata, seed=seed), metadata)
