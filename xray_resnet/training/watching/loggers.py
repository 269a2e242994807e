"""Where metrics go besides metrics.csv: TensorBoard's events in the run folder, and MLflow if asked for."""

from lightning.pytorch.loggers import Logger, MLFlowLogger, TensorBoardLogger

import xray_resnet.silence  # noqa: F401  before mlflow, which would report its use
from xray_resnet.runs import Run


def build_loggers(run: Run, *, name: str, mlflow: str) -> list[Logger]:
    """Loggers of a run.

    Args:
        run: Has the folder of events, and names the run.
        name: Of the experiment.
        mlflow: Address of a tracking server; empty: none.

    Raises:
        ModuleNotFoundError: if MLflow is asked for and missing.
    """
    board = TensorBoardLogger(run.folder, name="", version=run.events.name)
    if not mlflow:
        return [board]

    return [board, MLFlowLogger(experiment_name=name, run_name=run.folder.name, tracking_uri=mlflow)]
