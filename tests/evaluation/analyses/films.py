"""A dataset whose facts are drawn: what they tell of the labels, and where a model is worse, is known."""

from pathlib import Path

import numpy as np

from tests.datasets import write_dataset
from xray_resnet.store import Dataset, StoredImage, open_dataset

FINDINGS = ("Mass", "Nodule")


def make_films(folder: Path, *, told: float = 0.0, count: int = 400, seed: int = 0, bright: float = 0.0) -> Dataset:
    """Films of noise of patients with two each; the first half of the patients train, the others test.

    Args:
        folder: Where the dataset goes.
        told: How much more often than 0.3 films with a Mass are AP; nothing else tells a label.
        count: Films.
        seed: Of all that is drawn.
        bright: By how much of the display range the border of films with a Mass is brighter.
    """
    generator = np.random.default_rng(seed)
    images = []
    for row in range(count):
        states = {finding: int(generator.random() < 0.3) for finding in FINDINGS}
        pixels = generator.integers(0, 100, (32, 32))
        pixels[:, :2] += round(255 * bright * states["Mass"])
        images.append(
            StoredImage(
                f"image{row:05d}",
                f"patient{row // 2:05d}",
                pixels.astype(np.uint8),
                states,
                view="AP" if generator.random() < 0.3 + told * states["Mass"] else "PA",
                sex="FM"[row // 2 % 2],
                age=None if row % 10 == 0 else float(generator.integers(90)),
                file_size=(32, 32),
                content=(0, 0, 32, 32),
                facts={"Modality": "CR" if row % 3 else "DX", "source": ("ours", "theirs")[row // 2 % 3 // 2]},
            )
        )
    ids = [image.image_id for image in images]
    return open_dataset(
        write_dataset(
            folder,
            images,
            name="films",
            source="combined",
            synthetic=False,
            findings=FINDINGS,
            reading={"size": 32},
            reading_fingerprint="0123456789abcdef",
            splits={"train": ids[: count // 2], "val": [], "test": ids[count // 2 :]},
        )
    )
