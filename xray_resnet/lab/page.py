"""The page of the laboratory: every result with its figure, in one file."""

from collections.abc import Sequence
from pathlib import Path

from xray_resnet.files import write_text
from xray_resnet.lab.claims import format_interval
from xray_resnet.lab.results import VERDICTS, Result
from xray_resnet.pages import encode_svg, render_page

PAGE = "lab.html"
_TEMPLATE = Path(__file__).parent / "lab.html.j2"


def write_page(results: Sequence[Result], output: Path, *, command: str) -> Path:
    """Writes OUTPUT/lab.html of the results; each figure is read from its folder."""
    pictures = {
        result["experiment"]: encode_svg(
            (output / result["experiment"] / "figure.svg").read_text(encoding="utf-8"), result["found"]
        )
        for result in results
    }
    values = {
        "results": results,
        "pictures": pictures,
        "verdicts": VERDICTS,
        "format_interval": format_interval,
        "command": command,
    }
    write_text(output / PAGE, render_page(_TEMPLATE, values))
    return output / PAGE
