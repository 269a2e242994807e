"""The scope that an evaluation finds on training and validation images."""

from pathlib import Path

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.find_scope import find_scope
from xray_resnet.evaluation.sample import draw_one_each
from xray_resnet.scope import Scope
from xray_resnet.store import open_dataset


def make_validation(folder: Path, *, count: int) -> Evidence:
    """On the fifth of `count` images of as many patients that is for validation."""
    dataset = open_dataset(make_dataset(folder / "tiny", count=count, images_per_patient=1))
    return make_evidence(dataset, split="val")


def test_at_most_the_promised_share_of_validation_patients_is_beyond_the_threshold(tmp_path: Path) -> None:
    evidence = make_validation(tmp_path, count=1000)
    scope = find_scope(evidence)
    assert isinstance(scope, Scope)
    films = draw_one_each(evidence.predictions.patient_ids, generator=evidence.chance.generator())
    assert 0 < scope.is_beyond(evidence.features[films]).mean() <= 0.01


def test_too_few_validation_patients_make_no_scope_and_say_how_many_it_takes(tmp_path: Path) -> None:
    assert find_scope(make_validation(tmp_path, count=60)) == "12 patients of the validation split, expected 99 or more"
