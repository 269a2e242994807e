"""Running experiments: each result is a file of its own, which an interrupted call keeps."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xray_resnet.evaluation.subject import Subject
from xray_resnet.files import write_json, write_text
from xray_resnet.fingerprint import fingerprint
from xray_resnet.lab.bench import Bench
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import save_figure
from xray_resnet.progress import ShowWork, work_in_silence

RESULT, SUMMARY = "result.json", "summary.md"
FORMAT = 1
VERDICTS = {"holds": "holds", "does_not_hold": "does not hold", "cannot_tell": "cannot tell"}
"""Verdict → in words."""
_SAME = ("subject", "seed", "quick")
Result = dict[str, Any]


def run_experiment(
    experiment: Experiment,
    subject: Subject,
    output: Path,
    *,
    seed: int = 0,
    quick: bool = False,
    show: ShowWork = work_in_silence,
) -> Result:
    """The result of an experiment, from OUTPUT/<name> if it is there of the same network, images and settings.

    Parts of another network, seed or budget are never mixed in: each has a folder of its own.
    """
    folder = output / experiment.name
    origin = describe_origin(subject, seed=seed, quick=quick)
    identity = fingerprint([FORMAT, experiment.name, origin])
    found = _read(folder, identity)
    if found is None:
        bench = Bench(subject, folder / "parts" / identity, seed=seed, quick=quick, show=show)
        found = _describe(experiment, experiment.measure(bench), origin | {"fingerprint": identity})
        save_figure(experiment.draw, found["measured"], folder)
        write_text(folder / SUMMARY, summarise(found))
        write_json(folder / RESULT, found)
    return found


def describe_origin(subject: Subject, *, seed: int, quick: bool) -> dict[str, Any]:
    """What every result says of where it comes from."""
    return {
        "subject": subject.fingerprint(),
        "seed": seed,
        "quick": quick,
        "data": {"name": subject.dataset.name, "split": subject.split, "images": len(subject.rows)},
        "model": subject.describe_model() | {"precision": "fp32"},
    }


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


def format_interval(estimate: Result) -> str:
    """`0.12 (0.10 … 0.15)`, or why there is no interval."""
    if estimate["value"] is None:
        return f"unknown ({estimate['why_null']})"
    value = f"{estimate['value']:.3g}"
    if estimate["low"] is None:
        return f"{value} ({estimate['why_null']})"
    return f"{value} ({estimate['low']:.3g} … {estimate['high']:.3g})"


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
