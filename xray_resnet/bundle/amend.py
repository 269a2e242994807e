"""Amending a bundle: what its logits mean, found after training, without exporting the network again."""

from dataclasses import replace

from xray_resnet.bundle.metadata import METADATA, MODEL_CARD, Bundle
from xray_resnet.bundle.model_card import write_model_card
from xray_resnet.files import write_json, write_text
from xray_resnet.model_output import ModelOutput


def amend_bundle(bundle: Bundle, output: ModelOutput) -> Bundle:
    """Writes `output` into the bundle's metadata and its model card; weights and ONNX stay as they are.

    Each file appears whole or stays as it was. The metadata, which predictions go by, is written last.

    Raises:
        ValueError: if the findings are not those of the bundle.
    """
    if output.findings != bundle.metadata.findings:
        raise ValueError(f"output of {output.findings}, expected that of the bundle's {bundle.metadata.findings}")
    metadata = replace(bundle.metadata, output=output)
    write_text(bundle.folder / MODEL_CARD, write_model_card(metadata))
    write_json(bundle.folder / METADATA, metadata.to_json())
    return Bundle(bundle.folder, metadata)
