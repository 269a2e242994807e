"""Agreement with occlusion: do the cells of a map rank as the falls of the logit do if parts of the image are covered?

Occlusion (MONAI's) asks the network alone: it knows neither activations nor gradients.
"""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_resnet.evaluation.evidence import Evidence
from xray_resnet.evaluation.explanation.cases import Case, list_patients
from xray_resnet.explain.methods import Cam
from xray_resnet.explain.similarity import compare_ranks
from xray_resnet.map_grid import MapGrid
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.means import estimate_mean
from xray_resnet.progress import Progress

MOST_WINDOWS = 8
"""Along a side: each costs a pass of the network."""


def measure_agreement(
    evidence: Evidence, cases: list[Case], maps: Mapping[Cam, NDArray[np.float32]], *, progress: Progress
) -> dict[Cam, dict[str, Estimate]]:
    """Method → finding → mean rank correlation with the occlusion map; under "" that of all cases.

    Args:
        evidence: Has the images and the network, which is asked in fp32.
        cases: N of them.
        maps: Method → (N, h, w).
        progress: Told after every case.
    """
    grid = evidence.peaks.grid
    windows = min(MOST_WINDOWS, *grid.cells)
    falls = []
    for done, case in enumerate(cases, start=1):
        (pixels,) = evidence.images([case.place])
        falls.append(evidence.network.occlude(pixels, case.finding, windows=windows))
        progress(done, len(cases))
    return {
        method: _estimate(cases, compare_ranks(_fit(cells, windows, grid), np.stack(falls)))
        for method, cells in maps.items()
    }


def _fit(maps: NDArray[np.float32], windows: int, grid: MapGrid) -> NDArray[np.float32]:
    """Maps (N, h, w) at one mean value a window, of the pixels that their cells are nearest to."""
    spread = map(grid.spread, maps)
    return np.stack([cv2.resize(pixels, (windows, windows), interpolation=cv2.INTER_AREA) for pixels in spread])


def _estimate(cases: list[Case], values: NDArray[np.float64]) -> dict[str, Estimate]:
    patients = list_patients(cases)
    findings = np.array([case.finding for case in cases])
    groups = {finding: findings == finding for finding in dict.fromkeys(findings.tolist())}
    whole = {"": np.ones(len(cases), np.bool_)}
    return {
        name: estimate_mean(values[those], patients=patients[those], least=-1, most=1)
        for name, those in (whole | groups).items()
    }
