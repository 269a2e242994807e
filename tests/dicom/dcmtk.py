"""Pictures by DCMTK, which shares no code with us; JPEG 2000, unknown to it, is uncompressed by GDCM first."""

import subprocess
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.uid import JPEG2000, JPEG2000Lossless, JPEGLSLossless, JPEGLSNearLossless

from xray_resnet.dicom import DisplayMapping

NOT_IN_DCMTK = (JPEG2000Lossless, JPEG2000)
PROGRAMS = ("dcmj2pnm", "dcml2pnm", "gdcmconv")
_SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


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
    subprocess.run([program, "-O", "--write-png", *window, path, picture], check=True, **_SILENT)
    return np.asarray(cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE), np.uint8)


def make_readable(path: Path, header: Dataset, folder: Path) -> Path:
    """The file, or what stands in for one that DCMTK cannot read: JPEG 2000, and data sets without file meta."""
    syntax = header.file_meta.TransferSyntaxUID
    if syntax in NOT_IN_DCMTK:
        subprocess.run(["gdcmconv", "--raw", path, folder / "raw.dcm"], check=True, **_SILENT)
        return folder / "raw.dcm"
    if header.file_meta.get("MediaStorageSOPClassUID"):
        return path
    dataset = dcmread(path, force=True)
    dataset.ensure_file_meta()
    dataset.file_meta.TransferSyntaxUID = dataset.file_meta.get("TransferSyntaxUID") or syntax
    dataset.save_as(folder / "meta.dcm", enforce_file_format=False)
    return folder / "meta.dcm"
