"""The guide's reading of the laboratory's results: the numbers in its sentences are those of the results."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from docs.lab.tables import GUIDES, read_result

DOCS = Path(__file__).parents[2] / "docs"
HEADINGS = ("How to read it:", "표를 읽을 때 생각할 점:")


def measure(model: str, experiment: str) -> dict[str, Any]:
    measured: dict[str, Any] = read_result(DOCS / "lab" / model, experiment)["measured"]
    return measured


def list_numbers(model: str) -> Iterator[str]:
    """What the sentences say of a model, written as they write it."""
    lesion = read_result(DOCS / "lab" / model, "lesion")
    yield f"{100 * lesion['estimate']['value']:.1f} %"
    small = lesion["measured"]["small"]
    yield from (f"{100 * np.mean([np.mean(costs) for costs in small[kind]]):.0f} %" for kind in ("plain", "residual"))
    low, high = measure(model, "paths")["range"]
    yield str(low)
    yield str(high)
    yield from (f"{np.mean(values):.3f}" for values in measure(model, "paths-train")["aurocs"].values())
    shattering = measure(model, "shattering")
    yield f"{shattering['rates']['without_norms']:.3f}"
    yield f"{shattering['trained']['plain'][-1]:.2f}"
    gates = np.ravel(measure(model, "gates")["gates"])
    yield from (f"{end:.2f}" for end in (gates.min(), gates.max()))
    gain = measure(model, "decay")["gain"]
    yield from (f"{gain[end]:.3f}".replace("-", "−") for end in ("value", "low", "high"))
    yield f"{measure(model, 'reorder')['whole']:.3f}"


@pytest.mark.parametrize("model", ["phantoms", "films"])
@pytest.mark.parametrize("page", GUIDES)
def test_a_sentence_says_what_was_measured(page: str, model: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    (heading,) = (heading for heading in HEADINGS if heading in text)
    sentences = " ".join(text.split(heading)[1].split())
    assert [number for number in list_numbers(model) if number not in sentences] == []


@pytest.mark.parametrize("page", GUIDES)
def test_the_films_losses_by_depth_are_those_that_were_measured(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    losses = measure("films", "degradation")["losses"]
    ends = [np.mean(losses[kind], axis=0)[place] for kind in ("plain", "residual") for place in (0, -1)]
    assert all(f"{end:.3f}" in text for end in ends)
