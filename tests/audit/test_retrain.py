"""Trainings without the films that are judged: nobody is on both sides, and what is done is kept."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from docs.studies.datasets import turn_labels
from tests.training.test_fit import make_config, make_data
from xray_resnet.audit import retrain
from xray_resnet.audit.retrain import FOLDER, RunRetraining
from xray_resnet.config_files import write_config
from xray_resnet.errors import UserError
from xray_resnet.progress import work_in_silence
from xray_resnet.runs import Run
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.trained_patients import TrainedPatients
from xray_resnet.training.fit import train
from xray_resnet.training.steps import SeedSteps

FINDINGS = ("Effusion", "Cardiomegaly")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(make_data(tmp_path_factory.mktemp("audit") / "tiny", count=80))


@dataclass(frozen=True)
class Judged:
    """An audit of two folds: its run, what it gave, what it said, and the dataset of each training."""

    run: Run
    logits: NDArray[np.float32]
    said: list[str]
    trained_on: list[Dataset]


@pytest.fixture(scope="module")
def judged(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Of a run that has its configuration and nothing else."""
    run = Run(tmp_path_factory.mktemp("work") / "run")
    run.folder.mkdir()
    write_config(run.config_file, make_config(dataset.folder, run.folder, epochs=1))
    said: list[str] = []
    trained_on: list[Dataset] = []

    def watched(*arguments: Any, dataset: Dataset, **options: Any) -> Path:
        trained_on.append(dataset)
        return train(*arguments, dataset=dataset, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrain, "train", watched)
        logits = make_retraining(run, said).judge(dataset, FINDINGS)
    return Judged(run, logits, said, trained_on)


def make_retraining(run: Run, said: list[str] | None = None) -> RunRetraining:
    return RunRetraining(run, 2, work_in_silence, [].append if said is None else said.append)


class TrainedError(Exception):
    """A training has begun."""


@pytest.fixture
def refuse_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets no training begin."""

    def refuse(*arguments: Any, **options: Any) -> Path:
        raise TrainedError("begun")

    monkeypatch.setattr(retrain, "train", refuse)


def test_every_film_is_judged_by_a_network_that_saw_no_film_of_the_patient(judged: Judged, dataset: Dataset) -> None:
    assert judged.logits.shape == (80, 2)
    assert np.isfinite(judged.logits).all()
    tested = [set(each.patient_ids[each.indices("test")]) for each in judged.trained_on]
    assert set.union(*tested) == set(dataset.patient_ids)
    for each, patients in zip(judged.trained_on, tested, strict=True):
        assert not patients & {*each.patient_ids[np.r_[each.indices("train"), each.indices("val")]]}


def test_it_is_said_which_fold_is_trained(judged: Judged) -> None:
    assert any(line.startswith("fold 2 of 2: epoch 1/1") for line in judged.said)


def test_answers_are_kept_and_networks_are_not(judged: Judged) -> None:
    kept = {path.name for path in (judged.run.folder / FOLDER).rglob("*") if path.is_file()}
    assert kept == {"fold-1-of-2.npy", "fold-2-of-2.npy"}


@pytest.mark.usefixtures("refuse_training")
def test_what_is_kept_is_not_trained_again(judged: Judged, dataset: Dataset) -> None:
    np.testing.assert_array_equal(make_retraining(judged.run).judge(dataset, FINDINGS), judged.logits)


@pytest.mark.usefixtures("refuse_training")
def test_other_labels_are_learned_anew(judged: Judged, dataset: Dataset, tmp_path: Path) -> None:
    run = copy_run(judged.run, tmp_path / "run")
    turned = open_dataset(turn_labels(dataset, tmp_path / "tiny", "Effusion", np.array([7])))
    with pytest.raises(TrainedError, match=r"begun"):
        make_retraining(run).judge(turned, FINDINGS)


def test_an_interrupted_audit_goes_on_where_it_stopped(
    judged: Judged, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = copy_run(judged.run, tmp_path / "run")
    next((run.folder / FOLDER).rglob("fold-2-of-2.npy")).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(SeedSteps, "on_train_batch_start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            make_retraining(run).judge(dataset, FINDINGS)
    (started,) = (path.parent for path in (run.folder / FOLDER).rglob("config.yaml"))
    resumed: list[Path] = []

    def watched(*arguments: Any, resume: Path, **options: Any) -> Path:
        resumed.append(resume)
        return train(*arguments, resume=resume, **options)

    monkeypatch.setattr(retrain, "train", watched)
    np.testing.assert_array_equal(make_retraining(run).judge(dataset, FINDINGS), judged.logits)
    assert resumed == [started]
    assert not started.exists()


@pytest.mark.usefixtures("refuse_training")
@pytest.mark.parametrize(("key", "error"), [("tiny-key", UserError), ("another", TrainedError)])
def test_first_weights_that_know_the_patients_are_refused(
    dataset: Dataset, tmp_path: Path, key: str, error: type[Exception]
) -> None:
    """Hashes of another key cannot be compared."""
    described = replace(dataset.description, hash_key_id="tiny-key")
    for name, weights in (("first", ""), ("run", str(tmp_path / "first"))):
        config = make_config(dataset.folder, tmp_path)
        (tmp_path / name).mkdir()
        write_config(tmp_path / name / "config.yaml", replace(config, model=replace(config.model, weights=weights)))
    TrainedPatients.of(key, {"train": dataset.patient_ids[:6].tolist()}).write(tmp_path / "first" / "patients.json")
    with pytest.raises(error, match=r"first, which was fitted to 3 of the patients|begun"):
        make_retraining(Run(tmp_path / "run")).judge(Dataset(dataset.folder, described), FINDINGS)


def interrupt(*_: Any) -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


def copy_run(run: Run, folder: Path) -> Run:
    return Run(Path(shutil.copytree(run.folder, folder)))


def test_how_long_the_run_trained_is_read_from_its_epochs(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert make_retraining(run).seconds is None
    run.metrics.write_text("epoch,seconds\n1,20.5\n2,19.5\n")
    assert make_retraining(run).seconds == 40
