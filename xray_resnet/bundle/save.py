"""Writing a bundle: weights, ONNX, metadata, MONAI's inference configuration and a model card, all or nothing."""

import copy
import tempfile
from pathlib import Path

from safetensors.torch import save_file

from xray_resnet.bundle.metadata import INFERENCE, METADATA, MODEL_CARD, ONNX, WEIGHTS, BundleMetadata
from xray_resnet.bundle.model_card import write_model_card
from xray_resnet.bundle.onnx_export import export_onnx
from xray_resnet.facts import count_columns
from xray_resnet.files import flush_folder, replacing, set_mode, write_json, write_text
from xray_resnet.models import PreActResNet

_RUNNER = "xray_resnet.bundle.monai_runner"
INFERENCE_CONFIGURATION = {
    "imports": [f"$import {_RUNNER} as runner"],
    "dataset_dir": "/input",
    "output_dir": "/output",
    "bundle": "$runner.find_running_bundle()",
    "network_def": "$runner.load_model(@bundle)",
    "preprocessing": {"_target_": f"{_RUNNER}.ReadRadiograph", "bundle": "@bundle"},
    "dataset": {
        "_target_": "monai.data.Dataset",
        "data": "$runner.find_files(@dataset_dir)",
        "transform": "@preprocessing",
    },
    "dataloader": {
        "_target_": "monai.data.DataLoader",
        "dataset": "@dataset",
        "batch_size": 8,
        "collate_fn": "$list",
    },
    "inferer": {"_target_": "monai.inferers.SimpleInferer"},
    "run": ["$runner.predict(@dataloader, @inferer, @network_def, @bundle.metadata.output, @output_dir)"],
}


def save_bundle(folder: Path, model: PreActResNet, metadata: BundleMetadata) -> Path:
    """Writes the bundle; the folder appears whole, or not at all.

    Args:
        folder: Where it goes; a bundle that is there is replaced.
        model: Its state is saved in fp32.
        metadata: What it says of itself.

    Returns:
        `folder`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent) as parent:
        temporary = Path(parent) / folder.name
        _write_files(temporary, model, metadata)
        if folder.exists():
            folder.rename(Path(parent) / "former")
        temporary.rename(folder)
        flush_folder(folder.parent)
    return folder


def _write_files(folder: Path, model: PreActResNet, metadata: BundleMetadata) -> None:
    for name in (METADATA, WEIGHTS, MODEL_CARD):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    plain = copy.deepcopy(model).cpu().float()
    state = {name: tensor.contiguous() for name, tensor in plain.state_dict().items()}
    with replacing(folder / WEIGHTS) as temporary:
        save_file(state, temporary)
    with replacing(folder / ONNX) as temporary:
        export_onnx(
            plain,
            temporary,
            image_size=metadata.input["size"],
            in_channels=metadata.model["in_channels"],
            facts=count_columns(metadata.facts),
        )
    write_json(folder / METADATA, metadata.to_json())
    write_json(folder / INFERENCE, INFERENCE_CONFIGURATION)
    write_text(folder / MODEL_CARD, write_model_card(metadata))
    _open_to_readers(folder)


def _open_to_readers(folder: Path) -> None:
    """Safetensors and temporary folders are private; a bundle is mounted into containers of other users."""
    for path in (folder, *folder.rglob("*")):
        set_mode(path, 0o755 if path.is_dir() else 0o644)
