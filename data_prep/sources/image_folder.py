"""Class folders of images: the folder's name is the label, anywhere below the root (`train/NORMAL/x.jpeg`)."""

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from data_prep.sources.files import walk_source
from data_prep.sources.record import Listing, Record, list_unreadable
from xray_resnet.config import DataConfig
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.findings import LabelState

SPLIT_FOLDERS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validate", "validation", "dev"),
    "test": ("test", "testing", "holdout"),
}
"""Split → names of its folder, in any case."""
_log = logging.getLogger(__name__)
_SHOWN = 5
"""Folders that a message names."""
_SPLITS = {name: split for split, names in SPLIT_FOLDERS.items() for name in names}


def list_records(config: DataConfig, root: Path) -> Listing:
    """Every file in a class folder, named in any case; the findings of the class are positive, all others negative.

    The files of a folder beside class folders that no class names are left out, and a warning says so.

    Folders named as a split (`SPLIT_FOLDERS`), above the class folders or below, are official splits if one of them is
    a test folder; if they are not followed, a note counts their files.

    Raises:
        ConfigurationError: if no class is configured, or the patient pattern is wrong.
        UserError: if no file stands in a class folder.
    """
    classes = config.image_folder.classes
    if not classes:
        raise ConfigurationError(
            "data.image_folder.classes is empty; give each class folder its positive findings, "
            "as {NORMAL: [], PNEUMONIA: [Pneumonia]}"
        )
    find_patient = _PatientPattern(config.image_folder.patient_pattern)
    walk = walk_source(root)
    files = [path.relative_to(root) for path in walk.files]
    labelled = [(path, name) for path in files if (name := _class_of(path, classes))]
    if not labelled:
        raise UserError(f"{root}: no file stands in a folder named {' or '.join(classes)}; {_found(files)}")
    findings = tuple(dict.fromkeys(finding for present in classes.values() for finding in present))
    splits = [_split_of(path, classes) for path, _ in labelled]
    has_test = "test" in splits
    records = [
        Record(
            path=root / path,
            name=path.as_posix(),
            patient=f"{' '.join(classes)} {patient}" if (patient := find_patient(path)) else "",
            states=_states(classes[name], findings),
            split=split if has_test else None,
        )
        for (path, name), split in zip(labelled, splits, strict=True)
    ]
    find_patient.check()
    _warn_of_unnamed(root, files, classes)
    notes = {
        "files outside the class folders": len(files) - len(labelled),
        "files that the patient pattern does not match": find_patient.unmatched,
        **_note_splits(splits, config),
    }
    return Listing([*records, *list_unreadable(walk.unreadable, root)], findings, notes)


class _PatientPattern:
    """File to patient, by the first group of a pattern; empty for a file that it does not match."""

    def __init__(self, pattern: str) -> None:
        self.matched = self.unmatched = 0
        try:
            self.pattern = re.compile(pattern) if pattern else None
        except re.error as error:
            raise ConfigurationError(f"data.image_folder.patient_pattern {pattern!r}: {error}") from error
        if self.pattern and not self.pattern.groups:
            raise ConfigurationError(
                f"data.image_folder.patient_pattern {pattern!r} has no group; put the patient in parentheses"
            )

    def __call__(self, path: Path) -> str:
        match = self.pattern.search(path.name) if self.pattern else None
        self.matched += match is not None
        self.unmatched += self.pattern is not None and match is None
        return match[1] if match and match[1] else ""

    def check(self) -> None:
        """Refuses a pattern that matched nothing."""
        if self.pattern and not self.matched:
            raise ConfigurationError(
                f"data.image_folder.patient_pattern {self.pattern.pattern!r} matches no file; mend it or empty it"
            )


def _class_of(path: Path, classes: Mapping[str, Sequence[str]]) -> str | None:
    """The class of the nearest folder above the file that is one."""
    return next((name for part in reversed(path.parts[:-1]) if (name := _find_class(part, classes))), None)


def _find_class(folder: str, classes: Mapping[str, Sequence[str]]) -> str | None:
    """The class that a folder is named as, in any case unless two classes differ in it alone."""
    if folder in classes:
        return folder
    alike = [name for name in classes if name.casefold() == folder.casefold()]
    return alike[0] if len(alike) == 1 else None


def _warn_of_unnamed(root: Path, files: Sequence[Path], classes: Mapping[str, Sequence[str]]) -> None:
    """Names the folders that stand beside class folders and are none."""
    above = {folder.parent for file in files for folder in file.parents if _find_class(folder.name, classes)}
    beside = Counter(
        folder.name
        for file in files
        if not _class_of(file, classes)
        for folder in file.parents
        if folder.name and folder.parent in above
    )
    if beside:
        names = ", ".join(repr(name) for name, _ in beside.most_common(_SHOWN))
        _log.warning(
            "%s: %d files are left out: no class of data.image_folder.classes names their folder, such as %s",
            root,
            beside.total(),
            names,
        )


def _split_of(path: Path, classes: Mapping[str, Sequence[str]]) -> str | None:
    """The split of the first folder that is named as one, and is no class."""
    folders = (part for part in path.parts[:-1] if not _find_class(part, classes))
    return next((_SPLITS[part.casefold()] for part in folders if part.casefold() in _SPLITS), None)


def _note_splits(splits: Sequence[str | None], config: DataConfig) -> dict[str, int]:
    """How many files stand in folders of splits that are not followed; none where they are, or there are no such."""
    count = sum(split is not None for split in splits)
    if count and not config.split.official:
        return {"files in folders named as splits, divided anew because data.split.official is false": count}
    if count and "test" not in splits:
        return {"files in folders named as splits, divided anew because none is named test": count}
    return {}


def _states(present: Sequence[str], findings: Sequence[str]) -> dict[str, LabelState]:
    return {finding: LabelState.POSITIVE if finding in present else LabelState.NEGATIVE for finding in findings}


def _found(files: Sequence[Path]) -> str:
    """What there is instead, for the error."""
    folders = Counter(path.parent.name for path in files if path.parent.name)
    names = ", ".join(name for name, _ in folders.most_common(5))
    return f"the folders with files are {names}" if names else "there is no folder with files"
