"""Stored values to display values, against a slow transcription of the standard."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import Tag

from tests.builders import make_dataset, make_pixels, write_dicom
from tests.dicom.parts import lut_sequence, make_gradient
from xray_resnet.dicom import DisplayMapping, read_radiograph
from xray_resnet.dicom.display.pixels import (
    WHITE,
    LookupTable,
    PixelDescription,
    Window,
    apply_window,
    extract_stored_bits,
    to_display,
)

numbers = st.floats(-5000, 5000)
functions = st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"])


def display(stored: Any, **description: Any) -> list[int]:
    """Display values of a row of stored values, as plain numbers."""
    image, _ = to_display(np.array([stored], np.int32), PixelDescription(**{"bits_stored": 12} | description))
    return [int(value) for value in image.pixels[0]]


def slow_window(x: float, c: float, w: float, function: str, y_min: float, y_max: float) -> float:
    """The pseudo-code of PS3.3 C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2, word by word."""
    if function == "SIGMOID":
        try:
            return (y_max - y_min) / (1 + math.exp(-4 * (x - c) / w)) + y_min
        except OverflowError:
            return y_min
    if function == "LINEAR_EXACT":
        if x <= c - w / 2:
            return y_min
        if x > c + w / 2:
            return y_max
        return ((x - c) / w + 0.5) * (y_max - y_min) + y_min
    if x <= c - 0.5 - (w - 1) / 2:
        return y_min
    if x > c - 0.5 + (w - 1) / 2:
        return y_max
    return ((x - (c - 0.5)) / (w - 1) + 0.5) * (y_max - y_min) + y_min


@given(st.lists(numbers, min_size=1, max_size=20), numbers, st.floats(1, 5000), functions)
def test_windows_follow_the_standard(values: list[float], center: float, width: float, function: str) -> None:
    shares = apply_window(np.array(values), Window(center, width, function))
    expected = [slow_window(x, center, width, function, 0, 1) for x in values]
    steep = function == "LINEAR" and width - 1 < 1e-6  # there a step of 1e-12 moves the share
    np.testing.assert_allclose(shares, expected, atol=1 if steep else 1e-6)


@pytest.mark.parametrize("value", [-1, 99, 99.5, 100, 101])
def test_a_window_of_width_1_is_a_threshold(value: float) -> None:
    share = apply_window(np.array([float(value)]), Window(100, 1))
    assert share[0] == slow_window(value, 100, 1, "LINEAR", 0, 1)


@settings(max_examples=50)
@given(
    st.lists(st.integers(0, 4095), min_size=1, max_size=20),
    st.floats(0.25, 4),
    st.floats(-500, 500),
    st.floats(2, 4000),
    functions,
)
def test_rescaled_values_are_windowed(
    stored: list[int], slope: float, intercept: float, width: float, function: str
) -> None:
    shown = display(stored, slope=slope, intercept=intercept, window=Window(1000, width, function))
    expected = [slow_window(x * slope + intercept, 1000, width, function, 0, WHITE) for x in stored]
    np.testing.assert_allclose(shown, expected, atol=0.51)


@pytest.mark.parametrize("slope", [1.0, -1.0])
def test_a_negative_slope_turns_the_window_round(slope: float) -> None:
    dark, bright = display([0, 4095], slope=slope, intercept=0, window=Window(slope * 2048, 4096))
    assert (dark < bright) == (slope > 0)


def test_a_modality_lut_replaces_the_rescale() -> None:
    lut = LookupTable(10, np.array([100, 200, 300]), 16)
    shown = display([9, 10, 11, 12, 13], modality_lut=lut, slope=7.0, window=Window(200, 200, "LINEAR_EXACT"))
    assert shown == [0, 0, 32768, 65535, 65535]


def test_a_voi_lut_goes_before_a_window() -> None:
    lut = LookupTable(2, np.array([0, 5, 15]), 4)
    assert display([0, 2, 3, 4, 9], voi_lut=lut, window=Window(2, 1)) == [0, 0, 21845, 65535, 65535]


def test_lut_sequences_are_read_from_the_header(tmp_path: Path) -> None:
    pixels = make_gradient(top=2)
    modality, voi = lut_sequence(0, [30, 20, 10], 16), lut_sequence(10, [*range(0, 210, 10)], 8)
    sequences = {"ModalityLUTSequence": modality, "VOILUTSequence": voi}
    radiograph = read_radiograph(write_dicom(tmp_path / "a.dcm", pixels, **sequences))
    expected = np.array([200, 100, 0])[pixels] * 257
    np.testing.assert_array_equal(radiograph.pixels, expected)
    assert radiograph.mapping.function == "LUT"


def test_a_lut_of_signed_pixels_may_begin_below_zero(tmp_path: Path) -> None:
    pixels = make_gradient(top=3, dtype=np.int16) - np.int16(2)
    lut = lut_sequence(-2, [0, 85, 170, 255], 8)
    radiograph = read_radiograph(write_dicom(tmp_path / "a.dcm", pixels, VOILUTSequence=lut))
    np.testing.assert_array_equal(radiograph.pixels, (pixels.astype(int) + 2) * 85 * 257)


def test_padding_is_black() -> None:
    assert display([4000, 4095], padding=(4095, 4095), window=Window(2048, 4096))[1] == 0


def test_padding_is_black_in_inverse_images_too() -> None:
    shown = display([0, 4095], padding=(0, 0), window=Window(2048, 4096), is_inverse=True)
    assert shown == [0, 0]


@pytest.mark.parametrize("padding", [(10, 12), (12, 10)])
def test_a_padding_range_counts_from_either_end(padding: tuple[int, int]) -> None:
    shown = display([9, 10, 11, 12, 13], padding=padding, window=Window(8, 2))
    assert [value > 0 for value in shown] == [True, False, False, False, True]


def test_padding_of_a_signed_image_may_be_written_unsigned(tmp_path: Path) -> None:
    pixels = make_gradient(top=100, dtype=np.int16)
    pixels[:8] = -2000
    path = write_dicom(tmp_path / "a.dcm", pixels, bits_stored=16, WindowCenter=-900, WindowWidth=3000)
    clean = read_radiograph(path).pixels
    path = write_dicom(path, pixels, bits_stored=16, PixelPaddingValue=-2000, WindowCenter=-900, WindowWidth=3000)
    padded = read_radiograph(path).pixels
    assert clean[:8].min() > 0 and padded[:8].max() == 0
    np.testing.assert_array_equal(clean[8:], padded[8:])


@pytest.mark.parametrize(
    ("photometric", "shape", "is_turned"),
    [
        ("MONOCHROME2", None, False),
        ("MONOCHROME2", "IDENTITY", False),
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "INVERSE", True),
    ],
)
@pytest.mark.parametrize("sign", [-1, None, 1])
def test_polarity_is_turned_once_at_most(
    tmp_path: Path, photometric: str, shape: str | None, is_turned: bool, sign: int | None
) -> None:
    mapping = read_polarity(tmp_path / "a.dcm", photometric=photometric, shape=shape, sign=sign)
    assert (mapping.inverted, mapping.assumed) == (is_turned, ())


@pytest.mark.parametrize(("photometric", "shape"), [("MONOCHROME1", "IDENTITY"), ("MONOCHROME2", "INVERSE")])
@pytest.mark.parametrize(("sign", "is_turned"), [(-1, False), (None, True), (1, True)])
def test_of_a_contradiction_the_sign_decides_and_it_is_said(
    tmp_path: Path, photometric: str, shape: str, sign: int | None, is_turned: bool
) -> None:
    """A sign of -1 says that dense is high in what is stored (PS3.3 C.8.11.3.1.2), so that nothing is turned."""
    mapping = read_polarity(tmp_path / "a.dcm", photometric=photometric, shape=shape, sign=sign)
    assert mapping.inverted == is_turned
    assert "Presentation LUT Shape contradicts Photometric Interpretation" in mapping.assumed[0]


def read_polarity(path: Path, *, photometric: str, shape: str | None, sign: int | None) -> DisplayMapping:
    """The mapping of a film whose pixels are turned if the mapping says so."""
    elements = {"PresentationLUTShape": shape, "WindowCenter": 2048, "WindowWidth": 4096}
    write_dicom(path, make_gradient(), photometric=photometric, PixelIntensityRelationshipSign=sign, **elements)
    radiograph = read_radiograph(path)
    assert (radiograph.pixels[0, 0] > radiograph.pixels[-1, -1]) == radiograph.mapping.inverted
    return radiograph.mapping


@settings(max_examples=50)
@given(st.integers(0, 4095), st.integers(0, 15), st.integers(11, 15))
def test_dirty_bits_around_the_pixel_are_dropped(value: int, dirt: int, high_bit: int) -> None:
    shift = high_bit - 11
    below, above = dirt & ((1 << shift) - 1), dirt >> shift << (high_bit + 1)
    allocated = np.array([value << shift | below | above & 0xFFFF], np.uint16)
    got = extract_stored_bits(allocated, bits_stored=12, high_bit=high_bit, is_signed=False)
    assert got.tolist() == [value]


@settings(max_examples=50)
@given(st.integers(-2048, 2047), st.integers(0, 15))
def test_signed_values_keep_their_sign(value: int, dirt: int) -> None:
    allocated = np.array([value & 0xFFF | dirt << 12], np.uint16).view(np.int16)
    got = extract_stored_bits(allocated, bits_stored=12, high_bit=11, is_signed=True)
    assert got.tolist() == [value]


def test_dirty_high_bits_in_a_file_do_not_show(tmp_path: Path) -> None:
    pixels = make_gradient()
    window = {"WindowCenter": 2048, "WindowWidth": 4096}
    clean = read_radiograph(write_dicom(tmp_path / "clean.dcm", pixels, **window))
    dirty = read_radiograph(write_dicom(tmp_path / "dirty.dcm", pixels | 0xA000, **window))
    np.testing.assert_array_equal(clean.pixels, dirty.pixels)


def test_a_high_bit_above_the_stored_bits_is_honoured(tmp_path: Path) -> None:
    pixels = make_gradient()
    window = {"WindowCenter": 2048, "WindowWidth": 4096}
    plain = read_radiograph(write_dicom(tmp_path / "plain.dcm", pixels, **window))
    raised = read_radiograph(write_dicom(tmp_path / "raised.dcm", pixels << 4, HighBit=15, **window))
    np.testing.assert_array_equal(plain.pixels, raised.pixels)


def test_an_8_bit_image_without_window_keeps_its_full_range() -> None:
    stored = [0, 1, 100, 255]
    assert display(stored, bits_stored=8) == [value * 257 for value in stored]


def test_the_range_that_stands_for_a_window_is_named_in_rescaled_values() -> None:
    _, mapping = to_display(np.array([[0, 255]], np.uint8), PixelDescription(bits_stored=8, intercept=-100))
    assert mapping.window == (27.5, 255)
    _, mapping = to_display(np.array([[1000] * 99 + [3000] * 99], np.uint16), PixelDescription(bits_stored=12))
    assert mapping.window == (2000, 2000)


def test_values_beyond_the_stored_bits_are_shown_by_the_window_too() -> None:
    window = Window(4096, 8192, "LINEAR")
    expected = [round(slow_window(value, 4096, 8192, "LINEAR", 0, WHITE)) for value in (0, 4095, 6000, 8191)]
    assert display([0, 4095, 6000, 8191], window=window) == pytest.approx(expected, abs=1)


def test_a_7_bit_image_without_window_spans_the_range() -> None:
    shown, _ = to_display(np.array([[0, 127]], np.uint8), PixelDescription(bits_stored=7))
    assert shown.pixels.tolist() == [[0, WHITE]]


def test_a_12_bit_image_without_window_is_stretched_between_percentiles() -> None:
    values = np.arange(1000, 2000)
    low, high = np.percentile(values, (0.5, 99.5), method="inverted_cdf")
    shown = display(values)
    np.testing.assert_allclose(shown, np.clip((values - low) / (high - low), 0, 1) * WHITE, atol=0.51)


def test_percentiles_leave_padding_out() -> None:
    values = np.arange(1000, 2000)
    padded = np.concatenate([values, np.full(3000, 4095)])
    assert display(padded, padding=(4095, 4095))[:1000] == display(values)


@pytest.mark.parametrize("stored", [[0, 4095], [7, 7]])
def test_an_image_of_padding_alone_is_black(stored: list[int]) -> None:
    assert display(stored, padding=(0, 4095)) == [0, 0]


@pytest.mark.parametrize("width", [0, -5, 0.5])
def test_an_impossible_window_counts_as_none(width: float) -> None:
    _, mapping = to_display(np.array([[0, 9]]), PixelDescription(bits_stored=12, window=Window(5, width)))
    assert mapping.function == "PERCENTILE"
    assert mapping.assumed == ("a window without width: percentiles 0.5 to 99.5 of the pixels",)


def test_the_first_of_several_windows_is_used(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), WindowCenter=[100, 200], WindowWidth=[50, 60])
    assert read_radiograph(path).mapping.window == (100, 50)


@pytest.mark.parametrize(
    ("centers", "widths", "window"),
    [(["", 2048], ["", 4096], (2048, 4096)), ([1, 2], ["", 8], (2, 8)), ([1, 2], [4], (1, 4))],
)
def test_the_first_window_that_has_both_numbers_is_used(
    tmp_path: Path, centers: list[Any], widths: list[Any], window: tuple[float, float]
) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), WindowCenter=centers, WindowWidth=widths)
    assert read_radiograph(path).mapping.window == window


@pytest.mark.parametrize(
    ("centers", "widths", "place"),
    [([0, 2048], [0, 4096], 2), ([5, 6, 2048], [0.5, -3, 4096], 3), (["", 2048], ["", 4096], 2)],
)
def test_an_invalid_window_is_passed_over_for_the_next_and_it_is_said(
    tmp_path: Path, centers: list[Any], widths: list[Any], place: int
) -> None:
    path = write_dicom(tmp_path / "a.dcm", make_gradient(), WindowCenter=centers, WindowWidth=widths)
    mapping = read_radiograph(path).mapping
    assert (mapping.window, mapping.assumed) == ((2048, 4096), (f"the first window is invalid: window {place}",))


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_a_narrow_window_is_valid_but_for_linear(tmp_path: Path, function: str) -> None:
    path = write_dicom(tmp_path / "a.dcm", WindowCenter=[9, 2048], WindowWidth=[0.5, 4096], VOILUTFunction=function)
    assert read_radiograph(path).mapping.window == (9, 0.5)


@pytest.mark.parametrize(
    ("center", "width", "window"),
    [("2000,5", "4000,0", (2000.5, 4000)), (" 2000,0 ", "4000", (2000, 4000)), ("2,0E3\\9", "4,0e+3\\9", (2000, 4000))],
)
def test_a_decimal_comma_is_read_and_it_is_said(
    tmp_path: Path, center: str, width: str, window: tuple[float, float]
) -> None:
    mapping = read_radiograph(write_spelled(tmp_path / "a.dcm", WindowCenter=center, WindowWidth=width)).mapping
    assert (mapping.window, mapping.assumed) == (window, ("the window has a decimal comma: read as a point",))


@pytest.mark.parametrize("width", ["4,000,0", "4,000.0", ",", "4,x"])
def test_other_commas_are_no_number(tmp_path: Path, width: str) -> None:
    mapping = read_radiograph(write_spelled(tmp_path / "a.dcm", WindowCenter="2000", WindowWidth=width)).mapping
    assert mapping.function == "PERCENTILE"


def test_rescale_and_spacing_may_have_a_decimal_comma(tmp_path: Path) -> None:
    spelled = {"RescaleSlope": "0,5", "RescaleIntercept": "-100,0", "PixelSpacing": "0,15\\0,1"}
    path = write_spelled(tmp_path / "a.dcm", **spelled, WindowCenter="0", WindowWidth="2")
    radiograph = read_radiograph(path)
    shown = apply_window(make_pixels() * 0.5 - 100, Window(0, 2))
    np.testing.assert_array_equal(radiograph.pixels, np.rint(shown * WHITE))
    assert radiograph.spacing_mm == (0.15, 0.1)
    assert radiograph.mapping.assumed == ("the rescale has a decimal comma: read as a point",)


def write_spelled(path: Path, **numbers: str) -> Path:
    """A film of 12 bits whose Decimal Strings are spelled as given, whatever the standard says."""
    dataset = make_dataset(make_pixels())
    for keyword, text in numbers.items():
        dataset[keyword] = RawDataElement(Tag(keyword), "DS", len(text), text.encode(), 0, False, True)
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize(("bits", "declared"), [(12, 16), (10, 16), (14, 16), (8, 16), (10, 12), (12, 8)])
@pytest.mark.parametrize("kind", ["OW", "US"])
def test_a_voi_lut_spans_the_depth_of_its_entries_and_it_is_said(
    tmp_path: Path, bits: int, declared: int, kind: str
) -> None:
    """n bits span 0 to 2^n - 1 (PS3.3 C.11.2.1.1)."""
    entries = [round(value**2 / 4095**2 * (2**bits - 1)) for value in range(4096)]
    table = lut_sequence(0, entries, declared)
    if kind == "US":
        table[0]["LUTData"] = DataElement(Tag("LUTData"), "US", entries)
    radiograph = read_radiograph(write_dicom(tmp_path / "a.dcm", make_pixels(), VOILUTSequence=table))
    expected = np.rint(np.array(entries)[make_pixels()] / (2**bits - 1) * 65535)
    np.testing.assert_array_equal(radiograph.pixels, expected)
    assert radiograph.mapping.assumed == (f"the VOI LUT says {declared} bits and its entries have {bits}: {bits}",)


@pytest.mark.parametrize("top", [65535, 32768])
def test_a_voi_lut_that_reaches_its_upper_half_is_taken_at_its_word(tmp_path: Path, top: int) -> None:
    table = lut_sequence(0, [round(value / 4095 * top) for value in range(4096)], 16)
    radiograph = read_radiograph(write_dicom(tmp_path / "a.dcm", make_pixels(), VOILUTSequence=table))
    assert (radiograph.pixels.max(), radiograph.mapping.assumed) == (top, ())


def test_a_part_of_a_curve_of_12_bits_is_shown_as_such(tmp_path: Path) -> None:
    table = lut_sequence(736, list(range(736, 736 + 2065)), 16)
    pixels = read_radiograph(write_dicom(tmp_path / "a.dcm", make_pixels(), VOILUTSequence=table)).pixels
    np.testing.assert_array_equal(pixels, np.rint(np.clip(make_pixels(), 736, 2800) / 4095 * 65535))


@pytest.mark.parametrize(("value", "bits_stored"), [(65535, 12), (63536, 12), (-2000, 12), (4096, 12)])
def test_padding_that_no_pixel_can_have_is_none(tmp_path: Path, value: int, bits_stored: int) -> None:
    pixels = make_gradient(top=4095)
    kind = "SS" if value < 0 else "US"
    dataset = make_dataset(pixels, bits_stored=bits_stored, WindowCenter=2048, WindowWidth=4096)
    dataset.add_new("PixelPaddingValue", kind, value)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    np.testing.assert_array_equal(read_radiograph(tmp_path / "a.dcm").pixels > 0, pixels > 0)
