"""What facts beside the image give away: facts alone, the image alone, and both.

  python -m docs.studies.facts CONFIG DATASET [options of xray-train]

Trains on the dataset folder twice, without and with `model.facts`, fits a logistic regression to the facts alone, and
compares all three on the test split (Baltruschat et al. 2019, Sci Rep 9:6381). Prints a table and writes it to facts.md
beside the runs. What is there is kept, so that the command goes on where it was interrupted.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from docs.studies.runs import evaluate_once, read_config, train_once
from xray_resnet.config import Config
from xray_resnet.evaluation.compare import Comparison, compare, format_interval
from xray_resnet.evaluation.predictions import FILE, Predictions, write_predictions
from xray_resnet.facts import FACTS
from xray_resnet.files import write_text
from xray_resnet.findings import positions, resolve_targets
from xray_resnet.metrics import Estimate
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.store.facts import read_facts


def main(arguments: Sequence[str]) -> int:
    """Trains, evaluates, prints the table; returns the exit code."""
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    name, dataset, *options = arguments
    table = run_ablation(read_config(["--config", name, "--data.cache", dataset, *options]))
    print(table)
    return 0


def run_ablation(config: Config) -> str:
    """Trains what is missing, and compares: a Markdown table, also written to facts.md in `train.output`."""
    dataset = open_dataset(config.data.folder)
    image = evaluate_once(train_once(replace(config, name="image", model=replace(config.model, facts=()))))
    both = evaluate_once(train_once(replace(config, name="both", model=replace(config.model, facts=FACTS))))
    facts = judge_by_facts(dataset, config.data.findings or dataset.findings, output=config.train.output)
    table = format_ablation(compare(facts, image), compare(image, both))
    write_text(config.train.output / "facts.md", table + "\n")
    return table


def judge_by_facts(dataset: Dataset, findings: Sequence[str], *, output: Path) -> Path:
    """Predictions of the test split from facts alone, in a folder as an evaluation writes it."""
    states = dataset.states[:, positions(dataset.findings, findings)]
    train, test = dataset.indices("train"), dataset.indices("test")
    known = {split: read_facts(dataset, rows, FACTS) for split, rows in (("train", train), ("test", test))}
    targets = resolve_targets(states[train])
    logits = [fit_logistic(known["train"], column, known["test"]) for column in targets.T]
    ids, patients = dataset.image_ids[test], dataset.patient_ids[test]
    predictions = Predictions(tuple(findings), ids, patients, states[test], np.stack(logits, axis=1))
    folder = output / "facts-alone"
    write_predictions(folder / FILE, predictions, metadata={"dataset": dataset.name, "split": "test"})
    return folder


def fit_logistic(
    known: NDArray[np.float32], targets: NDArray[np.float32], asked: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Logits of `asked` (M, columns) by a regression on `known` (N, columns); 0 if `targets` has not both classes."""
    clear = np.isin(targets, (0, 1))
    if len(np.unique(targets[clear])) < 2:
        return np.zeros(len(asked), np.float32)
    regression = LogisticRegression(max_iter=1000).fit(known[clear], targets[clear])
    return np.asarray(regression.decision_function(asked), np.float32)


def format_ablation(alone: Comparison, told: Comparison) -> str:
    """AUROC of each finding by facts, image and both, and what the facts add to the image.

    Args:
        alone: Facts alone, then the image alone.
        told: The image alone, then both.
    """
    head = (
        "| finding | facts alone (95 %) | image alone (95 %) | both (95 %) | both - image (95 %) |\n" + "|---" * 5 + "|"
    )
    columns = (alone.first, alone.second, told.second, told.difference)
    rows = zip([*told.findings, "macro"], *([*each.findings, each.macro] for each in columns), strict=True)
    return "\n".join([head, *(_format_row(name, estimates) for name, *estimates in rows)])


def _format_row(name: str, estimates: Sequence[Estimate]) -> str:
    *levels, difference = estimates
    cells = [format_interval(level, signed=False) for level in levels] + [format_interval(difference)]
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
