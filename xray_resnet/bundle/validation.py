"""Bounds of a bundle's metadata: a file that nobody vouches for must not choose what is allocated or divided by."""

import math
from collections.abc import Mapping
from typing import Any

from xray_resnet.bundle.training_people import describe_training
from xray_resnet.facts import FACTS
from xray_resnet.findings import describe_namesakes

MAX_INPUT_SIZE = 8192


def refuse_impossible_values(values: Mapping[str, Any]) -> None:
    """Raises where a value of `configs/metadata.json` cannot be.

    The settings of reading have their own bounds; the network's are compared with its weights before it is built.

    Raises:
        ValueError: names the key and what was expected.
        KeyError: for a key that is missing.
    """
    findings = values["findings"]
    named = isinstance(findings, list) and all(isinstance(name, str) and name for name in findings)
    if not named or not findings or len(set(findings)) < len(findings):
        raise ValueError(f"findings is {findings!r:.80}, expected distinct names")
    if mistake := describe_namesakes(findings):
        raise ValueError(f"findings: {mistake}")
    for key in ("model", "reading", "input", "training_data", "versions"):
        if not isinstance(values[key], dict):
            raise ValueError(f"{key} is {values[key]!r:.80}, expected an object")
    if not isinstance(values.get("pretraining", {}), dict):
        raise ValueError(f"pretraining is {values['pretraining']!r:.80}, expected an object")
    _refuse_strange_training(values["training_data"])
    facts = values["model"].get("facts", [])
    if not isinstance(facts, list) or not all(fact in FACTS for fact in facts) or len(set(facts)) < len(facts):
        raise ValueError(f"facts is {facts!r:.80}, expected some of {', '.join(FACTS)}")
    _refuse_impossible_input(values["input"])


def _refuse_strange_training(data: Mapping[str, Any]) -> None:
    try:
        describe_training(data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"training_data is not told as bundles tell it: {error!r:.80}") from None


def _refuse_impossible_input(settings: Mapping[str, Any]) -> None:
    size, mean, std = settings["size"], settings["mean"], settings["std"]
    if type(size) is not int or not 1 <= size <= MAX_INPUT_SIZE:
        raise ValueError(f"input size is {size!r:.80}, expected 1 to {MAX_INPUT_SIZE}")
    if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
        raise ValueError(f"input mean and std are {mean!r:.80} and {std!r:.80}, expected numbers and std above 0")
