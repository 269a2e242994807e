"""The README's pictures, from what `make demo` left: `python docs/readme_pictures.py demo docs/images`.

phantom.png has a command of its own: `python -m data_prep.phantom.contact_sheet docs/images/phantom.png`.
"""

import base64
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

_PICTURES = 6
_ROC = re.compile(r'src="data:image/svg\+xml;base64,([^"]+)"[^>]*alt="ROC')


def main(arguments: list[str]) -> int:
    """Writes roc.svg and overlay.jpg; returns the exit code."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    demo, images = map(Path, arguments)
    (images / "roc.svg").write_bytes(read_roc(newest(demo.glob("runs/*/eval/*/report.html"))))
    cv2.imwrite(str(images / "overlay.jpg"), tile_overlays(demo / "predictions/overlays"))
    return 0


def newest(paths: Iterable[Path]) -> Path:
    """The file that was written last."""
    return max(paths, key=lambda path: path.stat().st_mtime)


def read_roc(report: Path) -> bytes:
    """The ROC curves of a report."""
    found = _ROC.search(report.read_text())
    if found is None:
        raise SystemExit(f"{report}: no ROC curves in it; run make demo first")
    return base64.b64decode(found[1])


def tile_overlays(folder: Path) -> np.ndarray:
    """The first overlay of each of the first files, in rows of two; those that are smaller are filled with black."""
    first = {path.name[:6]: path for path in sorted(folder.glob("*.png"), reverse=True)}
    pictures = [cv2.imread(str(first[number])) for number in sorted(first)[:_PICTURES]]
    height, width = np.max([picture.shape[:2] for picture in pictures], axis=0)
    filled = [np.pad(each, ((0, height - len(each)), (0, width - each.shape[1]), (0, 0))) for each in pictures]
    return np.vstack([np.hstack(filled[start : start + 2]) for start in range(0, _PICTURES, 2)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
