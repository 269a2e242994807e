"""A bench with a tiny random network and a tiny dataset."""

from pathlib import Path

from tests.bundles import make_bundle
from tests.datasets import make_dataset
from xray_resnet.dicom import Reading
from xray_resnet.evaluation.subject import Subject, open_subject


def make_run(folder: Path) -> Path:
    """A run in `folder`/run and its dataset beside it."""
    reading = Reading(size=64)
    make_dataset(folder / "data", reading=reading.to_json(), reading_fingerprint=reading.fingerprint())
    make_bundle(folder / "run" / "bundle", findings=("Effusion", "Cardiomegaly"))
    (folder / "run" / "config.yaml").write_text(f"data:\n  cache: {folder / 'data'}\n")
    return folder / "run"


def open_run(run: Path) -> Subject:
    """The run's network and its test images."""
    return open_subject(run, dataset=run.parent / "data", split="test", precision="fp32")
