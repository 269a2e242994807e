"""Mixup: images and targets blended in pairs (Zhang et al. 2018)."""

import numpy as np
import torch

from xray_resnet.data import KNOWN, Batch


def mix_pairs(batch: Batch, alpha: float, *, generator: np.random.Generator) -> Batch:
    """A batch in which each image is λ of itself and 1 - λ of another, and its target likewise.

    Every view, and what the network is told beside it, is blended with the same partner and λ. A blended label is
    known if both are.

    Args:
        batch: Images, targets and views.
        alpha: λ is drawn from Beta(α, α), once for the batch.
        generator: Draws λ and the partners.
    """
    share = float(generator.beta(alpha, alpha))
    partner = torch.from_numpy(generator.permutation(len(batch.image))).to(batch.image.device)

    def blend(values: torch.Tensor) -> torch.Tensor:
        return share * values + (1 - share) * values[partner]

    views = {name: blend(view) for name, view in batch.views.items()}
    facts = batch.facts | ({KNOWN: blend(batch.facts[KNOWN])} if KNOWN in batch.facts else {})
    return batch._replace(image=blend(batch.image), targets=blend(batch.targets), facts=facts, views=views)
