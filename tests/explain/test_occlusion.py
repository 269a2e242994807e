"""Occlusion through MONAI: the same as covering each window by hand."""

import torch

from tests.models.randomise import draw_images, randomise
from xray_resnet.explain.occlusion import compute_occlusion
from xray_resnet.models import PreActResNet, build_model


def test_each_window_is_covered_with_the_mean_of_the_image() -> None:
    model = randomise(build_model(18, num_findings=3, base_width=8))
    assert isinstance(model, PreActResNet)
    image = draw_images((96, 96), batch=1) + 2
    found = torch.from_numpy(compute_occlusion(model, image, windows=3))
    assert found.shape == (3, 3, 3)
    for row in range(3):
        for column in range(3):
            covered = image.clone()
            covered[..., 32 * row : 32 * row + 32, 32 * column : 32 * column + 32] = image.mean()
            with torch.no_grad():
                fall = model(image)[0] - model(covered)[0]
            torch.testing.assert_close(found[:, row, column], fall, atol=1e-4, rtol=1e-4)


def test_a_side_that_the_windows_do_not_divide_is_covered_whole() -> None:
    """70 pixels by three windows of 24, of which the last lies over a part of the one before."""
    model = randomise(build_model(18, num_findings=2, base_width=8))
    assert isinstance(model, PreActResNet)
    image = draw_images((70, 70), batch=1)
    covered = image.clone()
    covered[..., :24, :24] = image.mean()
    with torch.no_grad():
        fall = model(image)[0] - model(covered)[0]
    found = torch.from_numpy(compute_occlusion(model, image, windows=3))
    torch.testing.assert_close(found[:, 0, 0], fall, atol=1e-4, rtol=1e-4)
