"""The boxes of a table, a row each: four finite numbers, and no image that is said to have boxes and none."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from data_prep.sources.csv_table import Row
from data_prep.sources.mistakes import Mistakes
from xray_resnet.boxes import Box
from xray_resnet.errors import UserError


def read_numbers(row: Row, columns: Sequence[str]) -> list[float]:
    """The four finite numbers of a box.

    Raises:
        UserError: if one of the cells is none.
    """
    try:
        numbers = [float(row[name]) for name in columns]
    except ValueError:
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise UserError(f"{row.place}: a box needs four numbers; restore the original table")
    return numbers


def gather_boxes(
    rows: Iterable[Row], read_box: Callable[[Row], Box | None], mistakes: Mistakes, *, image: str
) -> Mapping[str, tuple[Box, ...]]:
    """Image → its boxes.

    Args:
        rows: Of one table.
        read_box: The box of a row; None for a row that says that its image has none.
        mistakes: Gets those of the rows, also a row without a box beside one with a box of the same image.
        image: The column that names the image.
    """

    def read(row: Row) -> tuple[str, Row, tuple[Box, ...]]:
        box = read_box(row)
        return row[image], row, () if box is None else (box,)

    boxes: dict[str, tuple[Box, ...]] = {}
    for name, row, found in mistakes.convert(rows, read):
        if name in boxes and bool(boxes[name]) != bool(found):
            mistakes.add(row.path, f"{row.place}: an earlier row of this image says the contrary; keep the right one")
        boxes[name] = boxes.get(name, ()) + found
    return boxes
