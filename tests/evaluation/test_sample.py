"""Samples of whole patients."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xray_resnet.evaluation.sample import draw_patients


def draw(patients: list[str], count: int, seed: int = 0) -> set[int]:
    return {*draw_patients(np.array(patients), count, generator=np.random.default_rng(seed)).tolist()}


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=30), st.integers(1, 40), st.integers(0, 5))
def test_patients_stay_whole_and_no_more_are_drawn_than_needed(patients: list[str], count: int, seed: int) -> None:
    places = draw(patients, count, seed)
    chosen = {patients[place] for place in places}
    assert places == {place for place, patient in enumerate(patients) if patient in chosen}
    assert len(places) >= min(count, len(patients))
    assert any(len(places) - patients.count(patient) < count for patient in chosen)


def test_a_larger_sample_continues_a_smaller_one() -> None:
    patients = [f"{place // 2}" for place in range(40)]
    assert draw(patients, 6) < draw(patients, 20) < draw(patients, 40) == {*range(40)}


def test_the_seed_chooses() -> None:
    patients = [f"{place}" for place in range(40)]
    assert draw(patients, 6, seed=0) != draw(patients, 6, seed=1)
