"""What became of one file, in a process apart: a file that kills its decoder is explained, too."""

from functools import partial
from pathlib import Path

from data_prep.part import reject_lost
from data_prep.plan import build_reading
from xray_resnet.config import PrepConfig
from xray_resnet.dicom import Explanation, explain, explain_rejection
from xray_resnet.scale import Limits, map_in_processes


def explain_file(path: Path, prep: PrepConfig, *, pictures: Path | None = None) -> Explanation:
    """Follows a file through the pipeline under the settings and limits of preparation.

    Raises:
        ConfigurationError: if a setting cannot be.
    """
    limits = Limits(prep.timeout_s, prep.memory_mib << 20)
    follow = partial(explain, reading=build_reading(prep), pictures=pictures)
    lost = partial(_explain_loss, limits=limits)
    return next(iter([*map_in_processes(follow, [path], workers=1, on_lost=lost, limits=limits)]))


def _explain_loss(path: Path, *, limits: Limits) -> Explanation:
    return Explanation(verdict=explain_rejection(reject_lost(path, limits=limits)))
