"""Transforms of albumentations by name: which there are, what decides their draws, and what is refused."""

import json
import multiprocessing
import pickle
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.data.probabilities import PROBABILITIES
from xray_resnet.bounds import refuse_mistakes
from xray_resnet.config import AugmentConfig
from xray_resnet.data import Augmentation, build_augmentation
from xray_resnet.data.augment import Drawing, Step
from xray_resnet.data.degradations import FILM
from xray_resnet.data.transforms.by_name import NamedTransform
from xray_resnet.data.transforms.library import load_library
from xray_resnet.errors import ConfigurationError, UserError

SIZE = 64
CLAHE = {"name": "CLAHE", "p": 1.0, "clip_limit": [1, 3]}
EQUALIZED = {"name": "Equalize", "p": 1.0}
TURNED = {"name": "Rotate", "p": 1.0, "limit": [20, 40]}
ERASED = {"name": "CoarseDropout", "p": 1.0}


def film(*, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((SIZE, SIZE), np.float32)


def only(*entries: dict[str, Any], **settings: Any) -> Augmentation:
    nothing: dict[str, Any] = dict.fromkeys(PROBABILITIES, 0.0)
    return build_augmentation(AugmentConfig(**nothing, size=SIZE, albumentations=[*entries], **settings))


def augment(augmentation: Augmentation, seed: int = 0, *, clean: bool = False) -> NDArray[np.float32]:
    return augmentation(film(), np.random.default_rng(seed), clean=clean)


def list_usable() -> Iterator[str]:
    """Every transform of the library that can be named without arguments."""
    for name in dir(load_library()):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                only({"name": name})
        except ConfigurationError:
            continue
        yield name


USABLE = [*list_usable()]


def test_the_breadth_of_the_library_can_be_named() -> None:
    assert {"CLAHE", "Sharpen", "ElasticTransform", "GridDistortion", "UnsharpMask", "Affine", "GaussNoise"} < {*USABLE}
    assert len(USABLE) >= 60


@pytest.mark.parametrize("name", USABLE)
def test_what_was_drawn_is_replayed_and_what_was_drawn_before_does_not_matter(name: str) -> None:
    augmentation = only({"name": name, "p": 1.0})
    first = augment(augmentation, 1)
    augment(augmentation, 2)
    np.testing.assert_array_equal(augment(augmentation, 1), first)
    np.testing.assert_array_equal(augment(only({"name": name, "p": 1.0}), 1), first)
    np.testing.assert_array_equal(augment(pickle.loads(pickle.dumps(augmentation)), 1), first)
    assert first.shape == (SIZE, SIZE)
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1


def test_the_image_given_stays_as_it_is() -> None:
    given = film()
    only(CLAHE, TURNED, ERASED)(given, np.random.default_rng(0))
    np.testing.assert_array_equal(given, film())


def test_a_named_transform_is_what_the_library_makes_of_the_seed_that_was_drawn() -> None:
    augmentation = only(CLAHE)
    (step,) = augmentation.draw(np.random.default_rng(3)).steps
    transform = load_library().CLAHE(clip_limit=(1, 3), p=1.0)
    transform.set_random_seed(step.parameters["seed"])
    expected = transform(image=film()[..., None])["image"][..., 0]
    np.testing.assert_array_equal(augment(augmentation, 3), expected)
    assert not np.allclose(expected, film(), atol=0.01)


def test_a_transform_of_8_bits_gets_8_bits_and_gives_shares() -> None:
    grey = np.rint(film() * 255).astype(np.uint8)
    expected = load_library().Equalize(p=1.0)(image=grey[..., None])["image"][..., 0]
    np.testing.assert_allclose(augment(only(EQUALIZED)), expected / 255, rtol=0, atol=1e-6)


def test_values_beyond_the_display_range_are_clipped() -> None:
    turned = augment(only({"name": "Rotate", "p": 1.0, "limit": [45, 45], "fill": 3}))
    assert (turned[0, 0], turned[-1, -1], turned.max()) == (1, 1, 1)


def test_a_drawing_with_named_transforms_can_be_written_down_and_applied_again() -> None:
    augmentation = only(CLAHE, TURNED)
    drawing = augmentation.draw(np.random.default_rng(4))
    steps, ratio = json.loads(json.dumps([drawing.steps, drawing.exposure_ratio]))
    again = Drawing(tuple(Step(*step) for step in steps), ratio)
    np.testing.assert_array_equal(augmentation.apply(film(), again), augment(augmentation, 4))


def test_other_seeds_draw_other_amounts() -> None:
    augmentation = only(TURNED)
    assert not np.array_equal(augment(augmentation, 1), augment(augmentation, 2))


@pytest.mark.parametrize(("p", "factor", "expected"), [(0.5, 1.0, 0.5), (1.0, 0.3, 0.3), (None, 1.0, 0.5)])
def test_a_named_transform_is_drawn_by_its_probability(p: float | None, factor: float, expected: float) -> None:
    entry = {"name": "CLAHE"} | ({} if p is None else {"p": p})
    augmentation = only(entry, probability=factor)
    drawn = [len(augmentation.draw(np.random.default_rng(seed)).steps) for seed in range(1000)]
    assert np.mean(drawn) == pytest.approx(expected, abs=0.05)


def test_naming_one_changes_nothing_that_is_drawn_for_the_others() -> None:
    without, with_it = (AugmentConfig(albumentations=entries, size=SIZE) for entries in ([], [CLAHE]))
    for seed in range(20):
        few, more = (build_augmentation(config).draw(np.random.default_rng(seed)) for config in (without, with_it))
        assert more.steps[:-1] == few.steps
        assert more.steps[-1].name == "augment.albumentations[0] (CLAHE)"


def test_one_transform_can_be_named_twice() -> None:
    assert len(only(TURNED, TURNED).draw(np.random.default_rng(0)).steps) == 2


def test_a_clean_view_is_moved_as_the_corrupted_one_and_not_changed_otherwise() -> None:
    whole, moved = only(CLAHE, TURNED, ERASED), only(TURNED)
    steps = whole.draw(np.random.default_rng(6), clean=True).steps
    assert [step.name for step in steps] == ["augment.albumentations[1] (Rotate)"]
    assert steps[0] == whole.draw(np.random.default_rng(6)).steps[1]
    drawing = Drawing((Step("augment.albumentations[0] (Rotate)", steps[0].parameters),), 50.0)
    np.testing.assert_array_equal(augment(whole, 6, clean=True), moved.apply(film(), drawing))


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_a_process_of_either_kind_augments_alike(start: str) -> None:
    augmentation = only(CLAHE, TURNED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks of a process with threads
        with multiprocessing.get_context(start).Pool(1) as pool:
            elsewhere = pool.apply(augment, (augmentation, 8))
    np.testing.assert_array_equal(elsewhere, augment(augmentation, 8))


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"name": "Clahe"}, r"\[0\] \(Clahe\): is not an image-only or dual transform .* did you mean 'CLAHE'\?"),
        ({"name": "Compose"}, r"\(Compose\): is not an image-only or dual transform of albumentations"),
        ({"name": "ImageOnlyTransform"}, r"is not an image-only or dual transform"),
        ({"name": "CoarseDropout3D"}, r"is not an image-only or dual transform"),
        ({"name": "CLAHE", "clip_limits": 2}, r"has no argument 'clip_limits'; did you mean 'clip_limit'\?; it has cl"),
        ({"name": "CLAHE", "clip_limit": "much"}, r"\(CLAHE\): clip_limit is 'much': Input should be"),
        ({"name": "CLAHE", "p": 2}, r"p is 2: Input should be less than or equal to 1"),
        ({"name": "ShiftScaleRotate"}, r"is a special case of Affine transform. Please use Affine"),
        ({"name": "CropAndPad"}, r"Both px and percent parameters cannot be None"),
        ({"name": "RandomCrop"}, r"height is missing; width is missing"),
        ({"name": "RandomCrop", "height": 16, "width": 16}, r"makes \(16, 16\) of \(64, 64\), expected the same shape"),
        ({"name": "Resize", "height": SIZE, "width": SIZE}, r"makes \(64, 64\) of \(32, 32\), expected the same shape"),
        ({"name": "ToRGB"}, r"makes \(64, 64, 3\) of \(64, 64\), expected the same shape and one channel"),
        ({"name": "RandomFog"}, r"fails on a grey image of 64²: This transformation expects 3-channel images"),
        ({"name": "HueSaturationValue"}, r"hue_shift and sat_shift are not applicable to grayscale image"),
        ({"name": "ConstrainedCoarseDropout"}, r"Neither valid mask nor bboxes provided"),
        ({"name": "FromFloat"}, r"makes uint8 of float32, expected the same"),
        ({"name": "MaskDropout"}, r"needs mask beside the image, which training does not give"),
        ({"name": "HistogramMatching"}, r"needs hm_metadata beside the image"),
        ({"name": "BBoxSafeRandomCrop"}, r"fails on a grey image of 64²: 'bboxes'"),
        ({"name": "TextImage", "font_path": "/font.ttf"}, r"\(TextImage\): reads a font file"),
        ({"name": "Lambda"}, r"takes functions, which a configuration cannot hold"),
        ({"name": "Normalize"}, r"leaves the display range"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(entry: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        only(entry)


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"albumentations\[0\] \(Clahe\).*\n.*albumentations\[2\] \(ToRGB\)"):
        only({"name": "Clahe"}, CLAHE, {"name": "ToRGB"})


def test_an_entry_without_a_name_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"albumentations\[0\] is {'p': 0.2}, expected its name"):
        refuse_mistakes(AugmentConfig(albumentations=[{"p": 0.2}]))


@pytest.mark.parametrize(
    ("side", "sentence"),
    [(32, r"Crop: makes \(32, 32\) of \(64, 64\)"), (65, r"Crop: fails on an image of 64²: Values")],
)
def test_what_fails_only_in_the_middle_of_training_names_the_setting_and_the_image(side: int, sentence: str) -> None:
    crop = NamedTransform("Crop", load_library().Crop(x_max=side, y_max=side), moves=True)
    with pytest.raises(UserError, match=sentence):
        crop.apply(film(), FILM, seed=0)
