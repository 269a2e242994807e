"""R's pROC as referee: DeLong's variance and covariance, and McClish's partial AUROC, with one image a patient."""

import shutil
import subprocess

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.metrics.cohorts import draw_cohort
from xray_resnet.metrics import estimate_partial_auroc
from xray_resnet.metrics.clustered import Variation
from xray_resnet.metrics.components import differentiate_auroc

MAX_FPR = 0.2
SCRIPT = """
suppressMessages(library(pROC))
data <- read.csv(file("stdin"), header = FALSE)
curves <- lapply(2:3, function(column) roc(data[[1]], data[[column]], levels = c(0, 1), direction = "<", quiet = TRUE))
area <- function(curve) auc(curve, partial.auc = c(1, 1 - {max_fpr}), partial.auc.correct = TRUE)
values <- c(sapply(curves, auc), sapply(curves, var, method = "delong"), cov(curves[[1]], curves[[2]]),
            roc.test(curves[[1]], curves[[2]], method = "delong", paired = TRUE)$statistic, sapply(curves, area))
cat(sprintf("%.15g", values), sep = "\\n")
"""


def ask_proc(labels: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Both AUROC, their variances and covariance, DeLong's statistic, and both partial AUROC."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed (Rscript)")
    table = "\n".join(",".join(map(repr, map(float, row))) for row in zip(labels, *scores, strict=True))
    script = SCRIPT.replace("{max_fpr}", str(MAX_FPR))
    done = subprocess.run(["Rscript", "-e", script], input=table, capture_output=True, text=True, timeout=120)
    if "there is no package called" in done.stderr:
        pytest.skip("R has no package pROC")
    assert done.returncode == 0, done.stderr
    return np.array(done.stdout.split(), float)


@pytest.mark.parametrize("digits", [1, 6])
def test_variance_covariance_and_partial_auroc_are_those_of_proc(digits: int) -> None:
    labels, first, patients = draw_cohort(1, having=40, lacking=110)
    scores = np.round(np.stack([first, first / 2 + draw_cohort(2, having=40, lacking=110)[1]]), digits)
    expected = ask_proc(labels, scores)
    found = Variation.of(differentiate_auroc, labels, scores, patients=patients)
    covariance = found.covariance()
    np.testing.assert_allclose(found.values, expected[:2], rtol=1e-12)
    np.testing.assert_allclose([covariance[0, 0], covariance[1, 1], covariance[0, 1]], expected[2:5], rtol=1e-10)
    statistic = (found.values[0] - found.values[1]) / np.sqrt([1, -1] @ covariance @ [1, -1])
    assert statistic == pytest.approx(expected[5])
    areas = [estimate_partial_auroc(labels, row, patients=patients, max_fpr=MAX_FPR).value for row in scores]
    np.testing.assert_allclose(np.array(areas, float), expected[6:], rtol=1e-12)
