"""The deliverable: a MONAI Bundle with weights, ONNX and all that a prediction needs.

Reading a bundle needs no torch; `save_bundle` and `load_model` bring it on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xray_resnet.bundle.amend import amend_bundle
from xray_resnet.bundle.metadata import Bundle, BundleMetadata, read_bundle

if TYPE_CHECKING:
    from xray_resnet.bundle.load import load_model
    from xray_resnet.bundle.save import save_bundle

__all__ = ["Bundle", "BundleMetadata", "amend_bundle", "load_model", "read_bundle", "save_bundle"]

_HOME = {"load_model": "load", "save_bundle": "save"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'xray_resnet.bundle' has no attribute {name!r}")
    return getattr(import_module(f"xray_resnet.bundle.{_HOME[name]}"), name)
