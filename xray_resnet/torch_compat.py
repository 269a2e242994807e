"""Lets torch's companions import quietly: torchvision without its compiled operators, others without network or home.

Imported first by every package that uses torch's companions.
"""

import importlib

import torch

from xray_resnet.silence import keep_matplotlib_out_of_home

keep_matplotlib_out_of_home()  # torchmetrics imports it

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]


def _import_torchvision() -> None:
    """Imports torchvision, declaring two operators for it where its compiled part cannot be loaded.

    The wheel on the ordinary registry links the CUDA libraries. Beside a CPU build of torch they are missing,
    torchvision goes on without its operators, and then fails on registering fake kernels for them. Neither operator is
    called here: pytorch-grad-cam and torchmetrics import torchvision for its plain transforms.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name in ("nms", "qnms"):
            _library.define(name + _SCHEMA)  # type: ignore[no-untyped-call]
        importlib.import_module("torchvision")


_import_torchvision()
