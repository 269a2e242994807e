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

    Raises:
        ValueError: for patients that are no number, or other values that are no text.
    """

    dataset: str
    split: str
    patients: int
    engine: str
    precision: str

    def __post_init__(self) -> None:
        texts = (self.dataset, self.split, self.engine, self.precision)
        if type(self.patients) is not int or not all(isinstance(text, str) for text in texts):
            raise ValueError(
                f"a basis of {self.patients!r:.40} patients and {texts!r:.80}, expected a number and texts"
            )

    def chose_epoch(self, trained_on: str | None) -> bool:
        """Whether these images chose the epoch of a network that was trained on the dataset of this name."""
        return (self.dataset, self.split) == (trained_on, "val")
