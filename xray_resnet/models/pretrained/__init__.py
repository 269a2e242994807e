"""Weights from elsewhere: from timm's hub, from a safetensors file, from a bundle of ours; nothing is unpickled."""

from xray_resnet.models.pretrained.colours import Normalisation
from xray_resnet.models.pretrained.files import open_weights
from xray_resnet.models.pretrained.hub import open_timm_weights
from xray_resnet.models.pretrained.load import Loaded, load_weights
from xray_resnet.models.pretrained.names import from_timm
from xray_resnet.models.pretrained.state_dicts import load_pretrained, refuse_mismatch
from xray_resnet.models.pretrained.weights import Weights

__all__ = [
    "Loaded",
    "Normalisation",
    "Weights",
    "from_timm",
    "load_pretrained",
    "load_weights",
    "open_timm_weights",
    "open_weights",
    "refuse_mismatch",
]
