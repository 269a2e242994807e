"""What a decaying identity does to the features (Zhang et al. 2024, arXiv 2404.10947)."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim, format_interval
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import MODEL, Figure, draw_lines, new_figure
from xray_resnet.lab.propagation import recording
from xray_resnet.lab.scores import CHANCE, estimate_mean, unless_ignorant
from xray_resnet.lab.small_networks import BATCH_SIZE, EPOCHS, describe_network, read_images
from xray_resnet.lab.surgery import list_stages
from xray_resnet.lab.training import Plan, Trained, train_networks
from xray_resnet.metrics import macro_auroc
from xray_resnet.models import PreActResNet

PURE, DECAYED = 1.0, 0.7
"""α_min of a pure identity, and of the one that it is compared with."""
_PROBED = 1000
"""Training images at most that a probe learns from."""
Features = NDArray[np.float32]


def measure_rank(features: NDArray[np.generic]) -> float:
    """Effective rank: the exponential of the entropy of the singular values (Roy & Vetterli 2007, section 2).

    Args:
        features: (N, C), centred here.
    """
    values = np.linalg.svd(np.asarray(features, float) - features.mean(axis=0), compute_uv=False)
    shares = values[values > 0] / values.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


@torch.inference_mode()
def read_features(model: PreActResNet, images: Tensor) -> NDArray[np.float32]:
    """(N, C) pooled features."""
    pooled = [model.forward_features(batch).mean(dim=(2, 3)) for batch in torch.split(images, BATCH_SIZE)]
    features: NDArray[np.float32] = torch.cat(pooled).numpy()
    return features


@torch.inference_mode()
def read_stages(model: PreActResNet, images: Tensor) -> list[NDArray[np.float32]]:
    """Pooled output of the last unit of each stage, each (N, C)."""
    pooled = []
    with recording([stage[-1] for stage in list_stages(model)]) as kept:
        for batch in torch.split(images, BATCH_SIZE):
            model.forward_features(batch)
            pooled.append([kept[place].output.mean(dim=(2, 3)) for place in sorted(kept)])
    return [torch.cat(batches).numpy() for batches in zip(*pooled, strict=True)]


def probe(features: Features, targets: NDArray[np.float32], asked: Features) -> NDArray[np.float64]:
    """What linear classifiers of the features say, one for each finding (Alain & Bengio 2016): (M, F) scores.

    Args:
        features: (N, C) to learn from.
        targets: (N, F) of 1, 0 or NaN, which is left out; a finding of one class gets zeros.
        asked: (M, C).
    """
    scores = np.zeros((len(asked), targets.shape[1]))
    for column, truth in enumerate(targets.T):
        known = np.isfinite(truth)
        if len(np.unique(truth[known])) > 1:
            classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
            scores[:, column] = classifier.fit(features[known], truth[known]).decision_function(asked)
    return scores


def plan(bench: Bench) -> dict[tuple[int, float], Plan]:
    """Networks by α_min; at 1 the identity does not decay."""
    depth = bench.choose(14, 32)
    return {
        (repetition, alpha): Plan(describe_network(depth, **_decay(alpha)), EPOCHS, bench.draw_seed(repetition))
        for repetition in range(bench.choose(3, 4))
        for alpha in (PURE, DECAYED)
    }


def _decay(alpha: float) -> dict[str, Any]:
    """Parts of a network; the gate that would change nothing is left out, so that others share the network."""
    return {} if alpha == PURE else {"gate": "decayed_identity", "alpha_min": alpha}


def _measure(bench: Bench) -> Outcome:
    plans = plan(bench)
    trained, one = train_networks(bench, plans), plans[0, PURE]
    alphas, repetitions = sorted({alpha for _, alpha in plans}, reverse=True), len({key for key, _ in plans})
    images = bench.small_images

    def gather(measure: Callable[[Trained], Any]) -> NDArray[np.float64]:
        return np.asarray([[measure(trained[k, alpha]) for alpha in alphas] for k in range(repetitions)])

    ranks = gather(lambda each: measure_rank(read_features(each.model, images)))
    aurocs = gather(lambda each: each.score)
    rows = bench.task.rows["train"][:_PROBED]
    learned = read_images(bench.task, rows)
    probes = gather(lambda each: _probe_stages(bench, each.model, learned, bench.task.targets[rows]))
    decayed = alphas.index(DECAYED)
    data = {
        "alphas": alphas,
        "ranks": ranks.tolist(),
        "aurocs": aurocs.tolist(),
        "probes": probes.tolist(),
        "gain": asdict(estimate_mean(aurocs[:, decayed] - aurocs[:, 0])),
    }
    return Outcome(
        estimate=unless_ignorant(estimate_mean(ranks[:, decayed] / ranks[:, 0]), aurocs),
        found=_tell(data),
        data=data,
        settings={"repetitions": repetitions, "epochs": one.epochs, "units": sum(one.parts.stages)},
    )


def _probe_stages(bench: Bench, model: PreActResNet, learned: Tensor, targets: NDArray[np.float32]) -> list[float]:
    """Macro AUROC of a linear probe behind each stage, that learned from these images."""
    behind = zip(read_stages(model, learned), read_stages(model, bench.small_images), strict=True)
    return [macro_auroc(bench.small_labels, probe(some, targets, asked)) or CHANCE for some, asked in behind]


def _tell(data: Mapping[str, Any]) -> str:
    ranks, aurocs, probes = (np.mean(data[name], axis=0) for name in ("ranks", "aurocs", "probes"))
    words = [
        f"at α_min {alpha:g} the effective rank is {rank:.1f} and the macro AUROC {auroc:.3f}, that of linear probes "
        f"behind the stages {', '.join(f'{value:.3f}' for value in behind)}"
        for alpha, rank, auroc, behind in zip(data["alphas"], ranks, aurocs, probes, strict=True)
    ]
    return (
        f"Mean over the repetitions: {'; '.join(words)}. The macro AUROC at α_min {DECAYED:g}, less that of the pure "
        f"identity, is {format_interval(data['gain'])}."
    )


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, (*panels, right) = new_figure(3)
    for axes, name, title in zip(panels, ("ranks", "aurocs"), ("effective rank", "macro AUROC"), strict=True):
        for values in data[name]:
            axes.plot(data["alphas"], values, "o-", markersize=3, linewidth=1, color=MODEL, alpha=0.6)
        axes.set_xlabel("α_min; 1: a pure identity")
        axes.set_title(f"{title}, by repetition")
    behind = np.mean(data["probes"], axis=0)
    stages = [*range(1, behind.shape[1] + 1)]
    draw_lines(right, {f"α_min {alpha:g}": (stages, row) for alpha, row in zip(data["alphas"], behind, strict=True)})
    right.set_xticks(stages)
    right.set_xlabel("stage")
    right.set_title("AUROC of a linear probe behind it")
    return figure


EXPERIMENT = Experiment(
    name="decay",
    title="Decayed identity",
    question="Do features become simpler if the identity fades with depth?",
    claim=Claim(
        text="A decaying identity lowers the rank of the features and keeps the accuracy.",
        source="Zhang et al. 2024, arXiv 2404.10947",
        measure="effective rank of the features at α_min 0.7 over that of the pure identity",
        bound=1.0,
        side="below",
    ),
    measure=_measure,
    draw=_draw,
    plan=plan,
)
