"""The films of an evaluation taken again at lower doses, each several times, and what the network says of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_resnet.data.doses import fingerprint_doses, lower_dose
from xray_resnet.data.ladder import climb
from xray_resnet.evaluation.dose_options import DoseOptions
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.model_input import Pixels
from xray_resnet.progress import Progress

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Exposures:
    """What a network says of N films and F findings.

    Attributes:
        full: (N, F) logits at dose 1.
        reduced: (D, R, N, F) logits at each lower dose and repetition.
    """

    full: Logits
    reduced: Logits


def expose(evidence: Evidence, options: DoseOptions) -> Exposures:
    """Asks the network about every film at every dose; answers are kept, so that it can be interrupted."""
    prefix, images = f"dose-{fingerprint_doses()}", len(evidence.rows)
    takes = [(dose, repetition) for repetition in range(options.repeats) for dose in options.doses]
    with evidence.show("lowering the dose", "images") as progress:
        share = _Share(progress, images * (len(takes) + 1))
        full = _answer(evidence, f"{prefix}-full", 1.0, 0, share)
        answers = [
            _answer(evidence, f"{prefix}-{dose}-{repetition}", dose, repetition, share.after(images * place))
            for place, (dose, repetition) in enumerate(takes, 1)
        ]
    shape = (options.repeats, len(options.doses), *full.shape)
    return Exposures(full, np.stack(answers).reshape(shape).swapaxes(0, 1))


@dataclass(frozen=True)
class _Share:
    """The progress of one exposure among all of them."""

    progress: Progress
    total: int
    start: int = 0

    def after(self, start: int) -> "_Share":
        return _Share(self.progress, self.total, start)

    def __call__(self, done: int, total: int, rejected: int = 0) -> None:
        self.progress(self.start + done, self.total)


def _answer(evidence: Evidence, name: str, dose: float, repetition: int, progress: Progress) -> Logits:
    """(N, F) logits at a dose; kept."""
    dataset = evidence.dataset

    def change(pixels: Pixels, row: int) -> Pixels:
        image, detector = str(dataset.image_ids[row]), dataset.detector(row)
        return lower_dose(climb(pixels), dose, image=image, repetition=repetition, detector=detector)

    logits = evidence.answers.recall(name, lambda: evidence.predict_on(change, progress=progress).logits)
    progress(len(logits), len(logits))
    return logits
