"""What is asked of the laboratory: network, images, seed and budget, which every result says."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from xray_resnet.evaluation.subject import Subject
from xray_resnet.fingerprint import fingerprint
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.experiment import Experiment
from xray_resnet.progress import ShowWork, work_in_silence

FORMAT = 2
"""Of the results."""
SHELF = "networks"


@dataclass(frozen=True)
class Order:
    """What is asked of the laboratory: every experiment of an order is on the same network, images and seed.

    Attributes:
        subject: A trained network and its images.
        output: Folder of the results.
        seed: Of everything that is drawn.
        quick: Whether a rough answer will do.
        command: What was typed, which each result says.
        show: How long work is shown.
    """

    subject: Subject
    output: Path
    seed: int = 0
    quick: bool = False
    command: str = ""
    show: ShowWork = work_in_silence

    @cached_property
    def origin(self) -> dict[str, Any]:
        """What every result says of where it comes from."""
        subject = self.subject
        return {
            "subject": subject.fingerprint(),
            "seed": self.seed,
            "quick": self.quick,
            "data": {"name": subject.dataset.name, "split": subject.split, "images": len(subject.rows)},
            "model": subject.describe_model() | {"precision": "fp32"},
        }

    def identify(self, experiment: Experiment) -> str:
        """16 hexadecimal digits that change with whatever changes a result."""
        return fingerprint([FORMAT, experiment.name, self.origin])

    def build_bench(self, experiment: Experiment) -> Bench:
        """Where the experiment is done.

        Parts of another network, seed or budget are never mixed in: each has a folder of its own.
        """
        parts = self.output / experiment.name / "parts" / self.identify(experiment)
        return Bench(self.subject, parts, self.output / SHELF, seed=self.seed, quick=self.quick, show=self.show)
