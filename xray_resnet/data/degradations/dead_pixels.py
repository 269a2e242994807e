"""Dead rows and pixels: parts of the detector that answer with nothing, or with all, whatever they receive."""

import numpy as np

from xray_resnet.detector.reference import Share


def kill_pixels(share: Share, fraction: float, *, generator: np.random.Generator) -> Share:
    """The image with a fraction of its rows dead, and the same fraction of its pixels.

    Args:
        share: (S, S) display shares.
        fraction: Of rows and of pixels, each rounded to whole ones, 0 to 1.
        generator: Chooses them, and whether each shows black or white.
    """
    rows, columns = share.shape
    dead = share.copy()
    chosen = generator.choice(rows, round(fraction * rows), replace=False)
    dead[chosen] = generator.integers(2, size=(len(chosen), 1))
    pixels = generator.choice(rows * columns, round(fraction * rows * columns), replace=False)
    dead.ravel()[pixels] = generator.integers(2, size=len(pixels))
    return dead
