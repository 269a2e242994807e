"""A reporting guideline as a table: numbered items, each with a function from what is known to its text."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xray_resnet.evaluation.reporting.known import Known

OPEN = "open: for the authors"

Statement = Callable[[Known], str | None]
"""What is known of an item in whole sentences; None if that does not answer it."""


def leave_open(_: Known) -> None:
    """Only the authors know."""


@dataclass(frozen=True)
class Item:
    """An item of a guideline.

    Attributes:
        number: The guideline's.
        title: What it asks for, in words of this project.
        state: Gives its text.
    """

    number: str
    title: str
    state: Statement = leave_open


@dataclass(frozen=True)
class Guideline:
    """A guideline.

    Attributes:
        key: Its name for programs.
        name: Its name for people.
        publication: Where its numbers come from.
        items: In its order.
    """

    key: str
    name: str
    publication: str
    items: Sequence[Item]


@dataclass(frozen=True)
class Answer:
    """An item and its text.

    Attributes:
        item: The item.
        text: None if the item is open.
    """

    item: Item
    text: str | None

    @property
    def status(self) -> str:
        """Whether it is filled."""
        return "open" if self.text is None else "filled"

    def to_json(self) -> dict[str, Any]:
        """Its entry in metrics.json."""
        return {"number": self.item.number, "title": self.item.title, "status": self.status, "text": self.text}


@dataclass(frozen=True)
class Checklist:
    """A guideline and what one evaluation answers.

    Attributes:
        guideline: The guideline.
        answers: One for each item.
    """

    guideline: Guideline
    answers: Sequence[Answer]

    @property
    def n_filled(self) -> int:
        """How many items have a text."""
        return sum(answer.text is not None for answer in self.answers)

    def to_json(self) -> dict[str, Any]:
        """Its entry in metrics.json."""
        return {
            "publication": self.guideline.publication,
            "n_items": len(self.answers),
            "n_filled": self.n_filled,
            "items": [answer.to_json() for answer in self.answers],
        }


def fill_checklist(guideline: Guideline, known: Known) -> Checklist:
    """Every item of the guideline with what is known of it."""
    return Checklist(guideline, [Answer(item, item.state(known)) for item in guideline.items])


def format_csv(checklists: Sequence[Checklist]) -> str:
    """A row for each item of all guidelines, to be completed and sent along with a manuscript."""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(("guideline", "item", "title", "status", "text"))
    for checklist in checklists:
        for answer in checklist.answers:
            row = (answer.item.number, answer.item.title, answer.status, answer.text or OPEN)
            table.writerow((checklist.guideline.name, *row))
    return buffer.getvalue()
