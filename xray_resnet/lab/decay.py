"""What a decaying identity does to the features (Zhang et al. 2024, arXiv 2404.10947)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from xray_resnet.lab.bench import Bench
from xray_resnet.lab.claims import Claim
from xray_resnet.lab.experiment import Experiment, Outcome
from xray_resnet.lab.figures import MODEL, Figure, new_figure
from xray_resnet.lab.scores import estimate_mean, unless_ignorant
from xray_resnet.lab.small_networks import describe_network
from xray_resnet.lab.training import train_network
from xray_resnet.models import PreActResNet


def measure_rank(features: NDArray[np.generic]) -> float:
    """Effective rank: the exponential of the entropy of the singular values (Roy & Vetterli 2007, section 2).

    Args:
        features: (N, C), centred here.
    """
    values = np.linalg.svd(np.asarray(features, float) - features.mean(axis=0), compute_uv=False)
    shares = values[values > 0] / values.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


@torch.inference_mode()
def read_features(model: PreActResNet, images: torch.Tensor) -> NDArray[np.float32]:
    """(N, C) pooled features."""
    pooled = [model.forward_features(batch).mean(dim=(2, 3)) for batch in torch.split(images, 200)]
    features: NDArray[np.float32] = torch.cat(pooled).numpy()
    return features


def _measure(bench: Bench) -> Outcome:
    alphas = bench.choose([1.0, 0.7], [1.0, 0.9, 0.8, 0.7, 0.6])
    depth, seeds, epochs = bench.choose(8, 56), bench.choose(3, 5), bench.choose(8, 10)
    images = bench.small_images
    ranks, aurocs = np.zeros((seeds, len(alphas))), np.zeros((seeds, len(alphas)))
    with bench.show("training", "networks") as progress:
        for seed in range(seeds):
            for place, alpha in enumerate(alphas):
                parts = describe_network(depth, gate="decayed_identity", alpha_min=alpha)
                trained = train_network(bench, f"alpha-{alpha}-{seed}", parts, epochs=epochs, seed=seed)
                ranks[seed, place] = measure_rank(read_features(trained.model, images))
                aurocs[seed, place] = trained.score
                progress(seed * len(alphas) + place + 1, seeds * len(alphas))
    decayed = alphas.index(0.7)
    data = {"alphas": alphas, "ranks": ranks.tolist(), "aurocs": aurocs.tolist()}
    return Outcome(
        estimate=unless_ignorant(estimate_mean(ranks[:, decayed] / ranks[:, 0]), aurocs),
        found=_tell(data),
        data=data,
        settings={"seeds": seeds, "epochs": epochs, "depth": depth},
    )


def _tell(data: Mapping[str, Any]) -> str:
    ranks, aurocs = (np.mean(data[name], axis=0) for name in ("ranks", "aurocs"))
    words = [
        f"at α_min {alpha:g} the effective rank is {rank:.1f} and the macro AUROC {auroc:.3f}"
        for alpha, rank, auroc in zip(data["alphas"], ranks, aurocs, strict=True)
    ]
    return f"Mean over the seeds: {'; '.join(words)}."


def _draw(data: Mapping[str, Any]) -> Figure:
    figure, panels = new_figure(2)
    for axes, name, title in zip(
        panels, ("ranks", "aurocs"), ("effective rank of the features", "macro AUROC"), strict=True
    ):
        for values in data[name]:
            axes.plot(data["alphas"], values, "o-", markersize=3, linewidth=1, color=MODEL, alpha=0.6)
        axes.set_xlabel("α_min; 1: a pure identity")
        axes.set_title(f"{title}, by seed")
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
)
