"""How a network is trained, as plain values: all that `fit_network` asks for beside the model and the task."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from xray_resnet.data import Augmentation
from xray_resnet.methods import EmaDecay, LossName, OptimiserName, Robust, Sampling, Teacher
from xray_resnet.torch_engine import Engine
from xray_resnet.training.distributed import ALONE, Processes


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a network is trained.

    Attributes:
        engine: Device and precision.
        epochs: Passes over the training images.
        batch_size: Images per batch, of all processes together.
        accumulate: Batches whose gradients make one step.
        processes: Those that train together.
        sharded: Whether weights and optimiser are spread over them (FSDP), not copied (DDP).
        optimiser: Which, of `steps.optimiser.OPTIMISERS`.
        momentum: Of SGD.
        learning_rate: Its peak.
        weight_decay: Of AdamW decoupled, of SGD added to the gradient; none on norms and biases.
        warmup: Share of the steps in which the learning rate rises.
        sampling: How often an epoch has each image, of `loading.balance.SAMPLINGS`.
        loss: Which, of `losses.LOSSES`.
        loss_numbers: Those that the loss asks for, by name.
        positive_weighting: Whether positives weigh √(negatives / positives) in the cross-entropy.
        ema_decay: Most decay of the averaged weights; auto: unlimited, it rises with the steps; 0: no average.
        clip_norm: Largest norm of the gradient; 0: unlimited.
        patience: Epochs without a better validation score after which training stops.
        mixup: α of the Beta distribution of mixup; 0: none.
        soup_epochs: Last epochs whose weights are averaged at the end; 0: none.
        augmentation: Of the training images; None: as they are.
        robust: What training does with the images that the augmentation corrupts.
        consistency_weight: Of the divergence between both views in the loss, if `robust` is consistency.
        teacher: Whose view of the clean image it is measured from.
        auxiliary_norm: Whether corrupted images are normalised by norms of their own.
        hide_facts: Probability that a fact of a training image is hidden from the network.
        first_sizes: Size of the input in the first epochs, one each.
        workers: Processes that load and augment; 0: in the training process.
        threads: Of torch; 0: its own choice.
        seed: Of order and augmentation.
    """

    engine: Engine
    epochs: int
    batch_size: int = 32
    accumulate: int = 1
    processes: Processes = ALONE
    sharded: bool = False
    optimiser: OptimiserName = "adamw"
    momentum: float = 0.9
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    sampling: Sampling = "shuffled"
    loss: LossName = "bce"
    loss_numbers: Mapping[str, float] = field(default_factory=dict)
    positive_weighting: bool = True
    ema_decay: EmaDecay = "auto"
    clip_norm: float = 1.0
    patience: int = 10
    mixup: float = 0.0
    soup_epochs: int = 0
    augmentation: Augmentation | None = None
    robust: Robust = "augment"
    consistency_weight: float = 1.0
    teacher: Teacher = "clean"
    auxiliary_norm: bool = False
    hide_facts: float = 0.0
    first_sizes: tuple[int, ...] = ()
    workers: int = 0
    threads: int = 0
    seed: int = 0

    @property
    def images_at_once(self) -> int:
        """Images of a batch that one process computes."""
        return self.batch_size // self.processes.count

    def describe_place(self) -> str:
        """Where and in which precision, in words."""
        many = f" in {self.processes.count} processes" if self.processes.count > 1 else ""
        return f"in {self.engine.precision} ({self.engine.instruction_set}){many}"
