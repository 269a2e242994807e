"""The folder of a run: how one is made and found, and the one place that knows the files in it."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from xray_resnet.config import Config
from xray_resnet.config.model import TIMM
from xray_resnet.errors import ConfigurationError, UserError

_CONFIG = "config.yaml"
_BUNDLE = "bundle"
_EVALUATIONS = "eval"
_MAX_RUNS_PER_SECOND = 1000


@dataclass(frozen=True)
class Run:
    """A training and what came of it.

    Attributes:
        folder: Where it lies; its name is that of the run.
    """

    folder: Path

    @classmethod
    def make(cls, config: Config) -> "Run":
        """A new folder `<train.output>/<name>-<date>-<time>` with the effective configuration in it.

        Its paths are absolute, so that the run can be resumed and evaluated from any folder.
        """
        from xray_resnet.config_files import write_config  # its parser loads only where configurations are handled

        stem = f"{config.name}-{datetime.now():%Y%m%d-%H%M%S}"
        for number in range(_MAX_RUNS_PER_SECOND):
            run = cls(config.train.output / (f"{stem}-{number}" if number else stem))
            try:
                run.folder.mkdir(parents=True)
            except FileExistsError:
                continue
            write_config(run.config_file, _with_absolute_paths(config))
            return run
        raise UserError(f"{config.train.output}/{stem}: {_MAX_RUNS_PER_SECOND} runs of this second; wait and run again")

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """The run in `folder`.

        Raises:
            ConfigurationError: if it has no configuration.
        """
        run = cls(folder)
        if not run.config_file.is_file():
            raise ConfigurationError(f"{folder}: no {_CONFIG} there; give the folder of a run")
        return run

    @classmethod
    def around(cls, path: Path) -> "Run | None":
        """The run that `path` is, or whose bundle it is; None for a bundle that stands alone."""
        return next((run for run in (cls(path), cls(path.parent)) if run.config_file.is_file()), None)

    @classmethod
    def newest(cls, parent: Path) -> "Run":
        """The run in `parent` whose bundle was written last.

        Raises:
            ConfigurationError: if no run there is finished.
        """
        finished = [run for run in map(cls, parent.glob("*/")) if run.is_finished]
        if not finished:
            raise ConfigurationError(
                f"no finished run in {parent.resolve()}; run xray-train first, or name one with --run"
            )
        return max(finished, key=lambda run: run.bundle.stat().st_mtime)

    @property
    def config_file(self) -> Path:
        """The effective configuration."""
        return self.folder / _CONFIG

    @property
    def last_checkpoint(self) -> Path:
        """The whole state after an epoch or within one; what a resumed run goes on from."""
        return self.folder / "checkpoints/last.ckpt"

    @property
    def best_checkpoint(self) -> Path:
        """The weights of the best epoch, to be delivered."""
        return self.folder / "checkpoints/best.ckpt"

    @property
    def start_file(self) -> Path:
        """What the network began with, if its first weights came from elsewhere."""
        return self.folder / "start.json"

    @property
    def patients_file(self) -> Path:
        """Whom the model was fitted to, by keyed hashes."""
        return self.folder / "patients.json"

    @property
    def metrics(self) -> Path:
        """The table of epochs."""
        return self.folder / "metrics.csv"

    @property
    def events(self) -> Path:
        """The folder of TensorBoard's events."""
        return self.folder / "tensorboard"

    @property
    def bundle(self) -> Path:
        """The deliverable, the last thing that is written."""
        return self.folder / _BUNDLE

    @property
    def is_finished(self) -> bool:
        """Whether the run has its bundle, which appears whole or not at all."""
        return self.bundle.is_dir()

    def read_config(self) -> Config:
        """The configuration that the run was started with, checked."""
        from xray_resnet.config_files import read_saved

        return read_saved(Config, self.config_file)

    def find_dataset(self) -> Path:
        """The dataset folder that the run was trained on; nothing else of its configuration is looked at.

        Raises:
            UserError: if its configuration names none.
        """
        from xray_resnet.config_files import read_yaml

        try:
            return Path(read_yaml(self.config_file)["data"]["cache"])
        except (KeyError, TypeError) as error:
            sentence = f"{self.config_file}: no data.cache in it that names the dataset; name one with --data"
            raise UserError(sentence) from error


def places_of_bundle(path: Path) -> tuple[Path, Path]:
    """Where the bundle may lie that `path` stands for: there, or in the run that is there."""
    return path, Run(path).bundle


def evaluation_folder(bundle: Path, *, dataset: str, split: str) -> Path:
    """Where the results of a bundle on a dataset go: below its run; below the bundle if that stands alone."""
    run = Run.around(bundle)
    return (run.folder if run else bundle) / _EVALUATIONS / f"{dataset}-{split}"


def _with_absolute_paths(config: Config) -> Config:
    return replace(
        config,
        data=replace(config.data, root=_absolute(config.data.root), cache=config.data.folder.absolute()),
        model=replace(config.model, weights=_locate_weights(config.model.weights)),
        prep=replace(config.prep, hash_key=_absolute(config.prep.hash_key)),
        train=replace(config.train, output=config.train.output.absolute()),
    )


def _locate_weights(weights: str) -> str:
    """A path absolute; a name of timm's as it is."""
    return weights if not weights or weights.startswith(TIMM) else str(Path(weights).absolute())


def _absolute(path: Path | None) -> Path | None:
    return path and path.absolute()
