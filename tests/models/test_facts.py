"""A classifier of pooled features and facts side by side, as Baltruschat et al. 2019 have it."""

import pytest
import torch

from tests.models.randomise import draw_images, randomise
from xray_resnet.models import Architecture, PreActResNet, build_model

FACTS = ("age", "sex", "view_position")


def told(facts: tuple[str, ...] = FACTS) -> PreActResNet:
    model = build_model(Architecture("basic", (1, 1), stem="small", base_width=8, facts=facts), num_findings=3)
    randomise(model)
    return model


def test_logits_are_one_linear_layer_of_pooled_features_and_facts() -> None:
    model, x, facts = told(), draw_images((16, 16)), torch.randn(2, 6, generator=torch.Generator().manual_seed(2))
    both = torch.cat([model.forward_features(x).mean(dim=(2, 3)), facts], dim=1)
    weight = torch.cat([model.head.weight, model.facts_head.weight], dim=1)
    torch.testing.assert_close(model(x, facts), torch.nn.functional.linear(both, weight, model.head.bias))


def test_an_image_of_which_nothing_is_known_gets_the_logits_of_the_image_alone() -> None:
    model, x = told(), draw_images((16, 16))
    torch.testing.assert_close(model(x, torch.zeros(2, 6)), model(x), rtol=0, atol=0)


def test_facts_change_logits_and_leave_maps() -> None:
    model, x = told(), draw_images((16, 16))
    logits, maps = model.forward_with_maps(x, torch.ones(2, 6))
    torch.testing.assert_close(logits, model(x, torch.ones(2, 6)))
    torch.testing.assert_close(maps, model.forward_with_maps(x)[1], rtol=0, atol=0)


def test_a_fresh_network_makes_nothing_of_facts() -> None:
    fresh = build_model(18, base_width=8, facts=("age",))
    assert not fresh.facts_head.weight.any()


def test_a_network_without_facts_has_no_weights_for_them() -> None:
    assert build_model(18, base_width=8).facts_head is None
    assert not [name for name in told(()).state_dict() if "facts" in name]


def test_facts_are_kept_in_plain_values() -> None:
    architecture = Architecture(facts=("age", "sex"))
    assert architecture.to_json()["facts"] == ["age", "sex"]
    assert Architecture.from_json(architecture.to_json()) == architecture


@pytest.mark.parametrize("facts", [("name",), ("age", "age")])
def test_facts_that_are_not_known_or_named_twice_are_refused(facts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected some of age, sex, view_position"):
        Architecture(facts=facts)
