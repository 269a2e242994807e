"""The report: the results of the analyses put together in one HTML file, which opens from disk without a network."""

from pathlib import Path

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.result import Plot, Results, list_warnings
from xray_resnet.pages import Language, Picture, encode_svg, render_page

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
        },
        language=language,
    )


def _draw(plot: Plot) -> Picture:
    return encode_svg(plot.draw(), plot.text)
