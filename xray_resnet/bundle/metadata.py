"""What a bundle says of itself, and finding one. Needs no torch."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from xray_resnet.architecture import Architecture
from xray_resnet.bundle.model_output_file import read_model_output
from xray_resnet.bundle.onnx_file import FEATURES, names_of_outputs, refuse_external_data
from xray_resnet.bundle.validation import refuse_impossible_values
from xray_resnet.dicom import OtherPipelineError, Reading
from xray_resnet.errors import UserError
from xray_resnet.model_input import ModelInput
from xray_resnet.model_output import ModelOutput
from xray_resnet.runs import places_of_bundle

SCHEMA_VERSION = 2
"""Version 1 had no calibration and no operating points, and is read so; early ones of 2 have no triage and no scope."""
METADATA = Path("configs/metadata.json")
INFERENCE = Path("configs/inference.json")
WEIGHTS = Path("models/model.safetensors")
ONNX = Path("models/model.onnx")
MODEL_CARD = Path("docs/README.md")

_MAX_METADATA_BYTES = 10_000_000


@dataclass(frozen=True)
class BundleMetadata:
    """All that a prediction needs beside the weights; `configs/metadata.json`.

    Attributes:
        name: Name of the run that made it.
        output: What the logits mean: findings in order, calibration, operating points, triage and scope if made.
        model: Arguments of `build_model`: depth, in_channels, stem, base_width.
        reading: Settings from file to stored pixels.
        input: Size, mean and std from stored pixels to network input.
        training_data: Name, split hash, counts and whether synthetic; no identifier.
        versions: Versions of the packages that made it.
        pretraining: Where the first weights came from, and what became of them; empty if they were fresh.
        schema_version: Version of this layout.
    """

    name: str
    output: ModelOutput
    model: dict[str, Any]
    reading: dict[str, Any]
    input: dict[str, Any]
    training_data: dict[str, Any]
    versions: dict[str, str] = field(default_factory=dict)
    pretraining: dict[str, Any] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    @property
    def findings(self) -> tuple[str, ...]:
        """Names of the logits, in order."""
        return self.output.findings

    @property
    def facts(self) -> tuple[str, ...]:
        """What the network is told beside the image, in order."""
        return tuple(self.model.get("facts", ()))

    @property
    def reading_fingerprint(self) -> str:
        """Fingerprint of `reading`; a dataset must have the same."""
        return Reading.from_json(self.reading).fingerprint()

    @property
    def input_fingerprint(self) -> str:
        """Fingerprint of `input`."""
        return ModelInput(**self.input).fingerprint()

    def to_json(self) -> dict[str, Any]:
        """The content of `configs/metadata.json`, with the keys that MONAI asks for."""
        fingerprints = {"reading_fingerprint": self.reading_fingerprint, "input_fingerprint": self.input_fingerprint}
        return {
            "version": f"{SCHEMA_VERSION}.0.0",
            "monai_version": self.versions.get("monai", ""),
            "pytorch_version": self.versions.get("torch", ""),
            "numpy_version": self.versions.get("numpy", ""),
            "task": "multi-label classification of frontal chest radiographs",
            "description": "Pre-activation ResNet. Research software, not a medical device.",
            "network_data_format": _describe_network(self),
            "xray_resnet": self._describe_output() | fingerprints,
        }

    def _describe_output(self) -> dict[str, Any]:
        """The fields, those of `output` among them."""
        values = asdict(self)
        output: dict[str, Any] = values.pop("output")
        return {"name": values["name"], **output, **values}


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk.

    Attributes:
        folder: Where it lies.
        metadata: What it says of itself.
    """

    folder: Path
    metadata: BundleMetadata

    @property
    def weights(self) -> Path:
        """The weights, as safetensors."""
        return self.folder / WEIGHTS

    @property
    def onnx(self) -> Path:
        """The network as one ONNX file."""
        return self.folder / ONNX

    @property
    def reading(self) -> Reading:
        """Settings from file to stored pixels."""
        return Reading.from_json(self.metadata.reading)

    @property
    def model_input(self) -> ModelInput:
        """From stored pixels to the network's input."""
        return ModelInput(**self.metadata.input)


def read_bundle(path: Path | str) -> Bundle:
    """The bundle in `path`, or in `path/bundle` where `path` is a run.

    Raises:
        UserError: if there is none, a file of it is missing, its layout is of another version, its metadata holds
            impossible values, or its ONNX file is not whole by itself or lacks the features of a scope.
    """
    path = Path(path)
    folder = next((place for place in places_of_bundle(path) if (place / METADATA).is_file()), None)
    if folder is None:
        raise UserError(f"{path}: no bundle there (no {METADATA}); give the folder of a finished run or of a bundle")
    missing = [str(name) for name in (WEIGHTS, ONNX) if not (folder / name).is_file()]
    if missing:
        raise UserError(f"{folder}: {' and '.join(missing)} missing; copy the whole bundle folder")
    refuse_external_data(folder / ONNX)
    bundle = Bundle(folder, _read_metadata(folder / METADATA))
    if bundle.metadata.output.scope and FEATURES not in names_of_outputs(bundle.onnx):
        raise UserError(f"{bundle.onnx}: gives no features, which the scope needs; copy the whole bundle folder again")
    return bundle


def _read_metadata(path: Path) -> BundleMetadata:
    if path.stat().st_size > _MAX_METADATA_BYTES:
        raise UserError(
            f"{path}: {path.stat().st_size} bytes, expected at most {_MAX_METADATA_BYTES}; it is not a bundle"
        )
    try:
        values = json.loads(path.read_bytes())["xray_resnet"]
        version = values["schema_version"]
        if version in (1, SCHEMA_VERSION):
            return _build_metadata(values)
    except OtherPipelineError as error:
        raise UserError(f"{path}: {error}; train again with this release") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise UserError(
            f"{path}: not the metadata of an xray_resnet bundle: {error!r}; make it with xray-train"
        ) from None
    raise UserError(f"{path}: schema version {version}, expected 1 or {SCHEMA_VERSION}; train again with this release")


def _build_metadata(values: dict[str, Any]) -> BundleMetadata:
    """The metadata, its fingerprints recomputed and compared: edited settings are refused."""
    refuse_impossible_values(values)
    known = {item.name for item in fields(BundleMetadata)} - {"schema_version"}
    given = {name: value for name, value in values.items() if name in known}
    metadata = BundleMetadata(output=read_model_output(values), **given)
    stated = values["reading_fingerprint"], values["input_fingerprint"]
    if stated != (metadata.reading_fingerprint, metadata.input_fingerprint):
        raise ValueError("its settings do not have the fingerprints that it states")
    _refuse_other_features(metadata)
    return metadata


def _refuse_other_features(metadata: BundleMetadata) -> None:
    """Refuses a scope that measures other features than the network gives."""
    scope = metadata.output.scope
    if scope and scope.space.width != (given := Architecture.from_json(metadata.model).features):
        raise ValueError(f"its scope is of {scope.space.width} features, its network gives {given}")


def _describe_network(metadata: BundleMetadata) -> dict[str, Any]:
    size = metadata.input["size"]
    image = {
        "type": "image", "format": "magnitude", "modality": "CR", "num_channels": metadata.model["in_channels"],
        "spatial_shape": [size, size], "dtype": "float32", "value_range": [], "is_patch_data": False,
        "channel_def": {"0": "grey, bright is dense"},
    }  # fmt: skip
    logits = {
        "type": "probabilities", "format": "logits", "num_channels": len(metadata.findings), "spatial_shape": [],
        "dtype": "float32", "value_range": [], "is_patch_data": False,
        "channel_def": {str(number): finding for number, finding in enumerate(metadata.findings)},
    }  # fmt: skip
    inputs = {"image": image, **({"facts": _describe_facts(metadata.facts)} if metadata.facts else {})}
    return {"inputs": inputs, "outputs": {"pred": logits}}


def _describe_facts(facts: tuple[str, ...]) -> dict[str, Any]:
    names = [name for fact in facts for name in (f"{fact}, scaled", f"{fact} is known")]
    return {
        "type": "tabular", "format": "facts beside the image", "num_channels": len(names), "spatial_shape": [],
        "dtype": "float32", "value_range": [], "is_patch_data": False,
        "channel_def": {str(number): name for number, name in enumerate(names)},
    }  # fmt: skip
