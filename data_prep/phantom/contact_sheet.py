"""Contact sheet: a grid of synthetic radiographs with their findings, as one small PNG.

Run as `python -m data_prep.phantom.contact_sheet OUT.png`.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data_prep.phantom.render import Rendering, render_images
from xray_resnet.files import write_bytes

_COLUMNS, _ROWS = 5, 4
_TILE_PX, _CAPTION_PX = 192, 16
_SEED = 3
_GREY_LEVELS = 48
_USAGE = "usage: python -m data_prep.phantom.contact_sheet OUT.png"


def draw_contact_sheet(renderings: list[Rendering], columns: int = _COLUMNS) -> NDArray[np.uint8]:
    """A (rows · tile, columns · tile) picture of renderings, each above its findings with their subtlety, 1 to 5."""
    tiles = [_tile(rendering) for rendering in renderings]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    return np.vstack([np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)])


def write_contact_sheet(path: Path, *, count: int = _COLUMNS * _ROWS, seed: int = _SEED) -> None:
    """Renders `count` images and writes their sheet to `path`."""
    sheet = draw_contact_sheet(render_images(count, size=256, seed=seed))
    few_greys = np.rint(np.rint(sheet / 255 * (_GREY_LEVELS - 1)) * (255 / (_GREY_LEVELS - 1))).astype(np.uint8)
    _, png = cv2.imencode(".png", few_greys, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    write_bytes(path, png.tobytes())


def caption_of(rendering: Rendering) -> str:
    """The findings and their subtlety in a few letters."""
    found = [f"{finding[:6]} {lesion.subtlety}" for finding, lesion in rendering.lesions.items()]
    return ", ".join(found) or "no finding"


def _tile(rendering: Rendering) -> NDArray[np.uint8]:
    picture = cv2.resize(rendering.shown(), (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_AREA)
    caption = np.zeros((_CAPTION_PX, _TILE_PX), np.uint8)
    text = f"SYNTHETIC {caption_of(rendering)}"
    width = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.3, 1)[0][0]
    scale = min(0.3, 0.3 * (_TILE_PX - 6) / width)
    cv2.putText(caption, text, (3, 11), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
    return np.vstack([picture, caption])


def main(arguments: list[str]) -> int:
    """Writes the sheet; returns the exit code."""
    if len(arguments) != 1:
        print(_USAGE, file=sys.stderr)
        return 2
    write_contact_sheet(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
