"""Does it help to start from other films? NIH findings, cross-fitted by patient, from scratch and from three starts.

  python -m docs.studies.pretraining FILMS OUTPUT [--folds 5] [--arms scratch phantoms …] [options of xray-train]

FILMS holds nih_chestxray14, rsna_pneumonia and kermany_pneumonia. Each arm is a source of first weights:

  scratch    none
  phantoms   phantoms, with the findings that were rendered into them
  films      RSNA and Kermany, with their labels
  turned     the same films without labels, turned about: the network learns to say how each lies

From each, a network is trained on the patients outside of each fold of NIH and predicts the fold. The predictions are
pooled, and each arm is compared with scratch on the same patients. Prints the tables and writes them to
OUTPUT/pretraining.md. What is there is kept: the command goes on where it stopped.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data_prep.ingest import ensure_dataset
from docs.studies.datasets import find_shared, split_anew, turn_films
from docs.studies.runs import read_config, train_once
from xray_resnet.config import Config
from xray_resnet.evaluation.compare import compare, format_comparison, format_interval
from xray_resnet.evaluation.images import StoredImages
from xray_resnet.evaluation.predictions import FILE, Predictions, write_predictions
from xray_resnet.evaluation.subject import open_subject
from xray_resnet.files import write_text
from xray_resnet.processor import name_instruction_set
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.store.folds import cross_fit
from xray_resnet.store.schema import DESCRIPTION_FILE

_HERE = Path(__file__).parent
SCRATCH = "scratch"


@dataclass(frozen=True)
class Study:
    """Where everything is, and how everything is trained.

    Attributes:
        films: Folder of the three archives.
        output: Gets datasets, runs and tables.
        options: Of xray-train, beyond `pretraining.yaml`.
        folds: Of the patients of NIH.
    """

    films: Path
    output: Path
    options: tuple[str, ...] = ()
    folds: int = 5

    def configure(self, recipe: str | Path, *, dataset: str) -> Config:
        """The configuration of a recipe, with the study's training."""
        places = ("--data.cache", str(self.output / "datasets" / dataset), "--train.output", str(self.output / "runs"))
        both = ("--config", str(recipe), "--config", str(_HERE / "pretraining.yaml"))
        return read_config([*both, *places, *self.options])

    def open_nih(self) -> Dataset:
        """The films whose findings are cross-fitted, prepared if they are not."""
        config = self.configure("nih_chestxray14.yaml", dataset="nih")
        return _prepare(replace(config, data=replace(config.data, root=self.films / "nih_chestxray14")))

    def open_others(self) -> Dataset:
        """RSNA and Kermany, without the films that are in NIH, too."""
        config = self.configure(_HERE / "films.yaml", dataset="others")
        everything = _prepare(replace(config, data=replace(config.data, root=self.films)))
        shared = [*find_shared(everything, self.open_nih())]
        splits = {split: np.setdiff1d(everything.indices(split), shared) for split in ("train", "val", "test")}
        return open_dataset(split_anew(everything, self.output / "datasets" / "films", splits))


def train_on_phantoms(study: Study) -> Path:
    """A run on rendered films, whose labels cost nothing."""
    config = replace(study.configure("chestxray.yaml", dataset="phantoms"), name="on-phantoms")
    _prepare(config)
    return train_once(config)


def train_on_films(study: Study) -> Path:
    """A run on RSNA and Kermany with their labels."""
    study.open_others()
    return train_once(replace(study.configure(_HERE / "films.yaml", dataset="films"), name="on-films"))


def train_on_turned_films(study: Study) -> Path:
    """A run on the same films without labels: how does each lie?"""
    folder = study.output / "datasets" / "turned"
    if not (folder / DESCRIPTION_FILE).is_file():
        films = study.open_others()
        turn_films(films, folder, {split: films.indices(split) for split in ("train", "val", "test")})
    return train_once(replace(study.configure(_HERE / "films.yaml", dataset="turned"), name="on-turned-films"))


ARMS: Mapping[str, Callable[[Study], Path] | None] = {
    SCRATCH: None,
    "phantoms": train_on_phantoms,
    "films": train_on_films,
    "turned": train_on_turned_films,
}
"""Name → what trains the first weights."""


def main(arguments: Sequence[str]) -> int:
    """Runs the study; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--folds", type=int, default=Study.folds)
    parser.add_argument("--arms", nargs="+", choices=[*ARMS], default=[*ARMS])
    given, options = parser.parse_known_args(arguments)
    print(run_study(Study(given.films, given.output, tuple(options), given.folds), given.arms))
    return 0


def run_study(study: Study, arms: Sequence[str]) -> str:
    """Trains what is missing and compares every arm with scratch: tables in Markdown, also written to a file."""
    pooled = {arm: pool_arm(study, arm) for arm in dict.fromkeys((SCRATCH, *arms))}
    comparisons = {arm: compare(pooled[SCRATCH], pooled[arm]) for arm in arms if arm != SCRATCH}
    head = "| first weights | macro AUROC | against scratch (95 %) |\n|---|---|---|"
    rows = [
        f"| {arm} | {format_interval(each.second.macro, signed=False)} | {format_interval(each.difference.macro)} |"
        for arm, each in comparisons.items()
    ]
    tables = [f"## {arm}\n{format_comparison(each, names=(SCRATCH, arm))}" for arm, each in comparisons.items()]
    text = "\n\n".join(["\n".join([head, *rows]), *tables, f"Trained with {name_instruction_set()}."])
    write_text(study.output / "pretraining.md", text + "\n")
    return text


def pool_arm(study: Study, arm: str) -> Path:
    """A folder with the predictions of every fold of NIH by the network that did not see it."""
    first = ARMS[arm]
    weights = str(first(study)) if first else ""
    nih = study.open_nih()
    parts = []
    for number, splits in enumerate(cross_fit(nih, folds=study.folds)):
        dataset = split_anew(nih, study.output / "datasets" / f"fold-{number}-of-{study.folds}", splits)
        config = study.configure("nih_chestxray14.yaml", dataset=dataset.name)
        model = replace(config.model, weights=weights)
        run = train_once(replace(config, name=f"{arm}-{dataset.name}", model=model))
        parts.append(predict_fold(run, dataset))
    folder = study.output / "pooled" / arm
    write_predictions(folder / FILE, join(parts), metadata={"dataset": nih.name, "split": "all"})
    return folder


def predict_fold(run: Path, dataset: Path) -> Predictions:
    """What a run says of the test split of its fold."""
    subject = open_subject(run, dataset=dataset, split="test", precision="auto")
    images = StoredImages(subject.dataset, subject.rows)
    response = subject.network.predict(images, known=images.read_facts(subject.network.facts))
    ids, patients = subject.dataset.image_ids[subject.rows], subject.dataset.patient_ids[subject.rows]
    return Predictions(subject.findings, ids, patients, subject.states, response.logits)


def join(parts: Sequence[Predictions]) -> Predictions:
    """Predictions of several sets of images of the same findings, one after the other."""
    names = ("image_ids", "patient_ids", "states", "logits")
    return Predictions(parts[0].findings, *(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _prepare(config: Config) -> Dataset:
    return open_dataset(ensure_dataset(config))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
