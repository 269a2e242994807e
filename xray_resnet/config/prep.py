"""Section `prep`: how a file becomes a stored image."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from xray_resnet.bounds import bounded


@dataclass
class PrepConfig:
    """How a file becomes a stored image."""

    size: int = bounded(256, least=1, most=8192)
    """Rows and columns of the stored, square image."""
    dtype: Literal["uint8", "uint16"] = "uint8"
    """Type of the stored pixels."""
    max_pixels: int = bounded(100_000_000, least=1, most=1_000_000_000)
    """A file that declares more pixels is rejected before anything is allocated."""
    modalities: list[str] = field(default_factory=lambda: ["CR", "DX"])
    """Modality (0008,0060) values that a chest radiograph may carry; '' lets files without any pass."""
    body_parts: list[str] = field(default_factory=list)
    """Words in Body Part Examined (0018,0015) that mean the chest in your archive, besides those that are known."""
    accept_lateral: bool = False
    """Keep lateral views."""
    accept_secondary_capture: bool = True
    """Keep Secondary Captures, the format of RSNA and SIIM-ACR, and of screenshots."""
    crop: bool = False
    """Cut off collimated borders, black or white, that run along the edges."""
    duplicates: Literal["keep", "drop"] = "keep"
    """Images that are one radiograph, exactly or nearly: drop all but the first by name, or keep them in one split."""
    workers: int = bounded(0, least=0)
    """Processes that read and decode; 0: one per processor, as far as the memory suffices."""
    scale: Literal["local", "ray"] = "local"
    """Where they run: on this machine, or on a Ray cluster, with a process per core of it."""
    ray_address: str = "auto"
    """HOST:PORT of the cluster; auto: RAY_ADDRESS, else one that runs on this machine."""
    timeout_s: float = bounded(120.0, least=1)
    """A file that takes a worker longer is rejected."""
    memory_mib: int = bounded(4096, least=256)
    """Memory that a worker may take for its data; a file that asks for more is rejected."""
    hash_key: Path | None = None
    """File with the key of the patient hashes; default: XRAY_HASH_KEY, else one key in your configuration folder."""

    def list_mistakes(self) -> Iterator[str]:
        """Lists of words that let no file pass, or name nothing."""
        if not self.modalities:
            yield "modalities is [], expected names such as CR"
        if not all(word.strip() for word in self.body_parts):
            yield f"body_parts is {self.body_parts}, expected words such as CXR"
