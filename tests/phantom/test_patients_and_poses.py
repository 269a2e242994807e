"""Patients and poses: streams that do not touch each other, schedules, and how an image is taken."""

import numpy as np
import pytest

from data_prep.phantom.anatomy import Anatomy, draw_anatomy
from data_prep.phantom.patient import Patient, draw_patient, schedule_patients, stream
from data_prep.phantom.pose import Pose, draw_pose


@pytest.fixture(scope="module")
def poses() -> list[Pose]:
    return [draw_pose(stream("image", 0, number)) for number in range(800)]


def draw_many(patient: Patient) -> list[Anatomy]:
    return [draw_anatomy(np.random.default_rng(seed), patient) for seed in range(300)]


def mean(anatomies: list[Anatomy], measure: str) -> float:
    return float(np.mean([getattr(anatomy, measure) for anatomy in anatomies]))


def test_streams_of_other_purposes_seeds_and_numbers_differ() -> None:
    purposes = ("schedule", "patient", "image", "noise", "encoding")
    draws = [stream(purpose, 1, 1).random() for purpose in purposes]  # type: ignore[arg-type]
    draws += [stream("image", 2, 1).random(), stream("image", 1, 2).random()]
    assert len(set(draws)) == 7
    assert stream("image", 1, 1).random() == draws[2]


def test_images_of_a_patient_follow_one_another_and_no_patient_is_skipped() -> None:
    numbers = schedule_patients(500, seed=3)
    assert len(numbers) == 500 and numbers[0] == 1
    assert set(np.diff(numbers)) == {0, 1}


def test_most_patients_come_once_and_none_more_than_three_times() -> None:
    visits = np.bincount(schedule_patients(3000, seed=3))[1:-1]  # the last may be cut short
    shares = np.bincount(visits, minlength=4) / len(visits)
    assert visits.max() == 3
    assert shares[1] > 0.6 > 3 * shares[2] - 0.1 and shares[2] > shares[3] > 0.05


def test_a_smaller_schedule_is_the_beginning_of_a_larger_one() -> None:
    assert schedule_patients(1000, seed=5)[:40] == schedule_patients(40, seed=5)


def test_patients_are_adults_of_both_sexes_with_names_that_say_synthetic() -> None:
    patients = [draw_patient(stream("patient", 0, number), number) for number in range(500)]
    assert np.mean([patient.sex == "F" for patient in patients]) == pytest.approx(0.5, abs=4 * 0.5 / 500**0.5)
    assert min(patient.age for patient in patients) >= 18
    assert patients[7].name == "SYNTHETIC-00007"


def test_bedside_films_are_fewer_magnified_more_and_taken_in_less_inspiration(poses: list[Pose]) -> None:
    bed, standing = ([pose for pose in poses if pose.view == view] for view in ("AP", "PA"))
    assert 0.1 < len(bed) / len(poses) < 0.4
    assert np.mean([p.magnification for p in bed]) > np.mean([p.magnification for p in standing]) + 0.03
    assert np.mean([p.expiration for p in bed]) > np.mean([p.expiration for p in standing]) + 6
    assert np.mean([p.shoulders for p in bed]) < np.mean([p.shoulders for p in standing]) - 3


def test_the_patient_is_always_between_source_and_detector(poses: list[Pose]) -> None:
    """Magnification is the source's distance to the detector over that to the patient: above 1."""
    assert min(pose.magnification for pose in poses) > 1


def test_patients_stand_nearly_upright_and_turned_either_way(poses: list[Pose]) -> None:
    for angle in ("roll", "yaw", "pitch"):
        degrees = np.rad2deg([getattr(pose, angle) for pose in poses])
        assert abs(degrees.mean()) < 4 * degrees.std() / len(degrees) ** 0.5
        assert 1.5 < degrees.std() < 5


def test_blades_close_a_small_share_of_some_sides(poses: list[Pose]) -> None:
    closed = np.array([pose.collimation for pose in poses])
    assert closed.min() == 0 and closed.max() < 0.08
    assert (np.mean(closed > 0, axis=0) < 0.5).all() and (np.mean(closed > 0, axis=0) > 0.1).all()


def test_men_have_wider_thoraces_and_no_breasts() -> None:
    women, men = (draw_many(Patient(1, sex, 40, 0.0)) for sex in ("F", "M"))
    assert mean(men, "thorax_half_width") > mean(women, "thorax_half_width") + 8
    assert mean(men, "breast") == 0 < min(anatomy.breast for anatomy in women)


def test_the_inner_thorax_measures_some_28_centimetres_in_men() -> None:
    """The textbook's value, of an average man."""
    assert 2 * mean(draw_many(Patient(1, "M", 40, 0.0)), "thorax_half_width") == pytest.approx(280, rel=0.02)


def test_the_stout_have_thicker_walls_higher_domes_and_flatter_hearts() -> None:
    slim, stout = (draw_many(Patient(1, "F", 40, habitus)) for habitus in (-1.0, 1.5))
    assert mean(stout, "chest_wall") > 1.3 * mean(slim, "chest_wall")
    assert mean(stout, "dome") < mean(slim, "dome") - 8  # y points to the feet
    assert mean(stout, "heart_tilt") < mean(slim, "heart_tilt")


def test_the_old_have_less_mineral_wider_aortas_and_deeper_chests() -> None:
    young, old = (draw_many(Patient(1, "M", age, 0.0)) for age in (40, 80))
    assert mean(old, "bone") == pytest.approx(0.75 * mean(young, "bone"), rel=0.01)
    assert mean(old, "aorta") > mean(young, "aorta") + 3
    assert mean(old, "lung_depth") > mean(young, "lung_depth") + 6
    assert draw_many(Patient(1, "M", 20, 0.0)) == draw_many(Patient(1, "M", 40, 0.0))  # age tells from 40 on


def test_a_heart_that_is_not_enlarged_stays_below_the_limit_of_cardiomegaly() -> None:
    """Danzer 1919: above one half of the thorax the heart counts as enlarged."""
    ratios = [anatomy.cardiothoracic_ratio for anatomy in draw_many(Patient(1, "M", 60, 2.0))]
    assert max(ratios) < 0.51 and np.mean(ratios) == pytest.approx(0.46, abs=0.02)
