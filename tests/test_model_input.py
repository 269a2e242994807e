"""The network's input is resampled by area when it shrinks and linearly when it grows."""

import numpy as np

from xray_resnet.model_input import ModelInput


def test_an_image_that_shrinks_is_averaged_by_area() -> None:
    pixels = np.array([[0, 255, 51, 51], [255, 0, 51, 51], [0, 0, 255, 255], [0, 0, 255, 0]], np.uint8)
    share = ModelInput(size=2, mean=0, std=1).resample(pixels)
    np.testing.assert_allclose(share, [[0.5, 0.2], [0.0, 0.75]], atol=1e-6)


def test_an_image_that_grows_is_interpolated_between_pixel_centres() -> None:
    pixels = np.array([[0, 255], [0, 255]], np.uint8)
    share = ModelInput(size=4, mean=0, std=1).resample(pixels)
    np.testing.assert_allclose(share, np.tile([0, 0.25, 0.75, 1], (4, 1)), atol=1e-6)


def test_the_input_is_standardised() -> None:
    share = np.array([[0.3, 0.5]], np.float32)
    np.testing.assert_allclose(ModelInput(size=2, mean=0.3, std=0.2).normalise(share), [[0, 1]], atol=1e-6)
