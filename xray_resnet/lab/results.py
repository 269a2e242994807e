"""Results of experiments: each is a file of its own, which an interrupted call keeps."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xray_resnet.files import write_json, write_text
from xray_resnet.lab.claims import format_interval
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import save_figure
from xray_resnet.lab.order import FORMAT, Order

RESULT, SUMMARY = "result.json", "summary.md"
VERDICTS = {"holds": "holds", "does_not_hold": "does not hold", "cannot_tell": "cannot tell"}
"""Verdict → in words."""
_SAME = ("subject", "seed", "quick")
Result = dict[str, Any]


def run_experiment(experiment: Experiment, order: Order) -> Result:
    """The result of an experiment, from OUTPUT/<name> if it is there of the same network, images and settings."""
    found = find_result(experiment, order)
    if found is None:
        folder, bench = order.output / experiment.name, order.build_bench(experiment)
        identity = {"fingerprint": order.identify(experiment), "command": order.command}
        found = _describe(experiment, experiment.measure(bench), order.origin | identity)
        save_figure(experiment.draw, found["measured"], folder)
        write_text(folder / SUMMARY, summarise(found))
        write_json(folder / RESULT, found)
    return found


def find_result(experiment: Experiment, order: Order) -> Result | None:
    """The result, if it is there and of this order."""
    file = order.output / experiment.name / RESULT
    if not file.is_file():
        return None
    found: Result = json.loads(file.read_bytes())
    return found if found.get("fingerprint") == order.identify(experiment) else None


def summarise(result: Result) -> str:
    """A result as a paragraph: what was expected, what came out, and how sure it is."""
    claim = result["claim"]
    sentences = (
        f"**{result['title']}: {VERDICTS[result['verdict']]}.**",
        result["question"],
        f"Expected: {claim['text']} ({claim['source']}.)",
        result["found"],
        f"The {claim['measure']} is {format_interval(result['estimate'])}; the claim holds if all of the interval is "
        f"{claim['condition']}.",
    )
    return " ".join(sentences) + "\n"


def read_results(output: Path, names: Sequence[str], *, like: Result) -> list[Result]:
    """The results that are there, in this order, and have network, images, seed and budget of another."""
    files = [output / name / RESULT for name in names]
    found = [json.loads(file.read_bytes()) for file in files if file.is_file()]
    return [result for result in found if all(result.get(key) == like[key] for key in _SAME)]


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
