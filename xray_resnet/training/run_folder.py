"""The folder of a run: where it is made, and what lies in it."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from xray_resnet.config import Config
from xray_resnet.config_files import write_config
from xray_resnet.errors import UserError

CONFIG = Path("config.yaml")
BUNDLE = Path("bundle")
_MAX_RUNS_PER_SECOND = 1000


def make_run_folder(config: Config) -> Path:
    """A new folder `<train.output>/<name>-<date>-<time>` with the effective configuration in it.

    Its paths are absolute, so that the run can be resumed and evaluated from any folder.
    """
    stem = f"{config.name}-{datetime.now():%Y%m%d-%H%M%S}"
    for number in range(_MAX_RUNS_PER_SECOND):
        folder = config.train.output / (f"{stem}-{number}" if number else stem)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        write_config(folder / CONFIG, _with_absolute_paths(config))
        return folder
    raise UserError(f"{config.train.output}/{stem}: {_MAX_RUNS_PER_SECOND} runs of this second; wait and run again")


def check_run_folder(run: Path) -> Path:
    """`run`, if it is one.

    Raises:
        UserError: if it has no configuration.
    """
    if not (run / CONFIG).is_file():
        raise UserError(f"{run}: no {CONFIG} there; give the folder of a run to go on with")
    return run


def is_finished(run: Path) -> bool:
    """Whether the run has its bundle, the last thing that is written."""
    return (run / BUNDLE).is_dir()


def _with_absolute_paths(config: Config) -> Config:
    return replace(
        config,
        data=replace(config.data, root=_absolute(config.data.root), cache=config.data.folder.absolute()),
        prep=replace(config.prep, hash_key=_absolute(config.prep.hash_key)),
        train=replace(config.train, output=config.train.output.absolute()),
    )


def _absolute(path: Path | None) -> Path | None:
    return path and path.absolute()
