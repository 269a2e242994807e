"""The model: its facts, its engine and precision."""

from typing import Any

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.result import Caveat, Rank, Result, Section

_BF16 = "Computed in bf16, which moves scores in the third digit."


def analyse_model(evidence: Evidence) -> Result:
    """The facts that must accompany every figure."""
    facts = [(name.replace("_", " "), _flatten(fact)) for name, fact in evidence.model.items()]
    is_coarse = evidence.model["precision"] == "bf16"
    return Result(
        figures={"model": dict(evidence.model)},
        section=Section("Model", {"facts": facts}),
        warnings=[Caveat(Rank.NOTE, "bf16", _BF16, remedy="--precision fp32 gives the exact figures")]
        if is_coarse
        else [],
    )


def _flatten(fact: Any) -> str:
    """A fact as words; lists joined, nested ones flattened by a colon."""
    if isinstance(fact, dict):
        return "; ".join(f"{key}: {item}" for key, item in fact.items())
    if isinstance(fact, list | tuple):
        return ", ".join(map(str, fact)) or "none"
    return "–" if fact is None else str(fact)
