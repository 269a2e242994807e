"""Templates to pages: each extends `base.html.j2`, which brings the styles, and escapes what it is given."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from xray_resnet.pages.labels import Language, translate
from xray_resnet.pages.numbers import FILTERS, to_title


def render_page(template: Path, values: Mapping[str, Any], *, language: Language = "en") -> str:
    """The page as HTML; it needs no other file and no network.

    Args:
        template: Extends `base.html.j2`; it can include what lies in its folder.
        values: What it shows.
        language: Of its labels.

    Raises:
        jinja2.UndefinedError: if the template names something that is not there.
    """
    return (
        _environment(template.parent, language)
        .get_template(template.name)
        .render(version=version("xray-resnet"), **values)
    )


@cache
def _environment(folder: Path, language: Language) -> Environment:
    loader = FileSystemLoader([folder, Path(__file__).parent])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(FILTERS)
    environment.filters["label"] = lambda label: translate(label, language)
    environment.filters["title_of"] = lambda name: translate(to_title(name), language)
    environment.globals["language"] = language
    return environment
