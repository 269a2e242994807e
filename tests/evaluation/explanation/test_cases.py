"""Cases: images with the finding, one of a patient, the same for the same seed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.datasets import make_dataset
from tests.evaluation.builders import make_evidence
from xray_resnet.evaluation.evidence import Chance, Evidence
from xray_resnet.evaluation.explanation import cases
from xray_resnet.evaluation.explanation.cases import draw_cases
from xray_resnet.store import open_dataset


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return make_evidence(open_dataset(make_dataset(tmp_path_factory.mktemp("data") / "tiny", count=120)))


def test_every_case_has_its_finding_and_a_patient_is_drawn_once_for_it(evidence: Evidence) -> None:
    drawn = draw_cases(evidence)
    assert {case.finding for case in drawn} == set(evidence.findings)
    for case in drawn:
        assert evidence.predictions.states[case.place, evidence.findings.index(case.finding)] == 1
        assert evidence.predictions.patient_ids[case.place] == case.patient
    assert len({(case.finding, case.patient) for case in drawn}) == len(drawn)


def test_the_cases_are_shared_among_the_findings(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "MOST_CASES", 7)
    assert [case.finding for case in draw_cases(evidence)] == ["Cardiomegaly"] * 3 + ["Effusion"] * 3


def test_the_seed_decides(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "MOST_CASES", 6)
    assert draw_cases(evidence) == draw_cases(evidence)
    assert draw_cases(evidence) != draw_cases(replace(evidence, chance=Chance(20, seed=1)))


def test_a_finding_that_no_image_has_is_left_out(evidence: Evidence) -> None:
    states = evidence.predictions.states.copy()
    states[:, 0] = 0
    rest = replace(evidence, predictions=replace(evidence.predictions, states=states))
    assert {case.finding for case in draw_cases(rest)} == {"Effusion"}
    assert draw_cases(replace(evidence, predictions=replace(evidence.predictions, states=np.zeros_like(states)))) == []


def test_images_are_of_the_split(tmp_path: Path) -> None:
    evidence = make_evidence(open_dataset(make_dataset(tmp_path / "tiny")), split="val")
    assert max(case.place for case in draw_cases(evidence)) < len(evidence.rows)
