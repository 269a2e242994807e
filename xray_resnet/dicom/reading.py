"""Settings from file to stored pixels; their fingerprint binds datasets and bundles together."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from xray_resnet.dicom.header.gate import DEFAULT_GATE, Gate
from xray_resnet.fingerprint import fingerprint

PIPELINE_VERSION = 5
"""Raised whenever the same file and settings give other pixels."""


MAX_SIZE = 8192
"""Most rows and columns of a stored image."""


class OtherPipelineError(ValueError):
    """Settings of a release that made other pixels of the same files."""


@dataclass(frozen=True)
class Reading:
    """Settings from file to stored pixels.

    Attributes:
        size: Rows and columns of the stored square.
        dtype: Type of the stored pixels.
        gate: What is accepted.
        crop: Whether collimated borders are cut off.

    Raises:
        ValueError: for an invalid size or type.
    """

    size: int
    dtype: Literal["uint8", "uint16"] = "uint8"
    gate: Gate = DEFAULT_GATE
    crop: bool = False

    def __post_init__(self) -> None:
        if type(self.crop) is not bool:
            raise ValueError(f"crop is {self.crop!r:.80}, expected true or false")
        if type(self.size) is not int or not 1 <= self.size <= MAX_SIZE:
            raise ValueError(f"size is {self.size!r:.80}, expected 1 to {MAX_SIZE}")
        if self.dtype not in ("uint8", "uint16"):
            raise ValueError(f"dtype is {self.dtype!r:.80}, expected uint8 or uint16")

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with whatever changes the pixels or the choice of files."""
        return fingerprint(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The settings as plain values, with the version of the pipeline."""
        gate = {name: [*value] if isinstance(value, tuple) else value for name, value in asdict(self.gate).items()}
        return {
            "size": self.size,
            "dtype": self.dtype,
            "gate": gate,
            "crop": self.crop,
            "pipeline_version": PIPELINE_VERSION,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Reading":
        """The settings that `to_json` gave.

        Raises:
            OtherPipelineError: for another version of the pipeline.
            ValueError: for invalid values.
            KeyError, TypeError: for settings that are missing or unknown.
        """
        if values["pipeline_version"] != PIPELINE_VERSION:
            got = values["pipeline_version"]
            raise OtherPipelineError(
                f"it reads files by pipeline version {got!r:.20}, this release by {PIPELINE_VERSION}"
            )
        lists = {name: values["gate"][name] for name in ("modalities", "body_parts")}
        for name, value in lists.items():
            if not isinstance(value, list):
                raise ValueError(f"{name} is {value!r:.80}, expected a list")
        gate = Gate(**(values["gate"] | {name: tuple(value) for name, value in lists.items()}))
        return cls(size=values["size"], dtype=values["dtype"], gate=gate, crop=values["crop"])
