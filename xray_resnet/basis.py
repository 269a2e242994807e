"""The basis of what was made after training: on which patients, and computed by what."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Basis:
    """What a part of the model output was made on, and holds for.

    Attributes:
        dataset: Name of the dataset.
        split: Its split.
        patients: How many patients that has.
        engine: What computed the logits, such as `OpenVINO on CPU`.
        precision: In which precision.
    """

    dataset: str
    split: str
    patients: int
    engine: str
    precision: str

    def chose_epoch(self, trained_on: str | None) -> bool:
        """Whether these images chose the epoch of a network that was trained on the dataset of this name."""
        return (self.dataset, self.split) == (trained_on, "val")
