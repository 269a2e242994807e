"""What is done to a network's units, and that it is undone."""

import pytest
import torch

from tests.lab.networks import build, draw_images
from xray_resnet.lab.surgery import deleting, keeps_shape, list_stages, list_units, permuting, routing


def test_a_deleted_unit_is_its_input() -> None:
    model, images = build(), draw_images()
    unit = list_units(model)[0]
    with torch.no_grad(), deleting([unit]):
        x = model.stem(images)
        assert torch.equal(unit(x), x)


def test_a_deleted_unit_that_changes_the_shape_is_its_projection() -> None:
    model = build()
    unit = next(unit for unit in list_units(model) if not keeps_shape(unit))
    x = torch.randn(2, 4, 8, 8)
    activated = unit.branch[0](x)
    with torch.no_grad(), deleting([unit]):
        assert torch.equal(unit(x), unit.projection(x, activated))


def test_a_deleted_plain_unit_is_its_input_and_what_follows() -> None:
    model = build(shortcut="none", order="original")
    unit = list_units(model)[0]
    x = torch.randn(2, 4, 8, 8).abs()
    with torch.no_grad(), deleting([unit]):
        assert torch.equal(unit(x), x)


def test_a_plain_unit_that_changes_the_shape_cannot_be_deleted() -> None:
    model = build(shortcut="none", order="original")
    unit = next(unit for unit in list_units(model) if not keeps_shape(unit))
    with pytest.raises(ValueError, match="unit 3 is plain and changes the shape"), deleting([unit]):
        pass


def test_afterwards_the_network_is_as_before() -> None:
    model, images = build(stages=(3, 3)), draw_images()
    units = list_units(model)
    with torch.no_grad():
        before = model(images)
        with deleting(units), permuting(model, {0: [2, 1, 0]}), routing(dict.fromkeys(units, "branch")):
            assert not torch.allclose(model(images), before)
        assert torch.equal(model(images), before)


def test_the_network_is_as_before_after_an_error() -> None:
    model, images = build(stages=(3, 3)), draw_images()
    with torch.no_grad():
        before = model(images)
        with pytest.raises(KeyboardInterrupt, match="by the test"), permuting(model, {0: [2, 1, 0]}):
            raise KeyboardInterrupt("by the test")
        assert torch.equal(model(images), before)


def test_permuted_units_stand_in_the_new_order() -> None:
    model = build(stages=(3, 3))
    with permuting(model, {0: [2, 0, 1]}):
        assert [unit.place.number for unit in list_units(model)] == [3, 1, 2, 4, 5, 6]
        assert [len(stage) for stage in list_stages(model)] == [3, 3]


def test_what_is_no_permutation_is_refused() -> None:
    model = build()
    with (
        pytest.raises(ValueError, match=r"stage 0: \[0, 0\] is not an order of its 2 units"),
        permuting(model, {0: [0, 0]}),
    ):
        pass


def test_routing_leaves_the_values_alone() -> None:
    model, images = build(), draw_images()
    with torch.no_grad():
        before = model(images)
        with routing(dict.fromkeys(list_units(model), "shortcut")):
            assert torch.equal(model(images), before)
