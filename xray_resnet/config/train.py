"""Section `train`: how the network is trained."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from xray_resnet.bounds import bounded
from xray_resnet.config.model import SMALLEST_INPUT
from xray_resnet.findings import Policy
from xray_resnet.methods import Robust, Teacher
from xray_resnet.precision import RequestedPrecision


@dataclass
class TrainConfig:
    """How the network is trained."""

    output: Path = Path("runs")
    """Folder in which each run makes its own folder."""
    epochs: int = bounded(10, least=1)
    """Passes over the training images."""
    batch_size: int = bounded(32, least=2)
    """Images per step."""
    smaller_first: dict[int, float] = field(default_factory=dict)
    """Input size → share of the epochs at it, in this order, before the rest at `model.image_size`; half the size takes
    a quarter of the time."""
    learning_rate: float = bounded(1e-3, above=0)
    """Peak learning rate of AdamW."""
    weight_decay: float = bounded(0.01, least=0)
    """Decoupled weight decay; none on norms and biases."""
    warmup: float = bounded(0.1, least=0, most=1)
    """Share of the steps in which the learning rate rises; a cosine follows."""
    positive_weighting: bool = True
    """Weight positives by the square root of negatives over positives, at most 10."""
    uncertain: Policy = "ignore"
    """What an uncertain label counts as."""
    unmentioned: Policy = "zeros"
    """What an unmentioned finding counts as."""
    robust: Robust = "augment"
    """What training does with the images that the augmentation corrupts. augment: learns from them; half_clean: half of
    each batch gets geometry alone; consistency: learns from clean images and holds the network's answer to the
    corrupted view of each to its answer to the clean one (Hendrycks et al. 2020), at twice the time per image."""
    consistency_weight: float = bounded(1.0, least=0)
    """Weight of the Bernoulli KL divergence between both views, if `robust` is consistency."""
    teacher: Teacher = "clean"
    """Whose answer to the clean view the corrupted one is held to: clean: the network's own; average: that of the
    averaged weights, at the cost of one more pass without gradient."""
    auxiliary_norm: bool = False
    """Normalise corrupted images by batch norms of their own, which are not delivered (Xie et al. 2020, Han et al.
    2021), if `robust` is half_clean or consistency."""
    ema_decay: float = bounded(0.99, least=0, below=1)
    """Decay of the averaged weights that are evaluated and delivered; 0: none."""
    patience: int = bounded(10, least=1)
    """Epochs without a better validation macro AUROC after which training stops."""
    precision: RequestedPrecision = "auto"
    """auto takes bf16 only where the processor computes in it."""
    accelerator: str = "auto"
    """Lightning's accelerator: auto, cpu, gpu, …"""
    workers: int = bounded(0, least=0)
    """Processes that load and augment; 0: in the training process."""
    threads: int = bounded(0, least=0)
    """Threads of torch; 0: torch's own choice, or those of a CPU quota."""
    seed: int = bounded(0, least=0)
    """Seed of weights, order and augmentation."""

    def list_mistakes(self) -> Iterator[str]:
        """Smaller inputs that leave no epoch at the full size, or are not inputs; methods that lack what they need."""
        shares = self.smaller_first.values()
        if any(size < SMALLEST_INPUT for size in self.smaller_first):
            yield f"smaller_first is {self.smaller_first}, expected sizes of at least {SMALLEST_INPUT}"
        if any(not share > 0 for share in shares) or not sum(shares) < 1:
            yield f"smaller_first is {self.smaller_first}, expected shares above 0 that leave some for the full size"

        if self.robust == "consistency" and self.teacher == "average" and not self.ema_decay:
            yield "teacher is average, but ema_decay is 0: there is no average; raise it or take clean"
        if self.auxiliary_norm and self.robust == "augment":
            yield "auxiliary_norm is true, but robust is augment: no image is clean; take half_clean or consistency"
        if self.auxiliary_norm and self.batch_size < 4:
            yield f"auxiliary_norm needs a batch_size of at least 4, not {self.batch_size}: two images for each norm"

    def list_first_sizes(self) -> list[int]:
        """The input size of each of the first epochs that have one of their own."""
        return [size for size, share in self.smaller_first.items() for _ in range(int(share * self.epochs))]
