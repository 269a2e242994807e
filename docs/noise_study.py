"""The noise study of the README: AUROC against dose, trained with and without noise augmentation, several times each.

Run in an empty folder, with the package installed: `python noise_study.py [--seeds 3] [--lesions coarse]`. Writes
noise.md, noise.csv and noise.png there. Every training is on phantoms at full dose; all are tested on the same 400
other phantoms, rendered at each dose. What is finished is kept, and a study that was interrupted goes on. Fine lesions
are rendered, stored and trained on at 512².
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import matplotlib.pyplot as plt
import numpy as np

from xray_resnet.config.sources import Lesions
from xray_resnet.evaluation.predictions import FILE, Predictions, read_predictions
from xray_resnet.files import write_csv, write_text
from xray_resnet.metrics import Estimate
from xray_resnet.metrics.bootstrap import RESAMPLES
from xray_resnet.metrics.robustness import Trainings, contrast, resample_trainings, state

DOSE_FRACTIONS = (1.0, 0.5, 0.25, 0.1, 0.02, 0.005)
"""The full dose first: what a recipe loses there is its price."""
MOST_PRICE = 0.003
"""AUROC at full dose that training with noise may cost."""
RECIPES = {
    "without": ("--augment.quantum_noise", "0", "--augment.electronic_noise", "0"),
    "with": (),
}
"""The demo's recipe with the noise that it comes with, and without."""
SETTINGS: dict[Lesions, tuple[str, ...]] = {
    "coarse": (),
    "fine": ("--data.phantom.lesions", "fine", "--data.phantom.size", "512", "--prep.size", "512"),
}
"""Lesions → settings of the phantoms."""
SIZES: dict[Lesions, tuple[str, ...]] = {
    "coarse": (),
    "fine": ("--model.image_size", "512", "--train.smaller_first", "{256: 0.38, 384: 0.32}"),
}
COLOURS = {"without": "#b4532a", "with": "#1f5f8b"}


@dataclass(frozen=True)
class Study:
    """Both recipes at every dose.

    Attributes:
        sides: Recipe → its trainings; the versions of the images are the doses.
    """

    sides: dict[str, Trainings]

    def auroc(self, recipe: str, dose: int) -> Estimate:
        """Macro AUROC at a dose, mean over the trainings."""
        return state(self.sides[recipe].version(dose))

    def difference(self, dose: int) -> Estimate:
        """With noise minus without, at a dose."""
        return contrast(*(self.sides[recipe].version(dose) for recipe in RECIPES))


def main(arguments: Sequence[str]) -> int:
    """Trains, tests, and writes table and plot; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each recipe")
    parser.add_argument("--lesions", choices=get_args(Lesions), default="coarse", help="how large the findings are")
    options = parser.parse_args(arguments)
    # A seed of both before the next, so that an early stop leaves pairs.
    trained = {(name, seed): train(name, seed, options.lesions) for seed in range(options.seeds) for name in RECIPES}
    runs = {name: [trained[name, seed] for seed in range(options.seeds)] for name in RECIPES}
    datasets = [render(dose_fraction, options.lesions) for dose_fraction in DOSE_FRACTIONS]
    answers = {name: [[test(run, data) for data in datasets] for run in of_recipe] for name, of_recipe in runs.items()}
    study = compare(answers)
    write_text(Path("noise.md"), format_table(study))
    write_aurocs(Path("noise.csv"), study)
    plot(study, Path("noise.png"))
    print(format_table(study))
    return 0


def train(name: str, seed: int, lesions: Lesions) -> Path:
    """The run of a recipe and a seed; one that is finished is kept, one that was interrupted goes on."""
    stem, dataset = f"{lesions}-{name}-{seed}", f"datasets/{lesions}"
    begun = sorted(Path("runs").glob(f"{stem}-*"))
    if begun and not (begun[-1] / "bundle").is_dir():
        call("xray-train", "--resume", str(begun[-1]))
    if not begun:
        options = (*SETTINGS[lesions], *SIZES[lesions], *RECIPES[name], "--train.seed", str(seed))
        call("xray-train", "--config", "chestxray.yaml", "--name", stem, "--data.cache", dataset, *options)
    return max(Path("runs").glob(f"{stem}-*"))


def render(dose_fraction: float, lesions: Lesions) -> Path:
    """The phantoms to test on, rendered at one dose."""
    dataset = Path(f"datasets/{lesions}-dose-{dose_fraction}")
    call(
        "xray-prep", "--config", "chestxray.yaml", "--data.cache", str(dataset), "--data.phantom.count", "400",
        "--data.phantom.seed", "7", "--data.phantom.dose_fraction", str(dose_fraction), *SETTINGS[lesions],
    )  # fmt: skip
    return dataset


def test(run: Path, dataset: Path) -> Predictions:
    """What a run says of a whole dataset; an evaluation that is there is kept."""
    folder = run / "eval" / f"{dataset.name}-all"
    if not (folder / FILE).is_file():
        call("xray-eval", "--run", str(run), "--data", str(dataset), "--split", "all")
    return read_predictions(folder)


def call(*command: str) -> None:
    """Runs one command of the project, showing it."""
    print("$", *command, flush=True)
    subprocess.run(command, check=True)


def compare(answers: dict[str, list[list[Predictions]]], *, resamples: int = RESAMPLES) -> Study:
    """Both recipes over the same patients.

    Args:
        answers: Recipe → trainings → doses.
        resamples: Of trainings and patients.
    """
    first = answers["with"][0][0]
    sides = {
        name: resample_trainings(
            first.labels,
            [[predictions.logits for predictions in training] for training in trainings],
            patients=first.patient_ids,
            recipe=recipe,
            seed=0,
            resamples=resamples,
        )
        for recipe, (name, trainings) in enumerate(answers.items())
    }
    return Study(sides)


def format_table(study: Study) -> str:
    """Macro AUROC of both and the paired difference, a row for each dose, and the price at full dose."""
    rows = ["| dose fraction | without noise augmentation | with | difference (95 %) |", "|---|---|---|---|"]
    for place, dose_fraction in enumerate(DOSE_FRACTIONS):
        without, trained = (study.auroc(name, place).value for name in RECIPES)
        rows.append(f"| {dose_fraction:g} | {without:.3f} | {trained:.3f} | {show_change(study.difference(place))} |")
    counts = " and ".join(f"{len(side.aurocs)} {name}" for name, side in study.sides.items())
    price = -(study.difference(0).value or 0.0)
    verdict = "reached" if price <= MOST_PRICE else "missed"
    rows += ["", f"Trainings: {counts}. Price at full dose {price:.4f}, wanted at most {MOST_PRICE}: {verdict}."]
    return "\n".join(rows) + "\n"


def show_change(change: Estimate) -> str:
    """A difference with its interval."""
    return f"{change.value:+.3f} ({change.low:+.3f} … {change.high:+.3f})"


def write_aurocs(path: Path, study: Study) -> None:
    """A row for each training and dose."""
    rows = [
        [name, seed, f"{dose_fraction:g}", f"{auroc:.6f}"]
        for name, side in study.sides.items()
        for seed, training in enumerate(side.aurocs)
        for dose_fraction, auroc in zip(DOSE_FRACTIONS, training, strict=True)
    ]
    write_csv(path, ["recipe", "seed", "dose_fraction", "auroc"], rows)


def plot(study: Study, path: Path) -> None:
    """Macro AUROC against dose: the mean over the trainings with its interval, and every training as a dot."""
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for name, side in study.sides.items():
        estimates = [study.auroc(name, place) for place in range(len(DOSE_FRACTIONS))]
        values = np.array([estimate.value for estimate in estimates])
        ends = np.array([[estimate.low, estimate.high] for estimate in estimates])
        label = f"{name} noise augmentation"
        axes.errorbar(
            DOSE_FRACTIONS, values, np.abs(ends - values[:, None]).T, capsize=3, color=COLOURS[name], label=label
        )
        axes.plot(DOSE_FRACTIONS, side.aurocs.T, ".", color=COLOURS[name], alpha=0.5)
    axes.set(xscale="log", xlabel="dose fraction (1 = 10⁴ quanta per pixel of 512² in mid lung)", ylabel="macro AUROC")
    axes.set_xticks(DOSE_FRACTIONS, [f"{dose_fraction:g}" for dose_fraction in DOSE_FRACTIONS])
    axes.invert_xaxis()
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
