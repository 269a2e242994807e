"""Display values by a second transcription of the standard, pixel by pixel, straight from the data set.

It shares no code with `xray_resnet.dicom`, and none with DCMTK: what DCMTK does not show as the standard says (padding,
LINEAR_EXACT), or the standard leaves open (images without a window), is held against it.
"""

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

Floats = NDArray[np.float64]


def show(dataset: Dataset, stored: Floats) -> Floats:
    """(H, W) display values, 0 … 255, of a grey single-frame image by its stored values."""
    is_padding = _find_padding(stored, dataset)
    grey = _apply_voi(_apply_modality(stored, dataset), dataset, is_padding)
    grey = np.where(_is_inverse(dataset), 1 - grey, grey)
    return np.where(is_padding, 0, grey) * 255


def _find_padding(stored: Floats, dataset: Dataset) -> NDArray[np.bool_]:
    """PS3.3 C.7.5.1.1.2; the value is one of stored values, whichever sign it was written with."""
    first, last = (_as_stored(dataset.get(key), dataset) for key in ("PixelPaddingValue", "PixelPaddingRangeLimit"))
    if first is None:
        return np.zeros(stored.shape, bool)
    ends = (first, first if last is None else last)
    return (stored >= min(ends)) & (stored <= max(ends))


def _as_stored(value: int | None, dataset: Dataset) -> int | None:
    """The number that has the same 16 bits, or the same Bits Stored, and that a pixel can have."""
    is_signed, bits = dataset.PixelRepresentation == 1, dataset.BitsStored
    possible = range(-(2 ** (bits - 1)), 2 ** (bits - 1)) if is_signed else range(2**bits)
    if value is None:
        return None
    candidates = [value, value - 65536, value + 65536, value - 2**bits]
    return next((candidate for candidate in candidates if candidate in possible), None)


def _apply_modality(stored: Floats, dataset: Dataset) -> Floats:
    """PS3.3 C.11.1."""
    if dataset.get("ModalityLUTSequence"):
        return _look_up(stored, dataset.ModalityLUTSequence[0])[0]
    return stored * float(dataset.get("RescaleSlope") or 1) + float(dataset.get("RescaleIntercept") or 0)


def _apply_voi(values: Floats, dataset: Dataset, is_padding: NDArray[np.bool_]) -> Floats:
    """PS3.3 C.11.2; shares of the display range."""
    if dataset.get("VOILUTSequence"):
        entries, bits = _look_up(values, dataset.VOILUTSequence[0])
        return entries / (2**bits - 1)
    if dataset.get("WindowWidth") is None or dataset.get("WindowCenter") is None:
        return _stretch(values, dataset, is_padding)
    center, width = (np.atleast_1d(np.asarray(dataset[key].value, float))[0] for key in ("WindowCenter", "WindowWidth"))
    function = dataset.get("VOILUTFunction") or "LINEAR"
    if function == "SIGMOID":  # C.11.2.1.3.1
        return 1 / (1 + np.exp(-4 * (values - center) / width))
    if function == "LINEAR_EXACT":  # C.11.2.1.3.2
        return np.clip((values - center) / width + 0.5, 0, 1)
    low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2  # C.11.2.1.2.1
    between = (values - (center - 0.5)) / (width - 1 or 1) + 0.5
    return np.select([values <= low, values > high], [0, 1], between)


def _stretch(values: Floats, dataset: Dataset, is_padding: NDArray[np.bool_]) -> Floats:
    """The standard leaves it open: 8 bits are shown as they are, more from percentile 0.5 to 99.5."""
    if dataset.BitsStored <= 8:
        bottom = -(2 ** (dataset.BitsStored - 1)) if dataset.PixelRepresentation else 0
        low, high = np.sort(_apply_modality(np.array([bottom, bottom + 2.0**dataset.BitsStored - 1]), dataset))
    else:
        low, high = np.percentile(values[~is_padding], (0.5, 99.5), method="inverted_cdf")
    return np.clip((values - low) / (high - low), 0, 1)


def _look_up(values: Floats, item: Dataset) -> tuple[Floats, int]:
    """PS3.3 C.11.1.1.1; the entries, and their bits."""
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    data = item.LUTData
    entries = np.frombuffer(data, "<u2") if isinstance(data, bytes) else np.asarray(data)
    index = np.clip(np.rint(values) - first, 0, (count or 65536) - 1).astype(int)
    return entries[index].astype(float), bits


def _is_inverse(dataset: Dataset) -> bool:
    """PS3.3 C.11.6.1.2; Presentation LUT Shape decides where it is there."""
    shape = dataset.get("PresentationLUTShape")
    return shape == "INVERSE" if shape else dataset.PhotometricInterpretation == "MONOCHROME1"
