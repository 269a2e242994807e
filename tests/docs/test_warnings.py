"""The page of warnings has every warning of the reports, at the ranks that it can have, and no other."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from xray_resnet.evaluation.analyses import ANALYSES
from xray_resnet.evaluation.result import Rank

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"\| `(\w+)` \| ([a-z, ]+) \|")


def read_page() -> dict[str, set[str]]:
    """Name → ranks."""
    page = (ROOT / "docs/warnings.md").read_text()
    return {name: set(ranks.split(", ")) for name, ranks in ROW.findall(page)}


def list_caveats() -> Iterator[tuple[str, str | None]]:
    """Names of warnings as the analyses write them, and the rank where it is written beside."""
    for path in sorted((ROOT / "xray_resnet/evaluation/analyses").glob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            words = [each.value for each in call.args[:2] if isinstance(each, ast.Constant)]
            is_caveat = isinstance(call.func, ast.Name) and call.func.id in ("Caveat", "_warn_of")
            if is_caveat and words and re.fullmatch(r"\w+", words[0]):
                ranks = [each.attr.lower() for each in call.args if isinstance(each, ast.Attribute)
                         and isinstance(each.value, ast.Name) and each.value.id == "Rank"]  # fmt: skip
                yield words[0], ranks[0] if ranks else None


def test_every_warning_is_explained_and_no_other() -> None:
    assert len(ANALYSES) == len([*(ROOT / "xray_resnet/evaluation/analyses").glob("*.py")]) - 1
    assert {name for name, _ in list_caveats()} == {*read_page()}


def test_the_ranks_are_those_of_the_code() -> None:
    written: dict[str, set[str]] = defaultdict(set)
    for name, rank in list_caveats():
        if rank:
            written[name].add(rank)
    page = read_page()
    assert {rank for ranks in page.values() for rank in ranks} == {rank.name.lower() for rank in Rank}
    assert {name: ranks - page[name] for name, ranks in written.items() if ranks - page[name]} == {}
