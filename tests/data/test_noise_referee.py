"""The referee of the noise model: phantoms rendered at a dose, and phantoms brought to it by the augmentation."""

import numpy as np
import pytest

from docs.noise_variance import BESIDE_SATURATION, REGIONS, compare_variances

IMAGES = {128: 8, 512: 2}


@pytest.mark.parametrize(("size", "dose_fraction"), [(128, 0.5), (128, 0.05), (512, 0.1)])
def test_a_phantom_of_a_dose_has_the_noise_of_one_brought_to_it(size: int, dose_fraction: float) -> None:
    """Within 5 %, and 3 standard errors of two variances from so many pixels, for noise without correlation."""
    found = compare_variances(size, dose_fraction, images=IMAGES[size])
    for region in REGIONS:
        sums = found[region]
        assert sums.pixels > 5000
        assert sums.known / sums.rendered == pytest.approx(1, abs=0.05 + 3 * 2 / np.sqrt(sums.pixels)), region


def test_a_film_that_tells_nothing_shows_less_noise_than_the_phantom() -> None:
    """The phantom's curve is steeper than that of the assumed film, whose ratio of exposures is therefore drawn."""
    found = compare_variances(128, 0.25, images=2)
    ratios = [found[region].assumed / found[region].rendered for region in (*REGIONS, BESIDE_SATURATION)]
    assert all(0.2 < ratio < 0.7 for ratio in ratios)
