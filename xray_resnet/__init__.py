"""Chest X-ray classification with pre-activation residual networks. Research software, not a medical device.

The public names load on first use, so that importing the package stays cheap.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xray_resnet.dicom import Radiograph, RejectedImage, read_radiograph
    from xray_resnet.inference import Predictor
    from xray_resnet.models import PreActResNet, build_model
    from xray_resnet.store import open_dataset

__version__ = version("xray-resnet")
__all__ = [
    "PreActResNet",
    "Predictor",
    "Radiograph",
    "RejectedImage",
    "build_model",
    "open_dataset",
    "read_radiograph",
]

_HOME = {
    "PreActResNet": "models",
    "Predictor": "inference",
    "Radiograph": "dicom",
    "RejectedImage": "dicom",
    "build_model": "models",
    "open_dataset": "store",
    "read_radiograph": "dicom",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'xray_resnet' has no attribute {name!r}")
    return getattr(import_module(f"xray_resnet.{_HOME[name]}"), name)
