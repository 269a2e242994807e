"""The noise study of the README: AUROC against dose, trained with and without noise augmentation.

Run in an empty folder, with the package installed: `python noise_study.py`. Writes noise.md and noise.png there.
Each trains once on phantoms at full dose; both are tested on the same 400 other phantoms, rendered at each dose.
"""

import subprocess
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from xray_resnet.evaluation.compare import Comparison, compare

DOSE_FRACTIONS = (1.0, 0.5, 0.25, 0.1, 0.02, 0.005)
RECIPE = (
    *(
        "--model.base_width",
        "64",
        "--train.epochs",
        "12",
        "--train.smaller_first",
        "{}",
        "--train.learning_rate",
        "1e-3",
    ),
    *("--augment.geometry", "0.7", "--augment.exposure", "0.5"),
)
"""A ResNet-50 of full width, longer than the demo's."""
WITH_NOISE = ("--augment.quantum_noise", "0.5", "--augment.electronic_noise", "0.3")
WITHOUT_NOISE = ("--augment.quantum_noise", "0", "--augment.electronic_noise", "0")
NAMES = ("without", "with")


def main() -> None:
    """Trains both, tests both at each dose, writes the table and the plot."""
    train("without", *WITHOUT_NOISE)
    train("with", *WITH_NOISE)
    comparisons = [test_at(dose_fraction) for dose_fraction in DOSE_FRACTIONS]
    Path("noise.md").write_text(format_table(comparisons))
    plot(comparisons, Path("noise.png"))
    print(format_table(comparisons))


def train(name: str, *options: str) -> None:
    """Trains once; a run that is there is kept."""
    if not [*Path("runs").glob(f"{name}-*/bundle")]:
        run("xray-train", "--config", "chestxray.yaml", "--name", name, *RECIPE, *options)


def test_at(dose_fraction: float) -> Comparison:
    """Both models on the same phantoms, rendered at one dose."""
    dataset = Path(f"datasets/dose-{dose_fraction}")
    run(
        "xray-prep", "--config", "chestxray.yaml", "--data.cache", str(dataset),
        "--data.phantom.count", "400", "--data.phantom.seed", "7", "--data.phantom.dose_fraction", str(dose_fraction),
    )  # fmt: skip
    folders = [evaluate(name, dataset) for name in NAMES]
    return compare(*folders)


def evaluate(name: str, dataset: Path) -> Path:
    """The evaluation folder of the run of that name over the whole dataset."""
    newest = max(Path("runs").glob(f"{name}-*"))
    run("xray-eval", "--run", str(newest), "--data", str(dataset), "--split", "all")
    return newest / "eval" / f"{dataset.name}-all"


def run(*command: str) -> None:
    """Runs one command of the project, showing it."""
    print("$", *command, flush=True)
    subprocess.run(command, check=True)


def format_table(comparisons: list[Comparison]) -> str:
    """Macro AUROC of both and the paired difference, a row per dose."""
    rows = ["| dose fraction | without noise augmentation | with | difference (95 %) |", "|---|---|---|---|"]
    for dose_fraction, found in zip(DOSE_FRACTIONS, comparisons, strict=True):
        change = found.difference.macro
        rows.append(
            f"| {dose_fraction:g} | {found.first.macro.value:.3f} | {found.second.macro.value:.3f} "
            f"| {change.value:+.3f} ({change.low:+.3f} … {change.high:+.3f}) |"
        )
    return "\n".join(rows) + "\n"


def plot(comparisons: list[Comparison], path: Path) -> None:
    """Macro AUROC against dose with 95 % intervals, both models in one picture."""
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    sides = (("without", "#b4532a", [c.first.macro for c in comparisons]),
             ("with", "#1f5f8b", [c.second.macro for c in comparisons]))  # fmt: skip
    for name, colour, macros in sides:
        values = np.array([macro.value for macro in macros])
        spread = np.array([[v - m.low, m.high - v] for v, m in zip(values, macros, strict=True)]).T
        axes.errorbar(
            DOSE_FRACTIONS, values, spread, marker="o", capsize=3, color=colour, label=f"{name} noise augmentation"
        )
    axes.set(xscale="log", xlabel="dose fraction (1 = 10⁴ quanta per pixel in mid lung)", ylabel="macro AUROC")
    axes.set_xticks(DOSE_FRACTIONS, [f"{dose_fraction:g}" for dose_fraction in DOSE_FRACTIONS])
    axes.invert_xaxis()
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
