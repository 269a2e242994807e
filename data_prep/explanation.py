"""What became of one file, in a process apart: a file that kills its decoder is explained, too."""

from functools import partial
from pathlib import Path

from data_prep.plan import build_limits, build_reading
from xray_resnet.config import PrepConfig
from xray_resnet.dicom import Explanation, explain, explain_rejection, reject_lost
from xray_resnet.scale import map_in_processes


def explain_file(path: Path, prep: PrepConfig, *, pictures: Path | None = None) -> Explanation:
    """Follows a file through the pipeline under the settings and limits of preparation.

    Raises:
        ConfigurationError: if a setting cannot be.
    """
    follow = partial(explain, reading=build_reading(prep), pictures=pictures)
    lost = partial(_explain_loss, silence_s=prep.timeout_s)
    (explanation,) = map_in_processes(follow, [path], workers=1, on_lost=lost, limits=build_limits(prep))
    return explanation


def _explain_loss(_: Path, *, silence_s: float) -> Explanation:
    return Explanation(verdict=explain_rejection(reject_lost(silence_s)))
