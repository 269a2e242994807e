"""Overlays of accepted files: the class activation map of each finding that stands out, drawn beside the network."""

import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from xray_resnet.explain.caption import write_caption
from xray_resnet.explain.panels import draw_panels
from xray_resnet.explain.png import encode_png
from xray_resnet.files import write_bytes
from xray_resnet.findings import column_prefix
from xray_resnet.inference.outputs.context import OutputContext
from xray_resnet.model_output import ModelOutput
from xray_resnet.predictions import Prediction

FOLDER = "overlays"
STANDS_OUT = 0.5
"""Findings at and above this score are drawn, unless an operating point or a triage decides; if none is, the highest
one."""
_LONGEST_NAME = 60
_THREADS = 2
_MOST_WAITING = 32
"""Files whose overlays are not written yet; beyond them the network waits, so that memory stays bounded."""


@contextmanager
def write_overlays(context: OutputContext) -> Iterator[Callable[[Prediction], None]]:
    """Yields what writes the overlays of a prediction, as `overlays/<number>-<file>-<finding>.png`.

    The number is that of the input file, so that files of the same name do not meet. Threads draw and encode while the
    network computes; when the context ends all are written.
    """
    waiting: deque[Future[None]] = deque()
    number = 0
    with ThreadPoolExecutor(_THREADS) as threads:

        def write(prediction: Prediction) -> None:
            nonlocal number
            number += 1
            if prediction.maps is not None and prediction.pixels is not None:
                stem = f"{number:06d}-{_safe_stem(prediction.path)}"
                waiting.append(threads.submit(_draw, prediction, context, stem))
            while len(waiting) > _MOST_WAITING or (waiting and waiting[0].done()):
                waiting.popleft().result()

        try:
            yield write
            for drawn in waiting:
                drawn.result()
        finally:
            threads.shutdown(wait=True, cancel_futures=True)


def _draw(prediction: Prediction, context: OutputContext, stem: str) -> None:
    assert prediction.maps is not None and prediction.pixels is not None
    for finding in _choose(prediction):
        picture = draw_panels(
            prediction.pixels,
            prediction.maps[context.findings.index(finding)],
            caption=_caption(prediction, finding, context.bundle.metadata.output),
            content=prediction.content,
            opacity=context.opacity,
        )
        write_bytes(context.folder / FOLDER / f"{stem}-{column_prefix(finding)}.png", encode_png(picture))


def _caption(prediction: Prediction, finding: str, output: ModelOutput) -> str:
    return write_caption(
        finding,
        score=prediction.scores[finding],
        output=output,
        probability=prediction.probabilities.get(finding),
        decision=prediction.decisions.get(finding),
    )


def _choose(prediction: Prediction) -> list[str]:
    highest = max(prediction.scores, key=lambda finding: prediction.scores[finding])
    return [finding for finding in prediction.scores if _stands_out(prediction, finding)] or [highest]


def _stands_out(prediction: Prediction, finding: str) -> bool:
    decision = prediction.decisions.get(finding, "uncertain")
    return prediction.scores[finding] >= STANDS_OUT if decision == "uncertain" else decision in ("positive", "rule-in")


def _safe_stem(path: Path) -> str:
    """The file's name without what could leave the folder or trouble a file system."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", path.stem)[:_LONGEST_NAME]
