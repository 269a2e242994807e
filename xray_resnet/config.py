"""Typed configuration: one section per stage, plain values with their defaults.

The docstring of a field is its `--help`; numbers stand beside their bounds. Builders unpack a section into plain
arguments; no model or metric sees one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from xray_resnet.bounds import bounded
from xray_resnet.findings import Policy
from xray_resnet.precision import RequestedPrecision

Source = Literal[
    "phantom", "nih_chestxray14", "chexpert", "mimic_cxr", "padchest", "rsna_pneumonia", "siim_pneumothorax",
    "vindr_cxr", "openi", "covid_chestxray", "image_folder", "table", "combined",
]  # fmt: skip

_ROUNDING = 1e-6
_SMALLEST_INPUT = 32


@dataclass
class PhantomConfig:
    """The synthetic radiographs that the project renders by itself."""

    count: int = bounded(2000, least=1)
    """How many radiographs to render."""
    size: int = bounded(256, least=64)
    """Rows and columns of each rendered radiograph."""
    seed: int = bounded(0, least=0)
    """Seed of anatomy, findings and noise; one seed, one dataset, byte for byte."""
    dose_fraction: float = bounded(1.0, above=0, most=100)
    """Mean exposure; 1 is 10⁴ quanta per pixel in mid lung."""


@dataclass
class ImageFolderConfig:
    """Class folders of images: the folder's name is the label."""

    classes: dict[str, list[str]] = field(default_factory=dict)
    """Class folder name → findings that are positive in it; every other finding is negative there."""
    patient_pattern: str = ""
    """Regular expression searched in the file name; its first group is the patient. Empty: as the headers say, or one
    patient a file where they are silent."""


@dataclass
class TableConfig:
    """Any CSV with a path, a patient and one column per finding."""

    csv: str = "labels.csv"
    """The table, relative to `data.root`."""
    path_column: str = "path"
    """Column with the image path, relative to `data.root`."""
    patient_column: str = "patient"
    """Column that names the patient; images of one patient never cross splits."""
    finding_columns: dict[str, str] = field(default_factory=dict)
    """Finding → column. Empty: every name of `data.findings` is its own column."""
    split_column: str = ""
    """Column with train, val or test; empty: split by patient."""


@dataclass
class MimicCxrConfig:
    """MIMIC-CXR: which of its two labellers to believe."""

    labeller: Literal["chexpert", "negbio"] = "chexpert"
    """The table of labels."""


@dataclass
class MemberConfig:
    """One source of several."""

    source: Source
    """The layout of the member."""
    folder: str
    """Its folder, relative to `data.root`."""
    image_folder: ImageFolderConfig = field(default_factory=ImageFolderConfig)
    table: TableConfig = field(default_factory=TableConfig)
    mimic_cxr: MimicCxrConfig = field(default_factory=MimicCxrConfig)


@dataclass
class CombinedConfig:
    """Several sources in one dataset."""

    members: dict[str, MemberConfig] = field(default_factory=dict)
    """Name of each member → its source, folder and settings."""


@dataclass
class SplitConfig:
    """How patients are divided."""

    train: float = bounded(0.7, least=0, most=1)
    """Share of the patients to train on."""
    val: float = bounded(0.1, least=0, most=1)
    """Share of the patients to choose the epoch on."""
    test: float = bounded(0.2, least=0, most=1)
    """Share of the patients to report on."""
    seed: int = bounded(0, least=0)
    """Seed of the division."""
    official: bool = True
    """Use the data set's own split where it has one; what it lacks of train, val and test is cut from its train."""

    @property
    def shares(self) -> dict[str, float]:
        """Split → share."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def list_mistakes(self) -> Iterator[str]:
        """Shares that are not shares of a whole."""
        total = sum(self.shares.values())
        if all(0 <= share <= 1 for share in self.shares.values()) and abs(total - 1) > _ROUNDING:
            yield f"train, val and test sum to {total:g}, expected 1"


@dataclass
class DataConfig:
    """Which radiographs, and where their dataset lies."""

    source: Source = "phantom"
    """The layout of the source."""
    root: Path | None = None
    """The source folder; the phantom needs none."""
    cache: Path | None = None
    """The dataset folder to build and to train from; default: datasets/ and the name of the source."""
    findings: list[str] = field(default_factory=list)
    """Findings to keep, in this order; empty: all that the source has."""
    phantom: PhantomConfig = field(default_factory=PhantomConfig)
    image_folder: ImageFolderConfig = field(default_factory=ImageFolderConfig)
    table: TableConfig = field(default_factory=TableConfig)
    mimic_cxr: MimicCxrConfig = field(default_factory=MimicCxrConfig)
    combined: CombinedConfig = field(default_factory=CombinedConfig)
    split: SplitConfig = field(default_factory=SplitConfig)

    @property
    def folder(self) -> Path:
        """The dataset folder."""
        return self.cache or Path("datasets") / self.source


@dataclass
class PrepConfig:
    """How a file becomes a stored image."""

    size: int = bounded(256, least=1, most=8192)
    """Rows and columns of the stored, square image."""
    dtype: Literal["uint8", "uint16"] = "uint8"
    """Type of the stored pixels."""
    max_pixels: int = bounded(100_000_000, least=1, most=1_000_000_000)
    """A file that declares more pixels is rejected before anything is allocated."""
    modalities: list[str] = field(default_factory=lambda: ["CR", "DX"])
    """Modality (0008,0060) values that a chest radiograph may carry; '' lets files without any pass."""
    body_parts: list[str] = field(default_factory=list)
    """Words in Body Part Examined (0018,0015) that mean the chest in your archive, besides those that are known."""
    accept_lateral: bool = False
    """Keep lateral views."""
    accept_secondary_capture: bool = True
    """Keep Secondary Captures, the format of RSNA and SIIM-ACR, and of screenshots."""
    crop: bool = False
    """Cut off collimated borders, black or white, that run along the edges."""
    duplicates: Literal["keep", "drop"] = "keep"
    """Images that are one radiograph, exactly or nearly: drop all but the first by name, or keep them in one split."""
    workers: int = bounded(0, least=0)
    """Processes that read and decode; 0: one per processor, as far as the memory suffices."""
    scale: Literal["local", "ray"] = "local"
    """Where they run: on this machine, or on a Ray cluster, with a process per core of it."""
    ray_address: str = "auto"
    """HOST:PORT of the cluster; auto: RAY_ADDRESS, else one that runs on this machine."""
    timeout_s: float = bounded(120.0, least=1)
    """A file that takes a worker longer is rejected."""
    memory_mib: int = bounded(4096, least=256)
    """Memory that a worker may take for its data; a file that asks for more is rejected."""
    hash_key: Path | None = None
    """File with the key of the patient hashes; default: XRAY_HASH_KEY, else one key in your configuration folder."""

    def list_mistakes(self) -> Iterator[str]:
        """Lists of words that let no file pass, or name nothing."""
        if not self.modalities:
            yield "modalities is [], expected names such as CR"
        if not all(word.strip() for word in self.body_parts):
            yield f"body_parts is {self.body_parts}, expected words such as CXR"


@dataclass
class ModelConfig:
    """The pre-activation ResNet (He et al. 2016b)."""

    depth: Literal[18, 34, 50, 101, 152] = 50
    """Layers; 18 and 34 use basic blocks, the others bottlenecks."""
    stem: Literal["imagenet", "small"] = "imagenet"
    """imagenet: 7×7 stride 2 and max-pooling; small: 3×3 stride 1."""
    base_width: int = bounded(64, least=8)
    """Channels of the first stage; with fewer than 8, convolutions on some processors end the process."""
    image_size: int = bounded(224, least=_SMALLEST_INPUT, most=8192)
    """Rows and columns of the network's input; stored images are resampled to it."""


@dataclass
class AugmentConfig:
    """Training augmentation; each p is the probability that an image gets it."""

    flip: float = bounded(0.0, least=0, most=1)
    """Probability of a left-right flip; off, because the heart's side is a sign."""
    geometry: float = bounded(0.7, least=0, most=1)
    """Probability of a rotation, shift and zoom, each drawn uniformly within its limit."""
    exposure: float = bounded(0.5, least=0, most=1)
    """Probability of a change of gamma, and of one of brightness and contrast."""
    quantum_noise: float = bounded(0.5, least=0, most=1)
    """Probability of quantum noise; the dose fraction is drawn log-uniformly from `dose_fraction` to 1."""
    electronic_noise: float = bounded(0.3, least=0, most=1)
    """Probability of electronic noise; σ is drawn uniformly from 0 to `electronic_sigma`."""
    dose_fraction: float = bounded(0.05, above=0, most=1)
    """Lowest dose fraction; 1 is 10⁴ quanta per pixel in mid lung at 512²."""
    electronic_sigma: float = bounded(0.04, least=0)
    """Largest σ of electronic noise, as a share of the display range."""
    rotation_degrees: float = bounded(10.0, least=0, most=180)
    """Largest rotation to either side."""
    shift: float = bounded(0.06, least=0, below=1)
    """Largest shift along each axis, as a share of the side."""
    zoom: float = bounded(0.1, least=0, below=1)
    """Largest change of scale: 0.1 draws factors from 0.9 to 1.1."""
    gamma: tuple[float, float] = bounded((0.7, 1.4), above=0)
    """Least and greatest exponent of the display shares."""
    brightness: float = bounded(0.1, least=0, most=1)
    """Largest brightness added or taken, as a share of the display range."""
    contrast: float = bounded(0.2, least=0, most=1)
    """Largest change of the contrast: 0.2 draws factors from 0.8 to 1.2."""

    def list_mistakes(self) -> Iterator[str]:
        """Exponents in the wrong order."""
        if self.gamma[0] > self.gamma[1]:
            yield f"gamma is {[*self.gamma]}, expected the least exponent first"


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
        if any(size < _SMALLEST_INPUT for size in self.smaller_first):
            yield f"smaller_first is {self.smaller_first}, expected sizes of at least {_SMALLEST_INPUT}"
        if any(not share > 0 for share in shares) or not sum(shares) < 1:
            yield f"smaller_first is {self.smaller_first}, expected shares above 0 that leave some for the full size"

    def list_first_sizes(self) -> list[int]:
        """The input size of each of the first epochs that have one of their own."""
        return [size for size, share in self.smaller_first.items() for _ in range(int(share * self.epochs))]


@dataclass
class Config:
    """Everything that preparing and training need."""

    name: str = "chestxray"
    """Name of the run folders."""
    data: DataConfig = field(default_factory=DataConfig)
    prep: PrepConfig = field(default_factory=PrepConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
