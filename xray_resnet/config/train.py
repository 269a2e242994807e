"""Section `train`: how the network is trained."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from xray_resnet.bounds import bounded
from xray_resnet.config.model import SMALLEST_INPUT
from xray_resnet.findings import Policy
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
        """Smaller inputs that leave no epoch at the full size, or are not inputs."""
        shares = self.smaller_first.values()
        if any(size < SMALLEST_INPUT for size in self.smaller_first):
            yield f"smaller_first is {self.smaller_first}, expected sizes of at least {SMALLEST_INPUT}"
        if any(not share > 0 for share in shares) or not sum(shares) < 1:
            yield f"smaller_first is {self.smaller_first}, expected shares above 0 that leave some for the full size"

    def list_first_sizes(self) -> list[int]:
        """The input size of each of the first epochs that have one of their own."""
        return [size for size, share in self.smaller_first.items() for _ in range(int(share * self.epochs))]
