"""Lines of text in pictures: broken where they fit, and a key to the colours of a map."""

from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.explain.overlay import blend

LINE_HEIGHT = 22
_MARGIN, _BASELINE = 4, 15
_FONT, _SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.42
_PAPER, _INK, _MIDDLE_GREY = 16, (235, 235, 235), 128
_BAR_WIDTH, _BAR_HEIGHT = 96, 10


def draw_text(text: str, *, width: int) -> NDArray[np.uint8]:
    """Text in the lines that it needs, (lines · `LINE_HEIGHT`, width, 3); a word that is too long is drawn narrower."""
    return np.concatenate([_draw_line(line, width) for line in _break(text, width - 2 * _MARGIN)])


@lru_cache
def draw_key(*, width: int, opacity: float) -> NDArray[np.uint8]:
    """What the colours of a map mean, as they look over middle grey, (`LINE_HEIGHT`, width, 3)."""
    bar = min(_BAR_WIDTH, width // 3)
    share = np.broadcast_to(np.linspace(0, 1, bar, dtype=np.float32), (_BAR_HEIGHT, bar))
    words = draw_text("0 to this map's maximum", width=width - bar - _MARGIN)[:LINE_HEIGHT]
    strip = np.full((LINE_HEIGHT, width, 3), _PAPER, np.uint8)
    strip[:, bar + _MARGIN :] = words
    top = (LINE_HEIGHT - _BAR_HEIGHT) // 2
    grey = np.full(share.shape, _MIDDLE_GREY, np.uint8)
    strip[top : top + _BAR_HEIGHT, _MARGIN : _MARGIN + bar] = blend(grey, share, opacity=opacity)
    return strip


def _draw_line(line: str, width: int) -> NDArray[np.uint8]:
    needed = max(width, _measure(line) + 2 * _MARGIN)
    strip = np.full((LINE_HEIGHT, needed, 3), _PAPER, np.uint8)
    cv2.putText(strip, line, (_MARGIN, _BASELINE), _FONT, _SCALE, _INK, 1, cv2.LINE_AA)
    return np.asarray(cv2.resize(strip, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def _break(text: str, width: int) -> Iterator[str]:
    """Lines of at most the width, broken between words."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and _measure(longer) > width:
            yield line
            longer = word
        line = longer
    yield line


def _measure(text: str) -> int:
    """Its width in pixels."""
    return int(cv2.getTextSize(text, _FONT, _SCALE, 1)[0][0])
