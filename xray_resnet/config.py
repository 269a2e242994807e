"""Typed configuration: one section per stage, plain values with their defaults.

The docstring of a field is its `--help`. Builders unpack a section into plain arguments; no model or metric sees one.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Source = Literal[
    "phantom", "nih_chestxray14", "chexpert", "mimic_cxr", "padchest", "rsna_pneumonia", "siim_pneumothorax",
    "vindr_cxr", "openi", "covid_chestxray", "image_folder", "table", "combined",
]  # fmt: skip


@dataclass
class PhantomConfig:
    """The synthetic radiographs that the project renders by itself."""

    count: int = 2000
    """How many radiographs to render."""
    size: int = 256
    """Rows and columns of each rendered radiograph."""
    seed: int = 0
    """Seed of anatomy, findings and noise; one seed, one dataset, byte for byte."""
    dose_fraction: float = 1.0
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

    train: float = 0.7
    """Share of the patients to train on."""
    val: float = 0.1
    """Share of the patients to choose the epoch on."""
    test: float = 0.2
    """Share of the patients to report on."""
    seed: int = 0
    """Seed of the division."""
    official: bool = True
    """Use the data set's own split where it has one; what it lacks of train, val and test is cut from its train."""

    @property
    def shares(self) -> dict[str, float]:
        """Split → share."""
        return {"train": self.train, "val": self.val, "test": self.test}


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

    size: int = 256
    """Rows and columns of the stored, square image."""
    dtype: Literal["uint8", "uint16"] = "uint8"
    """Type of the stored pixels."""
    max_pixels: int = 100_000_000
    """A file that declares more pixels is rejected before anything is allocated."""
    modalities: list[str] = field(default_factory=lambda: ["CR", "DX"])
    """Modality (0008,0060) values that a chest radiograph may carry; '' lets files without any pass."""
    body_parts: list[str] = field(default_factory=list)
    """Words in Body Part Examined (0018,0015) that mean the chest in your archive, besides those that are known."""
    accept_lateral: bool = False
    """Keep lateral views."""
    accept_secondary_capture: bool = True
    """Keep Secondary Captures, as which RSNA and SIIM-ACR come; screenshots are such, too."""
    crop: bool = False
    """Cut off collimated borders, black or white, that run along the edges."""
    duplicates: Literal["keep", "drop"] = "keep"
    """Images that are one radiograph, exactly or nearly: drop all but the first by name, or keep them in one split."""
    workers: int = 0
    """Processes that read and decode; 0: one per core."""
    scale: Literal["local", "ray"] = "local"
    """Where they run: on this machine, or on a Ray cluster, with a process per core of it."""
    ray_address: str = "auto"
    """HOST:PORT of the cluster; auto: RAY_ADDRESS, else one that runs on this machine."""
    timeout_s: float = 120.0
    """A file that takes a worker longer is rejected."""
    memory_mib: int = 4096
    """Memory that a worker may take for its data; a file that asks for more is rejected."""
    hash_key: Path | None = None
    """File with the key of the patient hashes; default: XRAY_HASH_KEY, else one key in your configuration folder."""


@dataclass
class ModelConfig:
    """The pre-activation ResNet (He et al. 2016b)."""

    depth: Literal[18, 34, 50, 101, 152] = 50
    """Layers; 18 and 34 use basic blocks, the others bottlenecks."""
    stem: Literal["imagenet", "small"] = "imagenet"
    """imagenet: 7×7 stride 2 and max-pooling; small: 3×3 stride 1."""
    base_width: int = 64
    """Channels of the first stage."""
    image_size: int = 224
    """Rows and columns of the network's input; stored images are resampled to it."""


@dataclass
class AugmentConfig:
    """Training augmentation; each p is the probability that an image gets it."""

    flip: float = 0.0
    """Probability of a left-right flip; off, because the heart's side is a sign."""
    geometry: float = 0.7
    """Probability of a small rotation, shift and zoom."""
    exposure: float = 0.5
    """Probability of a change of contrast and gamma."""
    quantum_noise: float = 0.5
    """Probability of quantum noise; the dose fraction is drawn log-uniformly from `dose_fraction` to 1."""
    electronic_noise: float = 0.3
    """Probability of electronic noise; σ is drawn uniformly from 0 to `electronic_sigma`."""
    dose_fraction: float = 0.05
    """Lowest dose fraction; 1 is 10⁴ quanta per pixel in mid lung at 512²."""
    electronic_sigma: float = 0.04
    """Largest σ of electronic noise, as a share of the display range."""


@dataclass
class TrainConfig:
    """How the network is trained."""

    output: Path = Path("runs")
    """Folder in which each run makes its own folder."""
    epochs: int = 10
    """Passes over the training images."""
    batch_size: int = 32
    """Images per step."""
    learning_rate: float = 1e-3
    """Peak learning rate of AdamW."""
    weight_decay: float = 0.01
    """Decoupled weight decay; none on norms and biases."""
    warmup: float = 0.1
    """Share of the steps in which the learning rate rises; a cosine follows."""
    positive_weighting: bool = True
    """Weight positives by the square root of negatives over positives, at most 10."""
    uncertain: Literal["ignore", "zeros", "ones", "smooth"] = "ignore"
    """What an uncertain label counts as."""
    unmentioned: Literal["ignore", "zeros", "ones", "smooth"] = "zeros"
    """What an unmentioned finding counts as."""
    ema_decay: float = 0.99
    """Decay of the averaged weights that are evaluated and delivered; 0: none."""
    patience: int = 10
    """Epochs without a better validation macro AUROC after which training stops."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """auto takes bf16 only where the processor computes in it."""
    accelerator: str = "auto"
    """Lightning's accelerator: auto, cpu, gpu, …"""
    workers: int = 0
    """Processes that load and augment; 0: in the training process."""
    threads: int = 0
    """Threads of torch; 0: torch's own choice."""
    seed: int = 0
    """Seed of weights, order and augmentation."""


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
