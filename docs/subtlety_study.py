"""How findings are missed as they grow subtle: `python subtlety_study.py RUN` in any folder; prints a table.

Renders 1500 phantoms that the run never saw and evaluates it on them. A row is a subtlety of the phantom, from 1,
obvious, to 5; its AUROC ranks the images with the finding at that subtlety against all images without it.
"""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from sklearn.metrics import roc_auc_score

from data_prep.identity import hash_name, read_or_make_key, resolve_key_path
from xray_resnet.findings import PHANTOM, column_prefix

DATASET = Path("datasets/subtlety")
LEVELS = "12345"


def main(arguments: list[str]) -> int:
    """Prints the table; returns the exit code."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    run = Path(arguments[0])
    render = ("--data.phantom.count", "1500", "--data.phantom.seed", "17", "--data.cache", str(DATASET))
    subprocess.run(["xray-prep", "--config", "chestxray.yaml", *render], check=True)
    subprocess.run(["xray-eval", "--run", str(run), "--data", str(DATASET), "--split", "all"], check=True)
    print(format_table(read_scores(run / "eval" / f"{DATASET.name}-all" / "predictions.parquet"), read_labels()))
    return 0


def read_scores(predictions: Path) -> dict[str, dict[str, float]]:
    """Image id → its row of the evaluation."""
    return {row["image_id"]: row for row in pq.read_table(predictions).to_pylist()}


def read_labels() -> dict[str, dict[str, str]]:
    """Image id → its row of the phantom's labels."""
    key = read_or_make_key(resolve_key_path(None))
    with (DATASET.with_name(f"{DATASET.name}-source") / "labels.csv").open() as file:
        return {hash_name(key, "image", row["file"]): row for row in csv.DictReader(file)}


def format_table(scores: dict[str, dict[str, float]], labels: dict[str, dict[str, str]]) -> str:
    """AUROC by subtlety (rows) and finding (columns), as Markdown."""
    lines = [f"| subtlety | {' | '.join(PHANTOM)} |", "|---|" + "---|" * len(PHANTOM)]
    for level in LEVELS:
        aurocs = [f"{auroc_at(level, finding, scores, labels):.2f}" for finding in PHANTOM]
        lines.append(f"| {level} | {' | '.join(aurocs)} |")
    return "\n".join(lines)


def auroc_at(level: str, finding: str, scores: dict[str, dict[str, float]], labels: dict[str, dict[str, str]]) -> float:
    """AUROC of the images with the finding at one subtlety against all without it."""
    kept = [name for name in scores if labels[name][f"{finding}_subtlety"] in ("", level)]
    truth = np.array([labels[name][finding] == "1" for name in kept])
    return float(roc_auc_score(truth, [scores[name][f"{column_prefix(finding)}_score"] for name in kept]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
