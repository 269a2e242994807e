"""Consistency: a network should say of a corrupted image what it says of the clean one."""

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits


def consistency_loss(corrupted: Tensor, clean: Tensor) -> Tensor:
    """Mean Bernoulli KL divergence KL(clean ‖ corrupted) over images and findings, labelled or not.

    AugMix (Hendrycks et al. 2020) asks for the same by the Jensen-Shannon divergence of a softmax over
    classes; findings are not exclusive, so each is a distribution of its own here. No gradient runs through the clean
    view: the corrupted one is to follow it, not the other way about.

    Args:
        corrupted: (B, F) logits of the corrupted view.
        clean: (B, F) logits of the clean view.

    Returns:
        A scalar of at least 0, in nats.
    """
    held_to = clean.detach().float()
    probabilities = held_to.sigmoid()
    cross_entropy = binary_cross_entropy_with_logits(corrupted.float(), probabilities)
    entropy = binary_cross_entropy_with_logits(held_to, probabilities)
    return cross_entropy - entropy
