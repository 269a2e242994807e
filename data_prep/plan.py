"""What a configuration asks for: which source, which records, how they are read, and under which key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from data_prep.fingerprint import fingerprint_content, fingerprint_settings
from data_prep.identity import name_key, read_or_make_key, resolve_key_path
from data_prep.part import PartTask
from data_prep.sources import SOURCES, Record
from xray_resnet.bounds import refuse_mistakes
from xray_resnet.config import Config, DataConfig, PrepConfig
from xray_resnet.dicom import Gate, Reading
from xray_resnet.errors import ConfigurationError
from xray_resnet.findings import describe_namesakes
from xray_resnet.progress import ShowWork, work_in_silence
from xray_resnet.scale import Limits

_PART_IMAGES = 128
_PART_BYTES = 64 << 20


@dataclass(frozen=True)
class Plan:
    """Everything that building a dataset needs, resolved.

    Attributes:
        folder: Where the dataset goes.
        root: The source folder.
        records: Every image, in the order of their names.
        findings: Findings to keep, in order.
        reading: From file to stored pixels.
        key: Key of the patient hashes.
        fingerprints: What decides whether the dataset must be built anew.
        notes: What the source counted.
        source: Its name.
    """

    folder: Path
    root: Path
    records: Sequence[Record]
    findings: tuple[str, ...]
    reading: Reading
    key: bytes
    fingerprints: Mapping[str, str]
    notes: Mapping[str, int]
    source: str

    def member_of(self, record: Record) -> str:
        """The member of a combined source that the record comes from, or the source."""
        return record.source or self.source

    @property
    def tasks(self) -> list[PartTask]:
        """The parts to make; how the records are cut depends on nothing but the plan."""
        length = self._part_length()
        return [
            PartTask(
                index=index,
                records=self.records[start : start + length],
                root=self.root,
                folder=self.folder,
                findings=self.findings,
                reading=self.reading,
                key=self.key,
            )
            for index, start in enumerate(range(0, len(self.records), length))
        ]

    def _part_length(self) -> int:
        """Images per part: few enough to fit in memory, and for several workers to share."""
        image_bytes = self.reading.size**2 * (2 if self.reading.dtype == "uint16" else 1)
        return max(1, min(_PART_IMAGES, _PART_BYTES // image_bytes))


def build_plan(config: Config, *, show: ShowWork = work_in_silence) -> Plan:
    """Makes the source where the project makes it, lists it, and resolves the rest.

    Args:
        config: What is asked for.
        show: Shows how far the making of the source is.

    Raises:
        UserError: if the source is not as its layout says, or the configuration is wrong.
    """
    refuse_mistakes(config)
    reading = build_reading(config.prep)
    root = resolve_root(config.data)
    source = SOURCES[config.data.source]
    if source.make is not None:
        with show("rendering", "phantoms") as progress:
            source.make(config.data, root, workers=config.prep.workers, progress=progress)
    listing = source.list_records(config.data, root)
    records = sorted(listing.records, key=lambda record: record.name)
    key = read_or_make_key(resolve_key_path(config.prep.hash_key))
    content = fingerprint_content(records, root=root, key_id=name_key(key))
    return Plan(
        folder=config.data.folder,
        root=root,
        records=records,
        findings=_choose_findings(listing.findings, config.data.findings),
        reading=reading,
        key=key,
        fingerprints={"settings": fingerprint_settings(config, reading), "content": content},
        notes=listing.notes,
        source=config.data.source,
    )


def resolve_root(data: DataConfig) -> Path:
    """The source folder; beside the dataset for a source that the project makes.

    Raises:
        ConfigurationError: if it is not set and the source is not made.
    """
    if data.root is not None:
        return data.root
    if SOURCES[data.source].make is None:
        raise ConfigurationError(
            f"data.root is not set; give the folder of the {data.source} source, --data.root FOLDER"
        )
    return data.folder.with_name(f"{data.folder.name}-source")


def build_reading(prep: PrepConfig) -> Reading:
    """The settings from file to stored pixels."""
    gate = Gate(
        modalities=tuple(prep.modalities),
        body_parts=tuple(prep.body_parts),
        accept_lateral=prep.accept_lateral,
        accept_secondary_capture=prep.accept_secondary_capture,
        max_pixels=prep.max_pixels,
    )
    return Reading(size=prep.size, dtype=prep.dtype, gate=gate, crop=prep.crop)


def build_limits(prep: PrepConfig) -> Limits:
    """Limits beyond which a worker counts as lost."""
    return Limits(prep.timeout_s, prep.memory_mib << 20)


def _choose_findings(available: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """The wanted findings, or all.

    Raises:
        ConfigurationError: if the source does not label one, or tables cannot tell two apart.
    """
    for finding in wanted:
        if finding not in available:
            nearest = get_close_matches(finding, available, 1, 0.0)
            hint = f"; the nearest is {nearest[0]!r}" if nearest else ""
            raise ConfigurationError(
                f"data.findings: the source has no finding {finding!r}{hint}; it has {', '.join(available)}"
            )
    chosen = tuple(wanted) or tuple(available)
    if mistake := describe_namesakes(chosen):
        raise ConfigurationError(f"data.findings: {mistake}")
    return chosen
