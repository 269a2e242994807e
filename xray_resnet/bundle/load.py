"""Loading a bundle's network: strictly, without unpickling."""

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from xray_resnet.bundle.metadata import Bundle
from xray_resnet.errors import UserError
from xray_resnet.models import Architecture, PreActResNet, build_model
from xray_resnet.models.pretrained import refuse_mismatch


def load_model(bundle: Bundle) -> PreActResNet:
    """The network of a bundle, in evaluation mode on the CPU.

    Raises:
        UserError: if the weights cannot be read, or are not exactly those of the stated network.
    """
    metadata = bundle.metadata
    try:
        with torch.device("meta"):  # The metadata is not vouched for: nothing is allocated before the weights agree.
            model = build_model(Architecture.from_json(metadata.model), num_findings=len(metadata.findings))
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"{bundle.folder}: its metadata describes no network: {error}; copy the bundle again") from None
    try:
        state = load_file(bundle.weights)
    except SafetensorError as error:
        raise UserError(f"{bundle.weights}: not whole: {error}; copy the bundle again") from None
    refuse_mismatch(model, state, where=str(bundle.weights))
    model.to_empty(device="cpu").load_state_dict(state)
    return model.eval()
