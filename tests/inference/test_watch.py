"""Which films of a batch a shift is looked for in."""

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import make_chest, write_dicom
from xray_resnet.basis import Basis
from xray_resnet.dicom import Prepared, Reading, prepare
from xray_resnet.inference.watch import Watch
from xray_resnet.model_output import ModelOutput
from xray_resnet.packed import pack
from xray_resnet.scope import Scope, fit_space
from xray_resnet.shift import ShiftReference

FINDING = "Effusion"
BASIS = Basis("tiny", "val", 40, "torch", "fp32")
LOGITS, FEATURES = np.zeros(1, np.float32), np.zeros(8, np.float32)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    pixels = np.uint16(make_chest(120, 100, np.random.default_rng(0)) * 4095)
    path = write_dicom(tmp_path_factory.mktemp("films") / "film.dcm", pixels, ViewPosition="PA")
    prepared = prepare(path, Reading(size=64))
    assert isinstance(prepared, Prepared)
    return prepared


@pytest.fixture(scope="module")
def output() -> ModelOutput:
    generator = np.random.default_rng(0)
    scope = Scope(BASIS, fit_space(generator.normal(size=(100, len(FEATURES)))), 2.0, 0.01)
    films, labels = generator.integers(0, 2, size=(40, 9)), generator.integers(0, 2, size=(40, 1))
    return ModelOutput((FINDING,), scope=scope, shift=ShiftReference(BASIS, pack(films), pack(labels)))


def count_films(output: ModelOutput, film: Prepared, patients: list[str], *, has_features: bool = True) -> int | None:
    watch = Watch(output)
    for patient in patients:
        watch.look(replace(film, patient=patient), LOGITS, FEATURES if has_features else None)
    found = watch.conclude()
    return None if found is None else found.films


def test_of_each_patient_one_film_is_compared(output: ModelOutput, film: Prepared) -> None:
    assert count_films(output, film, [f"patient{number % 35}" for number in range(100)]) == 35


def test_a_film_without_a_patient_is_ones_own(output: ModelOutput, film: Prepared) -> None:
    assert count_films(output, film, [""] * 50) == 50


def test_without_features_or_a_reference_nothing_is_said(output: ModelOutput, film: Prepared) -> None:
    patients = [f"patient{number}" for number in range(50)]
    assert count_films(output, film, patients, has_features=False) is None
    assert count_films(replace(output, shift=None), film, patients) is None
