"""What each layout of a source asks for."""

from dataclasses import dataclass, field
from typing import Literal

from xray_resnet.bounds import bounded

Source = Literal[
    "phantom", "nih_chestxray14", "chexpert", "mimic_cxr", "padchest", "rsna_pneumonia", "siim_pneumothorax",
    "vindr_cxr", "openi", "covid_chestxray", "image_folder", "table", "combined",
]  # fmt: skip

Lesions = Literal["coarse", "fine"]
"""How large and dense the phantom's findings are."""


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
    """Mean exposure; 1 is 10⁴ quanta in mid lung per pixel of an image of 512²."""
    lesions: Lesions = "coarse"
    """coarse: five findings, hard where ribs and vessels cover them. fine: nodules of 5 to 10 mm, pleural lines and
    faint interstitial texture, hard where noise covers them; for a size of 512 and more."""


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
