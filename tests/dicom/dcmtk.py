"""Pictures by DCMTK, which shares no code with us."""

import subprocess
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.uid import JPEGLSLossless, JPEGLSNearLossless

from xray_resnet.dicom import DisplayMapping

NOT_IN_DCMTK = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")


def render_with_dcmtk(path: Path, folder: Path, mapping: DisplayMapping) -> NDArray[np.uint8]:
    """The 8-bit picture that dcmtk shows, through the file's own window where it has one."""
    syntax = dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID
    program = "dcml2pnm" if syntax in (JPEGLSLossless, JPEGLSNearLossless) else "dcmj2pnm"
    window = {"IDENTITY": ["-W"], "LUT": ["+Wl", "1"]}.get(mapping.function, ["+Wi", "1"])
    if mapping.function == "PERCENTILE":
        assert mapping.window is not None
        center, width = mapping.window  # LINEAR maps center - 0.5 and width - 1 (PS3.3 C.11.2.1.2.1)
        window = ["+Ww", str(center + 0.5), str(width + 1), "+Wfl"]
    picture = folder / "dcmtk.png"
    subprocess.run([program, "-O", "--write-png", *window, path, picture], check=True)
    return np.asarray(cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE), np.uint8)
