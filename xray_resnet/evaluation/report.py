"""The report: the results of the analyses put together in one HTML file, which opens from disk without a network."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from xray_resnet.bundle.training_people import describe_people, describe_training
from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.result import Plot, Results, list_warnings
from xray_resnet.pages import Language, Picture, encode_svg, render_page
from xray_resnet.store.people import measure_people

_TEMPLATE = Path(__file__).parent / "report.html.j2"


def render_report(evidence: Evidence, results: Results, *, command: str, language: Language = "en") -> str:
    """The page as HTML.

    Args:
        evidence: What was evaluated.
        results: Of the analyses; each section's template lies beside its analysis.
        command: The command that makes the report again.
        language: Of the labels.
    """
    sections = {name: result.section for name, result in results.items() if result.section}
    return render_page(
        _TEMPLATE,
        {
            "evidence": evidence,
            "tiles": [result.tile for result in results.values() if result.tile],
            "warnings": list_warnings(results),
            "sections": sections,
            "draw": _draw,
            "results": results,
            "command": command,
            "trained_on": describe_training(evidence.model.get("training_data", {})),
            "evaluated_on": _describe_evaluated(evidence),
            "reference": evidence.dataset.about.get("labels") or "how the labels were made is not recorded",
        },
        language=language,
    )


def _describe_evaluated(evidence: Evidence) -> str:
    """Images and patients, and who they are."""
    dataset, images = evidence.dataset, len(evidence.rows)
    patients = len(np.unique(evidence.predictions.patient_ids))
    kind = "simulated patients" if dataset.synthetic else "patients"
    told = dataset.about.get("patients")
    name = f"{dataset.name}, {evidence.split}{f' ({told})' if told else ''}"
    people = describe_people(asdict(measure_people(dataset, evidence.rows)))
    return f"{images:,} images of {patients:,} {kind} of {name}: {people}"


def _draw(plot: Plot) -> Picture:
    return encode_svg(plot.draw(), plot.text)
