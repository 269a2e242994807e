"""Section `train`: how the network is trained."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from xray_resnet.bounds import bounded
from xray_resnet.config.losses import AsymmetricConfig, AucMarginConfig, FocalConfig, PolicyConfig
from xray_resnet.config.model import SMALLEST_INPUT
from xray_resnet.findings import Policy
from xray_resnet.methods import LossName, OptimiserName, Robust, Sampling, Teacher
from xray_resnet.precision import RequestedPrecision


@dataclass
class TrainConfig:
    """How the network is trained."""

    output: Path = Path("runs")
    """Folder in which each run makes its own folder."""
    epochs: int = bounded(10, least=1)
    """Passes over the training images."""
    batch_size: int = bounded(32, least=2)
    """Images per batch, of all processes together."""
    accumulate: int = bounded(1, least=1)
    """Batches whose gradients make one step, so that a step sees `batch_size` times as many images; batch norms see one
    batch."""
    devices: int = bounded(0, least=0)
    """Processes that train together on each machine, one a GPU; 0: those that torchrun or SLURM has started, or one."""
    nodes: int = bounded(0, least=0)
    """Machines that train together; 0: those that torchrun or SLURM has started on, or one."""
    strategy: Literal["ddp", "fsdp"] = "ddp"
    """How several GPUs share the work. ddp: each has all weights; fsdp: each has a part of them and of the optimiser,
    for networks that do not fit."""
    smaller_first: dict[int, float] = field(default_factory=dict)
    """Input size → share of the epochs at it, in this order, before the rest at `model.image_size`; half the size takes
    a quarter of the time."""
    optimiser: OptimiserName = "adamw"
    """adamw (Loshchilov and Hutter 2019), or sgd: gradient descent with momentum, as He et al. 2016 trained; it takes a
    learning rate about a hundred times as high, and a weight decay of about 1e-4."""
    momentum: float = bounded(0.9, least=0, below=1)
    """Momentum of sgd."""
    learning_rate: float = bounded(1e-3, above=0)
    """Peak learning rate; `--find-lr` suggests one."""
    weight_decay: float = bounded(0.01, least=0)
    """Weight decay, of adamw decoupled, of sgd added to the gradient; none on norms and biases."""
    warmup: float = bounded(0.1, least=0, most=1)
    """Share of the steps in which the learning rate rises; a cosine follows."""
    sampling: Sampling = "shuffled"
    """How often an epoch has each image. shuffled: once; class_balanced: images with rare findings more often (Gupta et
    al. 2019); patient_balanced: every patient equally often. An epoch has as many images as there are, always."""
    loss: LossName = "bce"
    """bce: cross-entropy; focal: focal loss (Lin et al. 2017); asymmetric: asymmetric loss (Ridnik et al. 2021);
    auc_margin: AUC margin loss (Yuan et al. 2021). Only the scores of bce are near the probabilities."""
    focal: FocalConfig = field(default_factory=FocalConfig)
    asymmetric: AsymmetricConfig = field(default_factory=AsymmetricConfig)
    auc_margin: AucMarginConfig = field(default_factory=AucMarginConfig)
    positive_weighting: bool = True
    """Weight positives by the square root of negatives over positives, at most 10, if the loss is bce; the network's
    scores stay at the base rate, for the loss takes the logarithm of the weight into account."""
    uncertain: Policy = "ignore"
    """What an uncertain label counts as in training: ignore, zeros, ones, smooth (0.5), smooth_zeros (0.15) or
    smooth_ones (0.7, Pham et al. 2021). Validation counts labels as evaluation does."""
    unmentioned: Policy = "zeros"
    """What an unmentioned finding counts as in training."""
    policies: dict[str, PolicyConfig] = field(default_factory=dict)
    """Finding → what its unclear labels count as in training, where it is not what others do."""
    mixup: float = bounded(0.0, least=0)
    """α of mixup: each image is blended with another by a share drawn from Beta(α, α) (Zhang et al. 2018); 0: none."""
    soup_epochs: int = bounded(0, least=0)
    """Last epochs whose weights are averaged when training ends (Izmailov et al. 2018, Wortsman et al. 2022); the
    average is delivered if validation prefers it; 0: none."""
    robust: Robust = "half_clean"
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
    ema_decay: float | Literal["auto"] = bounded("auto", least=0, below=1)
    """Decay of the averaged weights that are evaluated and delivered. auto: the horizon is a ninth of the steps so
    far, so that it grows with the data set (Karras et al. 2024); a number is the most that the decay rises to; 0: no
    average."""
    clip_norm: float = bounded(1.0, least=0)
    """Largest norm of the gradient of all weights together (Pascanu et al. 2013); longer ones are shortened to it; 0:
    none are."""
    patience: int = bounded(10, least=1)
    """Epochs without a better validation macro AUROC after which training stops."""
    checkpoint_minutes: float = bounded(10.0, least=0)
    """Minutes between checkpoints within an epoch, besides the one after each; 0: none within."""
    mlflow: str = ""
    """Address of an MLflow tracking server that gets the metrics, too (http://HOST:5000); empty: none. It needs the
    extra `mlflow`."""
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
        """Smaller inputs that leave no epoch at the full size, or are not inputs; methods without what they need."""
        shares = self.smaller_first.values()
        if any(size < SMALLEST_INPUT for size in self.smaller_first):
            yield f"smaller_first is {self.smaller_first}, expected sizes of at least {SMALLEST_INPUT}"
        if any(not share > 0 for share in shares) or not sum(shares) < 1:
            yield f"smaller_first is {self.smaller_first}, expected shares above 0 that leave some for the full size"

        if self.strategy == "fsdp" and (self.ema_decay or self.soup_epochs):
            yield "strategy is fsdp: weights in parts have no average; set ema_decay and soup_epochs to 0"
        if self.robust == "consistency" and self.teacher == "average" and not self.ema_decay:
            yield "teacher is average, but ema_decay is 0: there is no average; raise it or take clean"
        if self.auxiliary_norm and self.robust == "augment":
            yield "auxiliary_norm is true, but robust is augment: no image is clean; take half_clean or consistency"
        if self.auxiliary_norm and self.robust == "half_clean" and self.mixup:
            yield "auxiliary_norm with half_clean and mixup blends clean with corrupted images; leave one of them out"
        if self.auxiliary_norm and self.batch_size < 4:
            yield f"auxiliary_norm needs a batch_size of at least 4, not {self.batch_size}: two images for each norm"

    def list_first_sizes(self) -> list[int]:
        """The input size of each of the first epochs that have one of their own."""
        return [size for size, share in self.smaller_first.items() for _ in range(int(share * self.epochs))]
