"""Does the audit find wrong labels? Labels of real films are turned round, and the audit is asked which ones.

  python -m docs.label_audit_study trained RUN OUTPUT [--share 0.05] [--seeds 1 2 3] [--folds 5]
  python -m docs.label_audit_study own RUN FINDING [--data DATASET] [--split test] [--share 0.05] [--seeds 0 … 9]
  python -m docs.label_audit_study simulated [--share 0.05]

`trained` turns a share of all labels of the run's dataset round, whichever they are, and audits all films by networks
that are trained on the turned labels, each without a fold of the patients. What is done is kept: it goes on where it
stopped. `own` turns labels of films that the run's network was not fitted to, and holds its own scores against logistic
regression on its pooled features, cross-fitted by patient. `simulated` draws scores of known AUROC instead of films.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from docs.studies.datasets import turn_labels
from xray_resnet.audit.retrain import RunRetraining
from xray_resnet.bundle import load_model, read_bundle
from xray_resnet.cli.common import show_progress
from xray_resnet.evaluation.evidence import Chance
from xray_resnet.evaluation.label_audit import FindingAudit, audit_finding
from xray_resnet.evaluation.subject import open_subject
from xray_resnet.metrics import Estimate, auroc
from xray_resnet.metrics.shares import estimate_shares
from xray_resnet.runs import Run
from xray_resnet.store import Dataset, open_dataset
from xray_resnet.store.schema import DESCRIPTION_FILE

Bools = NDArray[np.bool_]
COLUMNS = (
    "labels from", "seed", "turned", "AUROC, labels as turned", "precision of the first (95 %)", "recall",
    "listed", "precision", "mean doubt", "mean of the other label",
    "recall of the list", "wrong, estimated (95 %)", "wrong, turned",
)  # fmt: skip
PENALTY = 1e-3
"""Inverse strength C of the L2 penalty of the regression; 1e-4 and 1e-2 differ by less than the seeds."""
SIMULATED = (0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
FILMS = 5000
CHANCE = Chance(500)


@dataclass(frozen=True)
class Planted:
    """Labels of one finding of which some were turned round.

    Attributes:
        states: (N,) as they are then.
        turned: (N,) which were.
        patients: (N,) identifiers.
    """

    states: NDArray[np.int8]
    turned: Bools
    patients: NDArray[np.str_]


def main(arguments: Sequence[str]) -> int:
    """Prints a table in Markdown; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["trained", "own", "simulated"])
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("output_or_finding", nargs="?")
    parser.add_argument("--data", type=Path, help="another dataset than the run's")
    parser.add_argument("--split", default="test")
    parser.add_argument("--share", type=float, default=0.05, help="of the labels that are turned round")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args(arguments)
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    for name, seed, planted, logits in LISTS[options.kind](options):
        print(format_row(name, seed, planted, logits), flush=True)
    return 0


Case = tuple[str, int, Planted, NDArray[np.float32]]


def list_trained(options: argparse.Namespace) -> Iterator[Case]:
    """All films of the run's dataset, by networks trained on turned labels."""
    run, output = Run.open(options.run), Path(options.output_or_finding)
    source = open_dataset(run.find_dataset())
    retraining = RunRetraining(run, options.folds, show_progress, print_to_log)
    for seed in options.seeds:
        turned = draw(len(source), options.share, seed)
        folder = output / f"turned-{options.share:g}-{seed}"
        if not (folder / DESCRIPTION_FILE).is_file():
            turn_labels(source, folder, source.findings[0], np.flatnonzero(turned))
        dataset = open_dataset(folder)
        logits = retraining.judge(dataset, source.findings[:1])[:, 0]
        yield f"{options.folds} folds", seed, Planted(dataset.states[:, 0], turned, dataset.patient_ids), logits


def list_own(options: argparse.Namespace) -> Iterator[Case]:
    """Films that the run's network was not fitted to, by its scores and by regression on its features."""
    run, finding = Run.open(options.run), options.output_or_finding
    subject = open_subject(
        run.folder, dataset=options.data or run.find_dataset(), split=options.split, precision="fp32"
    )
    dataset, column = subject.dataset, subject.dataset.findings.index(finding)
    rows = subject.rows[np.isin(dataset.states[subject.rows, column], (0, 1))]
    states, patients = dataset.states[rows, column], dataset.patient_ids[rows]
    logits, features = compute_features(run, dataset, rows, finding)
    for seed in options.seeds:
        turned = draw(len(rows), options.share, seed)
        planted = Planted(np.where(turned, 1 - states, states).astype(np.int8), turned, patients)
        yield "the network's scores", seed, planted, logits
        yield "regression on features", seed, planted, regress(features, planted)


def list_simulated(options: argparse.Namespace) -> Iterator[Case]:
    """Scores of two normal distributions as far apart as an AUROC asks, a film a patient, a third with the finding."""
    from scipy.stats import norm

    for true_auroc in SIMULATED:
        for seed in options.seeds:
            generator = np.random.default_rng(seed)
            truth = generator.random(FILMS) < 1 / 3
            logits = generator.normal(size=FILMS) + np.sqrt(2) * norm.ppf(true_auroc) * truth
            turned = draw(FILMS, options.share, seed)
            planted = Planted((truth ^ turned).astype(np.int8), turned, np.arange(FILMS).astype(str))
            yield f"AUROC {true_auroc}", seed, planted, logits.astype(np.float32)


LISTS: dict[str, Callable[[argparse.Namespace], Iterator[Case]]] = {
    "trained": list_trained,
    "own": list_own,
    "simulated": list_simulated,
}


def draw(count: int, share: float, seed: int) -> Bools:
    """(count,) which labels are turned."""
    chosen = np.random.default_rng(seed).choice(count, round(share * count), replace=False)
    return np.isin(np.arange(count), chosen)


def compute_features(
    run: Run, dataset: Dataset, rows: NDArray[np.int64], finding: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(n,) logits of a finding and (n, C) pooled features of films."""
    bundle = read_bundle(run.folder)
    model, output = load_model(bundle), bundle.metadata.findings.index(finding)
    logits, features = [], []
    with torch.inference_mode():
        for row in rows.tolist():
            image = torch.from_numpy(bundle.model_input(dataset.pixels(row)))[None, None]
            activation = model.forward_features(image)
            logits.append(model.forward_head(activation)[0, output].item())
            features.append(activation.mean(dim=(2, 3))[0].numpy())
    return np.array(logits, np.float32), np.stack(features)


def regress(features: NDArray[np.float32], planted: Planted) -> NDArray[np.float32]:
    """(N,) logits of regression on the features, each by a fit without the patient."""
    logits = np.empty(len(features), np.float32)
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    for others, left_out in folds.split(features, planted.states, planted.patients):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=2000))
        model.fit(features[others], planted.states[others])
        logits[left_out] = model.decision_function(features[left_out])
    return logits


def format_row(name: str, seed: int, planted: Planted, logits: NDArray[np.float32]) -> str:
    """What the audit finds: in as many labels as were turned, the first of its order, and in its list."""
    audit = audit_finding("", planted.states, logits, patients=planted.patients, chance=CHANCE)
    turned = planted.turned
    cells: list[object] = [name, seed, f"{turned.sum()} of {len(turned)}", f"{auroc(planted.states, logits):.3f}"]
    if audit.noise is None:
        return "| " + " | ".join(map(str, [*cells, audit.why_null])) + " |"
    first = choose_first(audit, int(turned.sum()))
    cells += [format_share(measure(turned, first, planted.patients)), format_recall(turned, first)]
    listed = audit.listed
    cells += [listed.sum(), f"{turned[listed].mean():.3f}", f"{audit.doubts[listed].mean():.3f}"]
    cells += [f"{np.abs(audit.labels - audit.probabilities)[listed].mean():.3f}"]
    cells += [format_recall(turned, listed)]
    cells += [format_share(audit.noise.wrong), f"{turned.mean():.3f}"]
    return "| " + " | ".join(map(str, cells)) + " |"


def choose_first(audit: FindingAudit, count: int) -> Bools:
    """(N,) the labels at the head of the audit's order, on its list or not."""
    unlike = np.abs(audit.labels - audit.probabilities)
    order = np.lexsort((-unlike, -audit.doubts))
    return np.isin(np.arange(len(order)), order[:count])


def measure(turned: Bools, chosen: Bools, patients: NDArray[np.str_]) -> Estimate:
    """The share of the chosen labels that were turned, with its interval over the patients."""
    (share,) = estimate_shares(
        [turned], [chosen], patients=patients, generator=CHANCE.generator(), why_none=["no label"]
    )
    return share


def format_recall(turned: Bools, chosen: Bools) -> str:
    """The share of the turned labels that were chosen."""
    return f"{turned[chosen].sum() / turned.sum():.3f}" if turned.any() else "–"


def format_share(estimate: Estimate) -> str:
    """A share with its interval."""
    if estimate.value is None:
        return "–"
    if estimate.low is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f} … {estimate.high:.3f})"


def print_to_log(line: str) -> None:
    """Shows what a training announces, beside the table."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
