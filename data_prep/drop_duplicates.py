"""Dropping duplicates: of each group of images that are one radiograph, the first by name stays."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from data_prep.identity import hash_image
from data_prep.journal import PartJournal, Rejected, write_journal
from data_prep.part import PartTask
from xray_resnet.dicom import Reason
from xray_resnet.files import name_cell
from xray_resnet.store.schema import IMAGES_FOLDER, part_name
from xray_resnet.store.writer import keep_rows


def drop_duplicates(
    tasks: Sequence[PartTask], journals: Sequence[PartJournal], group_of: Mapping[str, str]
) -> list[PartJournal]:
    """The journals with every duplicate rejected, and the parts without them.

    A journal is written before its part: whatever a kill leaves, the part is made to agree with it by the next run.

    Args:
        tasks: The parts.
        journals: What became of their files, in the same order.
        group_of: Image → the first image that is the same.
    """
    paths = {record.name: name_cell(record.path.relative_to(task.root)) for task in tasks for record in task.records}
    shorter = [_reject(task, journal, group_of, paths) for task, journal in zip(tasks, journals, strict=True)]
    for task, journal in zip(tasks, shorter, strict=True):
        ids = [hash_image(task.key, entry.name) for entry in journal.accepted]
        keep_rows(task.folder / IMAGES_FOLDER / part_name(task.index), ids)
    return shorter


def _reject(task: PartTask, journal: PartJournal, group_of: Mapping[str, str], paths: Mapping[str, str]) -> PartJournal:
    copies = [entry for entry in journal.accepted if group_of.get(entry.name, entry.name) != entry.name]
    if not copies:
        return journal
    gone = {paths[entry.name] for entry in copies}
    shorter = replace(
        journal,
        accepted=[entry for entry in journal.accepted if entry not in copies],
        rejected=[*journal.rejected, *(_verdict(entry.name, group_of, paths) for entry in copies)],
        flagged=[row for row in journal.flagged if row.path not in gone],
        dropped=[*journal.dropped, *copies],
    )
    write_journal(task.folder, task.index, shorter)
    return shorter


def _verdict(name: str, group_of: Mapping[str, str], paths: Mapping[str, str]) -> Rejected:
    return Rejected(paths[name], Reason.DUPLICATE, f"the radiograph of {paths[group_of[name]]}")
