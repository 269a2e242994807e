"""What the pixels say against the header."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from data_prep.frontal.bodies import draw_jaw, draw_limb, draw_slice, draw_spine
from data_prep.frontal.films import spoil, vary
from data_prep.frontal.lateral import draw_lateral
from data_prep.frontal.lessons import FRONTAL, LATERAL, OTHER, draw_lessons
from data_prep.frontal.pictures import draw_document, draw_pattern, draw_texture
from data_prep.frontal.train import build_network, fit, save, score
from data_prep.phantom.render import render_images
from tests.builders import make_chest, write_dicom
from tests.dicom.no_chest import ACCEPTED, count_rejected, judge_films, judge_kinds, judge_phantoms
from xray_resnet.dicom import Flag, Gate, Reading, Reason, RejectedImage, prepare
from xray_resnet.dicom.appearance import check_appearance, frontal, judge, measure_polarity
from xray_resnet.dicom.appearance.polarity import _FRONTAL

READING = Reading(size=64)


def chest(seed: int = 0) -> np.ndarray:
    return np.uint16(make_chest(120, 100, np.random.default_rng(seed)) * 4095)


def write(path: Path, pixels: np.ndarray, view: str | None = "PA", **elements: object) -> Path:
    return write_dicom(path, pixels, WindowCenter=2048, WindowWidth=4096, ViewPosition=view, **elements)


def shown(picture: np.ndarray) -> np.ndarray:
    return picture.astype(np.uint16) * 257


def test_the_table_is_the_mean_of_the_phantoms_that_it_names() -> None:
    phantoms = render_images(100, size=128, seed=5)
    small = [cv2.resize(item.shown() / 255.0, (8, 8), interpolation=cv2.INTER_AREA) for item in phantoms]
    centred = np.array(small) - np.mean(small, axis=(1, 2), keepdims=True)
    mean = (centred / np.linalg.norm(centred, axis=(1, 2), keepdims=True)).mean(axis=0)
    mean = mean + mean[:, ::-1]
    np.testing.assert_allclose(np.rint(mean / np.linalg.norm(mean) * 100), _FRONTAL, atol=1)


def test_polarity_turns_with_the_picture_and_is_nothing_for_a_blank() -> None:
    pixels = chest()
    assert measure_polarity(pixels) > 0.5
    assert measure_polarity(pixels) == pytest.approx(-measure_polarity(4095 - pixels), abs=1e-3)
    assert measure_polarity(np.full((9, 9), 7, np.uint16)) == 0


@pytest.mark.parametrize("view", ["PA", "AP", None])
def test_a_negative_is_accepted_and_flagged(tmp_path: Path, view: str | None) -> None:
    assert prepare(write(tmp_path / "a.dcm", chest(), view), READING).flags == ()
    assert prepare(write(tmp_path / "b.dcm", 4095 - chest(), view), READING).flags == (Flag.INVERTED,)


def test_burned_in_annotation_is_flagged(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", chest(), BurnedInAnnotation="YES")
    assert prepare(path, READING).flags == (Flag.BURNED_IN_ANNOTATION,)


def test_what_is_no_chest_is_rejected_if_no_view_is_named_and_flagged_if_one_is() -> None:
    pixels = shown(draw_pattern(np.random.default_rng(3)))
    with pytest.raises(RejectedImage, match="unlike a frontal chest") as rejected:
        check_appearance(pixels, view="", gate=Gate())
    assert rejected.value.reason == Reason.NOT_A_CHEST
    for view, gate in (("PA", Gate()), ("ap", Gate()), ("", Gate(accept_lateral=True))):
        assert check_appearance(pixels, view=view, gate=gate) == (Flag.UNLIKE_CHEST,)


def test_a_lateral_chest_is_rejected_as_one_and_accepted_where_laterals_are() -> None:
    pixels = shown(draw_lateral(np.random.default_rng(1)))
    with pytest.raises(RejectedImage, match="unlike a frontal chest") as rejected:
        check_appearance(pixels, view="", gate=Gate())
    assert rejected.value.reason == Reason.LATERAL_VIEW
    assert check_appearance(pixels, view="", gate=Gate(accept_lateral=True)) == ()
    assert check_appearance(pixels, view="PA", gate=Gate()) == (Flag.UNLIKE_CHEST,)


DRAWN = (draw_lateral, draw_limb, draw_spine, draw_jaw, draw_slice, draw_pattern, draw_document, draw_texture)


@pytest.mark.parametrize("draw", DRAWN, ids=lambda draw: draw.__name__)
def test_drawings_of_everything_else_are_unlike_a_frontal_chest(draw: type) -> None:
    rng = np.random.default_rng(11)
    assert sum(judge(shown(draw(rng))).is_doubtful for _ in range(50)) >= 48


def test_phantoms_posed_and_exposed_otherwise_are_frontal_chests_and_spoilt_ones_are_not() -> None:
    rng, phantoms = np.random.default_rng(2), [item.shown() for item in render_images(50, size=96, seed=31)]
    assert sum(judge(shown(phantom)).is_doubtful for phantom in phantoms) <= 2
    assert sum(judge(shown(vary(phantom, rng))).is_other for phantom in phantoms) == 0
    assert sum(judge(shown(spoil(phantom, rng))).is_doubtful for phantom in phantoms) >= 40


def test_a_picture_is_judged_alike_in_8_and_16_bits_and_at_any_size() -> None:
    small = render_images(1, size=128, seed=9)[0].shown()
    large = cv2.resize(small, (1000, 900), interpolation=cv2.INTER_LINEAR)
    expected = judge(small).oddness
    assert judge(shown(small)).oddness == pytest.approx(expected, abs=0.01)
    assert judge(large).oddness == pytest.approx(expected, abs=1.0)


def test_the_network_in_numpy_is_torchs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = build_network().half().float().eval()
    save(tmp_path / "frontal.npz", network, flagged=-1.5, rejected=2.5)
    monkeypatch.setattr(frontal, "files", lambda package: tmp_path)
    frontal._load.cache_clear()
    picture = draw_lateral(np.random.default_rng(0))
    by_torch = float(score(network, picture[None])[0])
    likeness = judge(picture)
    frontal._load.cache_clear()
    assert likeness.oddness == pytest.approx(by_torch, abs=1e-4)
    assert likeness.is_doubtful == (by_torch > -1.5) and likeness.is_other == (by_torch > 2.5)


def test_training_tells_films_from_what_is_drawn() -> None:
    films = {"phantoms": np.array([item.shown() for item in render_images(20, size=96, seed=8)])}
    lessons = draw_lessons(films, 400, np.random.default_rng(0))
    assert set(lessons.classes) == {FRONTAL, LATERAL, OTHER} and len(lessons.pictures) == 400
    network = fit(films, count=2048, seed=0)
    jaws = np.array([draw_jaw(np.random.default_rng(seed)) for seed in range(20)])
    assert score(network, films["phantoms"]).mean() < score(network, jaws).mean() - 2


def test_black_and_white_alone_is_saturated(tmp_path: Path) -> None:
    pixels = np.where(chest() > 1600, 4095, 0).astype(np.uint16)
    with pytest.raises(RejectedImage, match="black or white") as rejected:
        prepare(write(tmp_path / "a.dcm", np.kron(pixels, np.ones((8, 8), np.uint16))), READING)
    assert rejected.value.reason == Reason.SATURATED


def test_every_negative_of_a_real_film_is_found(shared: Path) -> None:
    folders = {"nih_chestxray14/dicom": "*.dcm", "rsna_pneumonia/stage_2_train_images": "*.dcm"}
    folders["kermany_pneumonia/train"] = "*/*.jpeg"
    for folder, pattern in folders.items():
        for path in sorted((shared / "data" / folder).glob(pattern))[::11]:
            prepared = prepare(path, READING)
            content = prepared.placement.cut(prepared.pixels).astype(np.uint16) * 257
            assert Flag.INVERTED not in prepared.flags
            assert check_appearance(65535 - content, view="PA", gate=Gate()) == (Flag.INVERTED,)


def test_at_most_one_frontal_film_in_2000_is_rejected_for_its_pixels(shared: Path) -> None:
    films = judge_films(shared / "data")
    total = sum(counter.total() for counter in films.values())
    assert total == 6264 and count_rejected(films.values()) <= total / 2000


def test_of_pictures_that_are_no_frontal_chest_nine_in_ten_are_rejected_or_flagged(shared: Path) -> None:
    kinds = judge_kinds(shared / "data" / "no_chest")
    assert sum(counter[ACCEPTED] for counter in kinds.values()) <= 13
    laterals = next(counter for kind, counter in kinds.items() if kind.startswith("lateral_chest"))
    assert laterals[ACCEPTED] <= 3 and laterals[Reason.LATERAL_VIEW] > laterals[Reason.NOT_A_CHEST]
    others = [counter[Reason.LATERAL_VIEW] for kind, counter in kinds.items() if not kind.startswith("lateral_chest")]
    assert sum(others) <= 2


def test_no_phantom_of_any_habitus_pose_and_collimation_is_rejected() -> None:
    assert count_rejected([judge_phantoms()]) == 0
