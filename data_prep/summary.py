"""What is said of a finished preparation: dataset.json for its readers, ingest.json for whoever watched it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from data_prep.duplicates import Duplicates
from data_prep.identity import hash_image, hash_patient, name_key
from data_prep.ingest_summary import IngestSummary
from data_prep.journal import PartJournal, list_accepted, list_flagged, list_rejected
from data_prep.plan import Plan
from data_prep.sources import SOURCES, Record
from data_prep.sources.about import ABOUT, About
from data_prep.split import Division
from xray_resnet.config import DataConfig
from xray_resnet.dicom import Reason
from xray_resnet.findings import LabelState
from xray_resnet.store.schema import SPLITS, DatasetDescription, part_name


def describe(plan: Plan, journals: Sequence[PartJournal], division: Division, data: DataConfig) -> DatasetDescription:
    """The content of dataset.json."""
    return DatasetDescription(
        name=data.folder.resolve().name,
        source=data.source,
        synthetic=SOURCES[data.source].synthetic,
        findings=plan.findings,
        reading=plan.reading.to_json(),
        reading_fingerprint=plan.reading.fingerprint(),
        splits={split: _image_ids(plan, journals, division, split) for split in SPLITS},
        parts={part_name(index): len(journal.accepted) for index, journal in enumerate(journals)},
        counts=_count(plan, journals, division),
        fingerprints=plan.fingerprints,
        hash_key_id=name_key(plan.key),
        about=describe_source(data),
    )


def describe_source(data: DataConfig) -> dict[str, str]:
    """Whose radiographs they are and how the labels were made: in the user's words, else in the publication's."""
    told = asdict(ABOUT.get(data.source, About()))
    return {name: words or told[name] for name, words in asdict(data.about).items()}


def summarise(
    plan: Plan,
    journals: Sequence[PartJournal],
    division: Division,
    duplicates: Duplicates,
    *,
    seconds: float,
    resumed: int,
) -> IngestSummary:
    """Counts and times of the run that finished the dataset.

    Args:
        plan: What was asked for.
        journals: What became of the files.
        division: What stands where.
        duplicates: Which images are one.
        seconds: Wall time of this run.
        resumed: Files that an earlier run had done.
    """
    accepted = len(list_accepted(journals))
    return IngestSummary(
        files=len(plan.records),
        accepted=accepted,
        rejected=len(plan.records) - accepted,
        reasons=_sorted(Counter(row.reason.value for row in list_rejected(journals))),
        sources=_count_sources(plan, journals),
        flags=_sorted(Counter(row.flag.value for row in list_flagged(journals))),
        transfer_syntaxes=_sorted(Counter(entry.transfer_syntax for entry in list_accepted(journals))),
        notes=dict(plan.notes) | _count_duplicates(journals, duplicates) | _count_patients(plan, journals, division),
        seconds=round(seconds, 3),
        worker_seconds=round(sum(journal.seconds for journal in journals), 3),
        files_of_earlier_runs=resumed,
        files_per_second=round((len(plan.records) - resumed) / seconds, 1),
    )


def _count_sources(plan: Plan, journals: Sequence[PartJournal]) -> dict[str, dict[str, int]]:
    """Files of each member of a combined source; a source alone is one."""
    accepted = {entry.name for entry in list_accepted(journals)}
    files = Counter(plan.member_of(record) for record in plan.records)
    kept = Counter(plan.member_of(record) for record in plan.records if record.name in accepted)
    return {
        name: {"files": count, "accepted": kept[name], "rejected": count - kept[name]} for name, count in files.items()
    }


def _count_duplicates(journals: Sequence[PartJournal], duplicates: Duplicates) -> dict[str, int]:
    """Those that were dropped, also by an interrupted run, which left none to count; else those that are there."""
    dropped = sum(row.reason == Reason.DUPLICATE for row in list_rejected(journals))
    if dropped:
        return {"duplicates dropped": dropped}
    return {
        "images with the very pixels of another": len(duplicates.exact_copies),
        "groups of images that are one radiograph": len(set(duplicates.group_of.values())),
    }


def _count_patients(plan: Plan, journals: Sequence[PartJournal], division: Division) -> dict[str, int]:
    alone = partial(hash_patient, plan.key, source="", header="")
    unknown = sum(entry.patient == alone(image=entry.name) for entry in list_accepted(journals))
    return {
        "images whose patient neither the source nor the header names, each taken for another's": unknown,
        "images moved from their official split: their patient or a duplicate stands on its other side": division.moved,
    }


def _image_ids(plan: Plan, journals: Sequence[PartJournal], division: Division, split: str) -> list[str]:
    names = (entry.name for entry in list_accepted(journals))
    return [hash_image(plan.key, name) for name in names if division.split_of[name] == split]


def _count(plan: Plan, journals: Sequence[PartJournal], division: Division) -> dict[str, Any]:
    """Images, patients and label states, in all and by split."""
    patient_of = {entry.name: entry.patient for entry in list_accepted(journals)}
    accepted = [record for record in plan.records if record.name in patient_of]
    by_split = {split: [record for record in accepted if division.split_of[record.name] == split] for split in SPLITS}
    return {
        "rejected": len(list_rejected(journals)),
        **_count_images(accepted, patient_of),
        "splits": {
            split: _count_images(records, patient_of) | {"positives": _count_positives(records, plan.findings)}
            for split, records in by_split.items()
        },
        "findings": {finding: _count_states(accepted, finding) for finding in plan.findings},
    }


def _count_images(records: Sequence[Record], patient_of: Mapping[str, str]) -> dict[str, int]:
    return {"images": len(records), "patients": len({patient_of[record.name] for record in records})}


def _count_positives(records: Sequence[Record], findings: Sequence[str]) -> dict[str, int]:
    return {
        finding: sum(record.states.get(finding) == LabelState.POSITIVE for record in records) for finding in findings
    }


def _count_states(records: Sequence[Record], finding: str) -> dict[str, int]:
    states = Counter(record.states.get(finding, LabelState.NOT_ASSESSED) for record in records)
    return {state.name.lower(): states[state] for state in LabelState}


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))
