"""A source of radiographs to a dataset: list, prepare in parallel, split, describe.

Every part is written by the worker that prepared it, and dataset.json comes last. A run that is killed at any moment
is taken up where it stopped; number of workers, order and interruptions leave no trace in the dataset's bytes.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from data_prep import workspace
from data_prep.drop_duplicates import drop_duplicates
from data_prep.duplicates import Duplicates, find_duplicates
from data_prep.fingerprint import fingerprint_settings
from data_prep.identity import hash_image
from data_prep.journal import Flagged, PartJournal, Rejected, list_accepted, list_flagged, list_rejected
from data_prep.part import make_part, make_part_apart
from data_prep.plan import Plan, build_limits, build_plan, build_reading, resolve_root
from data_prep.report import render_ingest_report
from data_prep.sources import SOURCES, Record
from data_prep.split import Division, SplitImage, divide
from data_prep.summary import describe, describe_source, summarise
from xray_resnet.bounds import refuse_mistakes
from xray_resnet.config import Config, DataConfig, PrepConfig, SplitConfig
from xray_resnet.errors import UserError
from xray_resnet.files import write_csv, write_text
from xray_resnet.findings import LabelState
from xray_resnet.progress import Progress, ShowWork, work_in_silence
from xray_resnet.scale import map_in_processes
from xray_resnet.store.reader import map_pixels, read_description
from xray_resnet.store.schema import SPLITS, part_name
from xray_resnet.store.writer import write_description

_log = logging.getLogger(__name__)
_PATIENT_REMEDIES = {
    "image_folder": "; where their headers or names carry a placeholder, set data.image_folder.patient_pattern",
    "table": "; look at the column of patients",
}


def ensure_dataset(config: Config, *, show: ShowWork = work_in_silence) -> Path:
    """The dataset of `config`, built only where it is missing or its fingerprint differs.

    A finished dataset of the same settings is enough where its source is not at hand.

    Raises:
        UserError: as `prepare_dataset`.
    """
    refuse_mistakes(config)
    folder = config.data.folder
    settings = {"settings": fingerprint_settings(config, build_reading(config.prep))}
    if not _has_source(config) and workspace.is_finished(folder, settings):
        _log.info("%s: the source is not here; using the dataset as it is", folder)
        return folder
    return prepare_dataset(config, show=show)


def prepare_dataset(config: Config, *, show: ShowWork = work_in_silence) -> Path:
    """Builds the dataset folder `data.cache`, taking up what an interrupted run finished.

    Raises:
        UserError: if the source is not as its layout says, no file is accepted, or the folder holds something else.
        ConfigurationError: if the configuration does not fit the source.
    """
    plan = build_plan(config, show=show)
    if workspace.is_finished(plan.folder, plan.fingerprints) and workspace.is_tidy(plan.folder):
        _keep_words(plan.folder, config.data)
        return plan.folder
    with workspace.hold(plan.folder, source=plan.source):
        if not workspace.is_finished(plan.folder, plan.fingerprints):
            workspace.begin(plan.folder, plan.fingerprints)
            _build(plan, config, show)
        _keep_words(plan.folder, config.data)
        workspace.tidy(plan.folder)
    return plan.folder


def _keep_words(folder: Path, data: DataConfig) -> None:
    """What is said of patients and labels may change without the dataset being built anew."""
    description, about = read_description(folder), describe_source(data)
    if description.about == about:
        return
    try:
        write_description(folder, replace(description, about=about))
    except OSError as error:
        _log.warning("%s: keeps what it says of patients and labels, for it cannot be written (%s)", folder, error)


def _build(plan: Plan, config: Config, show: ShowWork) -> None:
    """Makes the parts that are missing, then everything that is known only when all are there."""
    start = time.perf_counter()
    resumed = workspace.count_finished(plan.folder, plan.tasks)
    with show("preparing", "files") as progress:
        journals = _make_parts(plan, config.prep, progress=progress)
    stored = map_pixels(plan.folder, [part_name(task.index) for task in plan.tasks])
    journals, duplicates = _settle_duplicates(plan, journals, stored, drop=config.prep.duplicates == "drop")
    rejected, flagged = _write_lists(plan, journals)
    division = _divide(plan, journals, split=config.data.split, group_of=duplicates.group_of)
    _warn_of_empty_splits(plan, division, journals=journals, split=config.data.split)
    summary = summarise(plan, journals, division, duplicates, seconds=time.perf_counter() - start, resumed=resumed)
    description = describe(plan, journals, division, config.data)
    kept = {image: stored[image] for split in description.splits.values() for image in split}
    page = render_ingest_report(summary, description, rejected=rejected, flagged=flagged, pixels=kept)
    summary.write(plan.folder)
    write_text(plan.folder / workspace.REPORT_FILE, page)
    write_description(plan.folder, description)


def _settle_duplicates(
    plan: Plan, journals: list[PartJournal], stored: Mapping[str, NDArray[Any]], *, drop: bool
) -> tuple[list[PartJournal], Duplicates]:
    """The duplicates, as an interrupted run found them where it began to drop them; and the journals without them."""
    duplicates = workspace.recall_duplicates(plan.folder) or _find_duplicates(plan, journals, stored)
    if not drop:
        return journals, duplicates
    workspace.note_duplicates(plan.folder, duplicates)
    return drop_duplicates(plan.tasks, journals, duplicates.group_of), duplicates


def _write_lists(plan: Plan, journals: Sequence[PartJournal]) -> tuple[list[Rejected], list[Flagged]]:
    """Writes and returns what was rejected and what was flagged.

    Raises:
        UserError: if everything was rejected.
    """
    rejected, flagged = list_rejected(journals), list_flagged(journals)
    write_csv(plan.folder / workspace.REJECTED_FILE, Rejected._fields, rejected)
    write_csv(plan.folder / workspace.FLAGGED_FILE, Flagged._fields, flagged)
    if len(rejected) == len(plan.records):
        raise UserError(
            f"{plan.root}: no radiograph was accepted of {len(rejected)} files; "
            f"{plan.folder / workspace.REJECTED_FILE} says why"
        )
    return rejected, flagged


def _find_duplicates(plan: Plan, journals: Sequence[PartJournal], stored: Mapping[str, NDArray[Any]]) -> Duplicates:
    """Looks at the stored pixels where hashes are near."""
    images = [(entry.name, entry.pixels_sha256, entry.difference_hash) for entry in list_accepted(journals)]
    return find_duplicates(images, lambda name: stored[hash_image(plan.key, name)])


def _divide(
    plan: Plan, journals: Sequence[PartJournal], *, split: SplitConfig, group_of: Mapping[str, str]
) -> Division:
    """Divides the accepted images; those of one group of duplicates stay together, with the patients of all."""
    kept = {entry.name: entry for entry in list_accepted(journals)}
    entries = kept | {entry.name: entry for journal in journals for entry in journal.dropped}
    images = [
        SplitImage(
            name=record.name,
            patient=entries[record.name].patient,
            order=record.patient or record.name,
            duplicate_group=group_of.get(record.name, ""),
            positives=_positive_findings(record, plan.findings),
            official=record.split,
            is_left_out=record.name not in kept,
        )
        for record in plan.records
        if record.name in entries
    ]
    return divide(images, split.shares, seed=split.seed, official=split.official)


def _positive_findings(record: Record, findings: Sequence[str]) -> frozenset[str]:
    return frozenset(finding for finding in findings if record.states.get(finding) == LabelState.POSITIVE)


def _warn_of_empty_splits(
    plan: Plan, division: Division, *, journals: Sequence[PartJournal], split: SplitConfig
) -> None:
    """Warns of each split that has a share but no image: patients were too few, or one has most of the images."""
    images = Counter(entry.patient for entry in list_accepted(journals))
    for name in SPLITS:
        if split.shares[name] > 0 and name not in division.split_of.values():
            _log.warning(
                "%s: no image is in %s: %d images are of %d patients, %d of them of one%s",
                plan.folder,
                name,
                images.total(),
                len(images),
                max(images.values()),
                _PATIENT_REMEDIES.get(plan.source, ""),
            )


def _make_parts(plan: Plan, prep: PrepConfig, *, progress: Progress) -> list[PartJournal]:
    """The journals of all parts, in order."""
    limits = build_limits(prep)
    make_apart = partial(make_part_apart, limits=limits)
    journals: list[PartJournal] = []
    done = rejected = 0
    for journal in _choose_map(prep)(make_part, plan.tasks, on_lost=make_apart, limits=limits):
        journals.append(journal)
        done += len(journal.accepted) + len(journal.rejected)
        rejected += len(journal.rejected)
        progress(done, len(plan.records), rejected)
    return journals


def _choose_map(prep: PrepConfig) -> Callable[..., Iterator[PartJournal]]:
    """The map over parts, on this machine or on a cluster."""
    if prep.scale == "local":
        return partial(map_in_processes, workers=prep.workers)
    return partial(_map_on_ray, address=prep.ray_address)


def _map_on_ray(*arguments: Any, **options: Any) -> Iterator[PartJournal]:
    """The map on a cluster, which names its settings where none answers."""
    from xray_resnet.scale.ray_tasks import NoClusterError, map_on_ray  # of the extra `cluster`

    try:
        yield from map_on_ray(*arguments, **options)
    except NoClusterError as error:
        raise UserError(f"prep.ray_address {error}, or set prep.scale to local") from None


def _has_source(config: Config) -> bool:
    """Whether the source can be listed without being made first."""
    if config.data.root is None and SOURCES[config.data.source].make is None:
        return False
    return resolve_root(config.data).is_dir()
