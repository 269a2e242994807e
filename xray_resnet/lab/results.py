"""Running experiments: each result is a file of its own, which an interrupted call keeps."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from xray_resnet.evaluation.subject import Subject
from xray_resnet.files import write_json, write_text
from xray_resnet.fingerprint import fingerprint
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import format_interval
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import save_figure
from xray_resnet.progress import ShowWork, work_in_silence

RESULT, SUMMARY, SHELF = "result.json", "summary.md", "networks"
FORMAT = 2
VERDICTS = {"holds": "holds", "does_not_hold": "does not hold", "cannot_tell": "cannot tell"}
"""Verdict → in words."""
_SAME = ("subject", "seed", "quick")
Result = dict[str, Any]


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

    def find(self, experiment: Experiment) -> Result | None:
        """The result, if it is there."""
        return _read(self.output / experiment.name, self.identify(experiment))

    def build_bench(self, experiment: Experiment) -> Bench:
        """Where the experiment is done.

        Parts of another network, seed or budget are never mixed in: each has a folder of its own.
        """
        parts = self.output / experiment.name / "parts" / self.identify(experiment)
        return Bench(self.subject, parts, self.output / SHELF, seed=self.seed, quick=self.quick, show=self.show)


def run_experiment(experiment: Experiment, order: Order) -> Result:
    """The result of an experiment, from OUTPUT/<name> if it is there of the same network, images and settings."""
    found = order.find(experiment)
    if found is None:
        folder, bench = order.output / experiment.name, order.build_bench(experiment)
        identity = {"fingerprint": order.identify(experiment), "command": order.command}
        found = _describe(experiment, experiment.measure(bench), order.origin | identity)
        save_figure(experiment.draw, found["measured"], folder)
        write_text(folder / SUMMARY, summarise(found))
        write_json(folder / RESULT, found)
    return found


def summarise(result: Result) -> str:
    """A result as a paragraph: what was expected, what came out, and how sure it is."""
    claim = result["claim"]
    sentences = (
        f"**{result['title']}: {VERDICTS[result['verdict']]}.**",
        result["question"],
        f"Expected: {claim['text']} ({claim['source']}.)",
        result["found"],
        f"The {claim['measure']} is {format_interval(result['estimate'])}; the claim holds {claim['condition']}.",
    )
    return " ".join(sentences) + "\n"


def read_results(output: Path, names: Sequence[str], *, like: Result) -> list[Result]:
    """The results that are there, in this order, and have network, images, seed and budget of another."""
    files = [output / name / RESULT for name in names]
    found = [json.loads(file.read_bytes()) for file in files if file.is_file()]
    return [result for result in found if all(result.get(key) == like[key] for key in _SAME)]


def _read(folder: Path, identity: str) -> Result | None:
    file = folder / RESULT
    if not file.is_file():
        return None
    found: Result = json.loads(file.read_bytes())
    return found if found.get("fingerprint") == identity else None


def _describe(experiment: Experiment, outcome: Outcome, origin: dict[str, Any]) -> Result:
    claim = experiment.claim
    return {
        "format": FORMAT,
        "experiment": experiment.name,
        "title": experiment.title,
        "question": experiment.question,
        "claim": {**asdict(claim), "condition": claim.condition},
        "verdict": experiment.judge(outcome),
        "estimate": asdict(outcome.estimate),
        "found": outcome.found,
        "settings": dict(outcome.settings),
        **origin,
        "measured": dict(outcome.data),
    }
