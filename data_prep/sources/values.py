"""What a cell of a source's table says: a state, a view, a sex, an age. Nothing else that it holds goes further."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from data_prep.sources.csv_table import Row
from xray_resnet.errors import UserError
from xray_resnet.facts import OLDEST
from xray_resnet.findings import LabelState

Meaning = TypeVar("Meaning")

_LISTED = 6
"""Known words that an error lists; of more, it names the nearest."""
_STATES = {1.0: LabelState.POSITIVE, 0.0: LabelState.NEGATIVE, -1.0: LabelState.UNCERTAIN}
_AGE = re.compile(r"([0-9]+(?:\.[0-9]*)?)Y?")
_VIEWS = {
    **{view: view for view in ("AP", "PA", "LATERAL", "LL", "RL", "LLD", "RLD")},
    **{view: view for view in ("LLO", "RLO", "LAO", "RAO", "LPO", "RPO")},
    **dict.fromkeys(("AP_SUPINE", "AP_ERECT", "AP_HORIZONTAL", "AP_AXIAL"), "AP"),
    **dict.fromkeys(("AP_LLD", "PA_LLD"), "LLD"),
    **dict.fromkeys(("AP_RLD", "PA_RLD"), "RLD"),
    **dict.fromkeys(("L", "LAT", "XTABLE_LATERAL", "SWIMMERS"), "LATERAL"),
}
"""Words of the archives → view position; a decubitus is named by the side that lies down."""


def read_state(row: Row, column: str) -> LabelState:
    """The convention of CheXpert: 1 positive, 0 negative, -1 or U uncertain; blank if the report is silent.

    Raises:
        UserError: for another value.
    """
    text = row[column]
    if not text:
        return LabelState.UNMENTIONED
    if text.upper() == "U":
        return LabelState.UNCERTAIN
    try:
        return _STATES[float(text)]
    except (ValueError, KeyError):
        raise UserError(
            f"{row.place}: column {column!r} holds another value than 1 (positive), 0 (negative), -1 or U (uncertain) "
            "or blank; mend the cell"
        ) from None


def read_choice(row: Row, column: str, known: Mapping[str, Meaning]) -> Meaning:
    """What the word in a cell stands for, in any case.

    Raises:
        UserError: if it is not known.
    """
    return read_word(row[column], known, cell=f"{row.place}: column {column!r}")


def read_word(word: str, known: Mapping[str, Meaning], *, cell: str) -> Meaning:
    """What a word stands for, in any case.

    Args:
        word: As the table has it.
        known: Word → what it stands for.
        cell: Names its cell in the error.

    Raises:
        UserError: if it is not known; the nearest word that is known is named, the word itself is not.
    """
    if word in known:
        return known[word]
    folded = {name.casefold(): name for name in known}
    if word.casefold() in folded:
        return known[folded[word.casefold()]]
    names = ", ".join(name or "blank" for name in known)
    choice = f"is none of {names}" if len(known) <= _LISTED else "holds a word that is not known"
    raise UserError(f"{cell} {choice}{name_nearest(word, folded)}; restore the original table")


def name_nearest(word: str, known: Mapping[str, str]) -> str:
    """`; the nearest is 'Effusion'`, or nothing if no known word is like it.

    Args:
        word: One that is not known.
        known: Known word in small letters → as it is written.
    """
    nearest = get_close_matches(word.casefold(), known, 1)
    return f"; the nearest is {known[nearest[0]]!r}" if nearest else ""


def read_view(text: str) -> str:
    """The view position in capitals; empty for a word that names none."""
    return _VIEWS.get("_".join(text.upper().split()), "")


def read_sex(text: str) -> str:
    """M or F, from the letter or the word; else empty."""
    return {"M": "M", "MALE": "M", "F": "F", "FEMALE": "F"}.get(text.upper(), "")


def read_age(text: str) -> float | None:
    """Years, also as `058Y`; None if it is not an age or beyond the oldest."""
    found = _AGE.fullmatch(text)
    age = float(found[1]) if found else None
    return age if age is not None and age <= OLDEST else None
