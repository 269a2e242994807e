"""The names of the maps: class activation maps at the activation before pooling. Needs no torch."""

from collections.abc import Mapping
from typing import Literal, get_args

Cam = Literal["exact", "gradcam", "hirescam", "gradcam++", "layercam", "eigencam"]

TITLES: Mapping[Cam, str] = {
    "exact": "Exact map",
    "gradcam": "Grad-CAM",
    "hirescam": "HiResCAM",
    "gradcam++": "Grad-CAM++",
    "layercam": "LayerCAM",
    "eigencam": "EigenCAM",
}
"""Name → as it is written."""

METHODS: tuple[Cam, ...] = get_args(Cam)
