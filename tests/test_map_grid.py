"""Cells of maps lie where their receptive fields are, and share out the pixels of an image."""

import numpy as np
import pytest
import torch
from torch import nn

from xray_resnet.map_grid import MapGrid
from xray_resnet.models import Architecture, PreActResNet, build_model


@pytest.fixture
def grid() -> MapGrid:
    """Of an image twice as large as the input of 64, with cells every 16 pixels of that."""
    return MapGrid.under(128, cells=(4, 4), input_size=64, stride=16)


def find_receptive_field(model: PreActResNet, size: int, cell: int) -> tuple[int, int]:
    """First and last column of the pixels that change a column of the maps, by raising one after the other."""
    row = size // 2
    images = torch.ones(size + 1, 1, size, size)
    for column in range(size):
        images[column, 0, row, column] += 1
    with torch.inference_mode():
        answers = model.forward_features(images)[..., cell].double().sum(dim=(1, 2))
    changing = torch.nonzero(answers[:-1] != answers[-1]).ravel()
    return int(changing.min()), int(changing.max())


@pytest.mark.parametrize(
    ("architecture", "size", "cell"),
    [
        (Architecture("basic", (1, 1, 1), stem="small", base_width=2), 32, 4),
        (Architecture("basic", (1, 1, 1), stem="small", base_width=2, shape_change="padding"), 32, 4),
        (Architecture("basic", (1, 1, 1), stem="small", base_width=2, dilated_stages=1), 32, 8),
        (Architecture("bottleneck", (1, 1), base_width=2), 96, 6),
        (Architecture("bottleneck", (1, 1), base_width=2, stride_on="1x1"), 96, 6),
        (Architecture("bottleneck", (1, 1), base_width=2, blur_pool=True), 96, 6),
    ],
)
def test_a_cell_stands_in_the_middle_of_its_receptive_field(architecture: Architecture, size: int, cell: int) -> None:
    model = build_model(architecture, num_findings=1).eval()
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 1 / layer.weight[0].numel())
    grid = MapGrid.under(size, cells=(1, size), input_size=size, stride=architecture.stride)
    first, last = find_receptive_field(model, size, cell)
    assert first > 0 and last < size - 1
    assert grid.list_centres()[cell][0] == (first + last) / 2 + 0.5


def test_a_peak_is_the_centre_of_the_strongest_cell_as_x_and_y(grid: MapGrid) -> None:
    heat = np.zeros((2, 4, 4))
    heat[0, 1, 3], heat[1, 0, 0] = 1, 1
    np.testing.assert_array_equal(grid.find_peaks(heat), [[97, 33], [1, 1]])


def test_a_peak_can_be_any_centre_and_nothing_else(grid: MapGrid) -> None:
    maps = np.eye(16).reshape(16, 4, 4)
    assert grid.list_centres() == [tuple(point) for point in grid.find_peaks(maps).tolist()]


def test_every_pixel_is_of_the_cell_that_is_nearest(grid: MapGrid) -> None:
    """The first cell lies on the edge and has half a cell; the last one has what is left."""
    counts = grid.count_pixels(np.ones((128, 128), bool))
    np.testing.assert_array_equal(counts, np.outer([17, 32, 32, 47], [17, 32, 32, 47]))


def test_cells_are_spread_over_the_pixels_that_are_counted_for_them(grid: MapGrid) -> None:
    cells = np.arange(16).reshape(4, 4)
    spread = grid.spread(cells)
    for cell in range(16):
        np.testing.assert_array_equal(grid.count_pixels(spread == cell) > 0, cells == cell)
    assert spread.dtype == cells.dtype and spread.shape == (128, 128)


def test_pixels_of_a_mask_are_counted_in_their_cells(grid: MapGrid) -> None:
    mask = np.zeros((128, 128), bool)
    mask[60:70, 0:20] = True
    expected = np.zeros((4, 4))
    expected[2, :2] = 170, 30
    np.testing.assert_array_equal(grid.count_pixels(mask), expected)
