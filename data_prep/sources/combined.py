"""Several sources as one: their findings together; a finding that a source does not label is not assessed in it.

Each image keeps the name of its member, so that whoever looks at the dataset can tell the members apart.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from data_prep.sources.files import resolve_below
from data_prep.sources.mistakes import Mistakes
from data_prep.sources.record import Listing, Record
from xray_resnet.config import DataConfig, MemberConfig
from xray_resnet.errors import ConfigurationError, UserError

ListRecords = Callable[[DataConfig, Path], Listing]


def combine(config: DataConfig, root: Path, list_of: Mapping[str, ListRecords]) -> Listing:
    """The records of all members, their names below the member's.

    Patients are named by their source, so that NIH's are the same in NIH ChestX-ray14 and in RSNA's set, where RSNA's
    mapping is at hand.

    Args:
        config: Has the members.
        root: Above the folders of all members.
        list_of: Source → what lists it.

    Raises:
        ConfigurationError: if there is no member, or one is of a source that cannot be one.
        UserError: as the members raise it.
    """
    members = config.combined.members
    if not members:
        raise ConfigurationError("data.combined.members is empty; give each member its source and its folder")
    with Mistakes() as mistakes:
        listings = _list_members(config, root, list_of, mistakes)
    return Listing(
        [_rename(record, name, members[name]) for name, listing in listings.items() for record in listing.records],
        tuple(dict.fromkeys(finding for listing in listings.values() for finding in listing.findings)),
        {f"{name}: {words}": count for name, listing in listings.items() for words, count in listing.notes.items()},
    )


def _list_members(
    config: DataConfig, root: Path, list_of: Mapping[str, ListRecords], mistakes: Mistakes
) -> dict[str, Listing]:
    """Member → its listing; what is wrong with one does not hide what is wrong with the next."""
    listings = {}
    for name, member in config.combined.members.items():
        try:
            listings[name] = _list_member(name, member, config, root, list_of)
        except ConfigurationError:
            raise
        except UserError as error:
            mistakes.add(root / member.folder, str(error))
    return listings


def _list_member(
    name: str, member: MemberConfig, config: DataConfig, root: Path, list_of: Mapping[str, ListRecords]
) -> Listing:
    if member.source not in list_of:
        raise ConfigurationError(
            f"data.combined.members.{name}.source is {member.source!r}; a member is one of {', '.join(sorted(list_of))}"
        )
    folder = resolve_below(root, member.folder, where=f"data.combined.members.{name}.folder")
    section = replace(
        config, image_folder=member.image_folder, table=member.table, mimic_cxr=member.mimic_cxr, findings=[]
    )
    return list_of[member.source](section, folder)


def _rename(record: Record, name: str, member: MemberConfig) -> Record:
    """The patients of tables and folders of one's own are bare numbers, which another member may use, too."""
    is_bare = record.patient and member.source in ("table", "image_folder")
    patient = f"{name} {record.patient}" if is_bare else record.patient
    return replace(record, name=f"{name}/{record.name}", patient=patient, source=name)
