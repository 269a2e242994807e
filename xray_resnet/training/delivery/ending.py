"""The end of a run that was interrupted: its best weights so far, delivered."""

from dataclasses import replace
from pathlib import Path

from xray_resnet.config import Config
from xray_resnet.errors import UserError
from xray_resnet.runs import Run
from xray_resnet.store import open_dataset
from xray_resnet.training.checkpoints import read_checkpoint, refuse_other_dataset
from xray_resnet.training.delivery.bundle import deliver
from xray_resnet.training.from_config import build_task_of
from xray_resnet.training.start import Start, build_architecture
from xray_resnet.training.watching import Announce, print_now


def end_run(config: Config, folder: Path, *, announce: Announce = print_now) -> Path:
    """Ends an interrupted run with its best weights so far: writes its bundle.

    Args:
        config: The one that the run was started with.
        folder: The run folder.
        announce: Gets what the user should see, line by line.

    Returns:
        The run folder.

    Raises:
        UserError: if no epoch is finished, or the dataset is not the one of the run.
    """
    run = Run.open(folder)
    if run.is_finished:
        announce(f"{run.folder} is finished: it has its bundle; nothing to deliver")
        return run.folder
    if not run.best_checkpoint.is_file():
        raise UserError(
            f"{run.best_checkpoint}: not there yet, for no epoch is finished; "
            f"train at least one: xray-train --resume {run.folder}"
        )
    task = build_task_of(config, open_dataset(config.data.folder))
    refuse_other_dataset(run.last_checkpoint, task.identify_dataset())
    start = Start.read(run) or Start(build_architecture(config.model), task.model_input)
    epoch = read_checkpoint(run.best_checkpoint)["epoch"]
    announce(f"delivering the best weights so far, those after epoch {epoch} of {config.train.epochs}")
    deliver(run, replace(task, model_input=start.model_input), start)
    return run.folder
