"""Settings that are probabilities of a transform."""

PROBABILITIES = (
    "flip", "geometry", "tube", "marker", "scatter", "motion", "blur", "grid_lines", "quantum_noise",
    "electronic_noise", "dead_pixels", "exposure", "collimation", "jpeg",
)  # fmt: skip
HELD_OUT = ("motion", "grid_lines", "dead_pixels", "jpeg")
"""Those that the corruption ladder holds out of training."""
