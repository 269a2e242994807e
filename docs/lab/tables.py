"""Pages and tables of the laboratory's results."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xray_resnet.lab.catalogue import EXPERIMENTS
from xray_resnet.lab.claims import format_interval
from xray_resnet.lab.results import RESULT, VERDICTS

MODELS = {"phantoms": "Phantoms", "films": "Films"}
"""Folder → heading."""
GUIDES: dict[str, Mapping[str, str]] = {
    "residual-networks.md": {**VERDICTS, "no interval": "no interval"},
    "residual-networks.ko.md": {
        "holds": "성립",
        "does_not_hold": "성립하지 않음",
        "cannot_tell": "판단 불가",
        "no interval": "구간 없음",
    },
}
"""Page → its words for verdicts, and for the want of an interval."""
_ROW = re.compile(r"^\| `(?P<name>[a-z-]+)`.*$", re.MULTILINE)
Result = dict[str, Any]


def read_result(folder: Path, experiment: str) -> Result:
    """A result that was copied."""
    found: Result = json.loads((folder / experiment / RESULT).read_bytes())
    return found


def fill_guide(text: str, lab: Path, words: Mapping[str, str]) -> str:
    """The guide with the last two cells of each experiment's row from the results of both models.

    Args:
        text: Of the page.
        lab: The folder of the results.
        words: The page's own for verdicts.
    """

    def fill(row: re.Match[str]) -> str:
        kept = row[0].removesuffix(" |").split(" | ")[: -len(MODELS)]
        found = [_format(read_result(lab / model, row["name"]), words) for model in MODELS]
        return " | ".join([*kept, *found]) + " |"

    return _ROW.sub(fill, text)


def _format(result: Result, words: Mapping[str, str]) -> str:
    """`0.28 (0.25 … 0.3): holds`."""
    estimate, verdict = result["estimate"], words[result["verdict"]]
    if estimate["value"] is not None and estimate["low"] is None:
        return f"{estimate['value']:.3g} ({words['no interval']}): {verdict}"
    return f"{format_interval(estimate)}: {verdict}"


def write_page(lab: Path) -> str:
    """The page with every result of both models."""
    return "\n".join(_tell(lab))


def _tell(lab: Path) -> Iterator[str]:
    yield "# What the theory of residual networks says, and what two models do"
    yield ""
    yield "Twelve experiments, each on a network that learned phantoms and on one that learned films. What the claims"
    yield "mean stands in [the guide](residual-networks.md); how sure each answer is, in its interval. Made by"
    yield ""
    yield "```bash"
    yield "xray-lab all --run RUN --output FOLDER         # for each model"
    yield "python -m docs.lab phantoms=FOLDER films=FOLDER"
    yield "```"
    yield ""
    for model, heading in MODELS.items():
        one = read_result(lab / model, EXPERIMENTS[0].name)
        yield f"- **{heading}**: {_describe(one)}"
    yield ""
    yield f"| experiment | holds if | {' | '.join(MODELS.values())} |"
    yield "|---|---|" + "---|" * len(MODELS)
    for experiment in EXPERIMENTS:
        found = [_format(read_result(lab / model, experiment.name), GUIDES["residual-networks.md"]) for model in MODELS]
        claim = experiment.claim
        yield f"| `{experiment.name}` | {claim.measure}: {claim.condition} | {' | '.join(found)} |"
    for experiment in EXPERIMENTS:
        yield ""
        yield f"## {experiment.title}"
        yield f"{experiment.question} Expected: {experiment.claim.text} ({experiment.claim.source}.)"
        for model, heading in MODELS.items():
            result = read_result(lab / model, experiment.name)
            yield ""
            yield f"**{heading}.** {result['found']}"
            yield ""
            yield f"![{experiment.title}: {heading.lower()}](lab/{model}/{experiment.name}/figure.svg)"
    yield ""


def _describe(result: Result) -> str:
    """Data, network and where it was measured, in a sentence."""
    model, data = result["model"], result["data"]
    network = f"{sum(model['stages'])} units, width {model['base_width']}, {model['input']['size']}²"
    return (
        f"{data['images']} images of the split {data['split']} of {data['name']}; {model['name']}, {network}; "
        f"seed {result['seed']}, {model['instruction_set']}, fp32."
    )
