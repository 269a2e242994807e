"""`xray-prep`: a folder of radiographs to a dataset."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from xray_resnet.cli.common import Clock, run_command, show_progress
from xray_resnet.config import Config
from xray_resnet.config_files import CommandParser, build_section
from xray_resnet.errors import ConfigurationError

COMMAND = "xray-prep"
EXAMPLES = (
    "xray-prep --config chestxray.yaml",
    "xray-prep --config nih_chestxray14.yaml --data.root /archive/nih --data.cache datasets/nih",
    "xray-prep --config chestxray.yaml --explain film.dcm --pictures steps",
    "xray-prep --config table.yaml --print_config",
)


def main() -> NoReturn:
    """Entry point of the console script."""
    run_command(COMMAND, prepare)


def prepare(arguments: Sequence[str]) -> int:
    """Builds the dataset and prints what became of the files."""
    parser = CommandParser(
        COMMAND, purpose="Builds the dataset folder from a folder of radiographs.", examples=EXAMPLES
    )
    parser.add_class_arguments(Config)
    parser.add_argument("--explain", type=str | None, default=None, help="Say what becomes of one file, and why.")
    parser.add_argument("--pictures", type=Path | None, default=None, help="Folder for a PNG of each explained step.")
    values = parser.instantiate(parser.read(arguments))
    config = build_section(Config, values)
    if values.pictures is not None and values.explain is None:
        raise ConfigurationError("--pictures shows the steps of one file; name it with --explain FILE")
    if values.explain is not None:
        return explain(Path(values.explain), config, pictures=values.pictures)
    before = _time_of(config.data.folder)
    clock = Clock(COMMAND)
    folder = build_dataset(config)
    if before == _time_of(folder):
        print("this dataset was prepared before, and nothing has changed:")
    print_summary(folder)
    clock.say_end(shlex.join(["xray-train", *arguments]))
    print(folder / "ingest.html")
    print(folder)
    return 0


def explain(path: Path, config: Config, *, pictures: Path | None) -> int:
    """Prints what was read of a file, each step of the pipeline, and the verdict."""
    from data_prep.explanation import explain_file

    if not path.is_file():
        raise ConfigurationError(f"--explain {path}: there is no such file; name one DICOM, PNG or JPEG file")
    print(path)
    print(explain_file(path, config.prep, pictures=pictures))
    return 0


def _time_of(folder: Path) -> int | None:
    """When the dataset there was finished."""
    path = folder / "dataset.json"
    return path.stat().st_mtime_ns if path.is_file() else None


def build_dataset(config: Config) -> Path:
    """The dataset folder of `config`, built with progress bars if it is missing or out of date."""
    from data_prep.ingest import ensure_dataset

    return ensure_dataset(config, show=show_progress)


def print_summary(folder: Path) -> None:
    """Prints counts, rate and reasons of the finished preparation in `folder`."""
    from data_prep.ingest_summary import IngestSummary

    ingest = IngestSummary.read(folder)
    print(
        f"accepted {ingest.accepted} of {ingest.files} files in {ingest.seconds:.1f} s "
        f"({ingest.files_per_second:.0f} files/s)"
    )
    for reason, count in ingest.reasons.items():
        print(f"  rejected as {reason}: {count}")
    for flag, count in ingest.flags.items():
        print(f"  accepted, but flagged as {flag}: {count}")
    for words, count in ingest.notes.items():
        if count:
            print(f"  {words}: {count}")
    print_prevalence(folder)


def print_prevalence(folder: Path) -> None:
    """Prints the positive images of each finding, a column per split."""
    from rich.console import Console
    from rich.table import Table

    from xray_resnet.store.reader import read_description

    splits = read_description(folder).counts["splits"]
    heads = [f"{name}: {counts['images']} images, {counts['patients']} patients" for name, counts in splits.items()]
    table = Table("positives", *heads, box=None, pad_edge=False, header_style="")
    for finding in next(iter(splits.values()))["positives"]:
        table.add_row(finding, *(_share(counts, finding) for counts in splits.values()))
    Console(highlight=False, width=120).print(table)


def _share(counts: dict[str, Any], finding: str) -> str:
    positives = counts["positives"][finding]
    return f"{positives} ({positives / counts['images']:.1%})" if counts["images"] else "–"
