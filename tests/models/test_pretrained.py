"""Weights from elsewhere answer a grey image as their own network answers it in colour, or are refused whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import xray_resnet.torch_compat  # noqa: F401  timm imports torchvision
from tests.models.randomise import draw_images, randomise
from xray_resnet.errors import UserError
from xray_resnet.models import PreActResNet, build_model
from xray_resnet.models.pretrained import Normalisation, Weights, load_weights, open_timm_weights, open_weights
from xray_resnet.models.pretrained.hub import FILE

timm = pytest.importorskip("timm")

IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Of torchvision's and timm's original ResNets."""


def publish(cache: Path, hub_id: str, model: nn.Module) -> None:
    """Lays a model into a cache of the hub, as huggingface_hub lays out what it has downloaded."""
    folder, commit = cache / f"models--{hub_id.replace('/', '--')}", "0123456789abcdef0123456789abcdef01234567"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs/main").write_text(commit)
    (folder / "snapshots" / commit).mkdir(parents=True)
    save_file(model.state_dict(), folder / "snapshots" / commit / FILE)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def colours(share: Tensor, normalisation: Normalisation) -> Tensor:
    """A grey image (B, 1, H, W) as shares of the display range, repeated and normalised as a colour network is fed."""
    mean, std = (torch.tensor(each)[:, None, None] for each in (normalisation.mean, normalisation.std))
    return (share.expand(-1, 3, -1, -1) - mean) / std


def grey_of(weights: Weights, *, mean: float, std: float, **parts: Any) -> PreActResNet:
    model = build_model(18, ones_channel=weights.needs_ones, num_findings=4, **parts).eval()
    load_weights(model, weights, mean=mean, std=std)
    return model


@pytest.mark.parametrize(
    ("name", "order", "normalisation", "mean", "std"),
    [
        ("resnetv2_18.ra4_e3600_r224_in1k", "full_preactivation", Normalisation((0.5,) * 3, (0.5,) * 3), 0.5, 0.5),
        ("resnet18.a1_in1k", "original", IMAGENET, 0.41, 0.27),
    ],
)
def test_a_grey_network_answers_as_timms_answers_the_image_in_every_colour(
    cache: Path, name: str, order: str, normalisation: Normalisation, mean: float, std: float
) -> None:
    """At the border, too, where the padding of a normalised image is no black."""
    reference = randomise(timm.create_model(name.partition(".")[0]))
    publish(cache, f"timm/{name}", reference)
    weights = open_timm_weights(name)
    assert (weights.source, weights.normalisation) == (f"timm/{name}", normalisation)
    grey = grey_of(weights, mean=mean, std=std, order=order)
    share = draw_images((64, 64)).sigmoid()
    with torch.inference_mode():
        ours = grey.forward_features((share - mean) / std)
        theirs = reference.forward_features(colours(share, normalisation))
    print(f"{name}: largest difference {(ours - theirs).abs().max() / theirs.abs().max():.1e} of the largest feature")
    assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@pytest.mark.parametrize("normalisation", [IMAGENET, Normalisation((0.5,) * 3, (0.25,) * 3)])
def test_the_first_convolution_is_equal_in_every_pixel(tmp_path: Path, normalisation: Normalisation) -> None:
    reference = randomise(timm.create_model("resnetv2_18"))
    save_file(reference.state_dict(), tmp_path / FILE)
    weights = open_weights(tmp_path / FILE, normalisation=normalisation)
    mean, std = (0.1, 0.7) if weights.needs_ones else (0.5, 0.25)
    grey = grey_of(weights, mean=mean, std=std)
    share = draw_images((32, 32)).sigmoid()
    x = (share - mean) / std
    x = torch.cat([x, torch.ones_like(x)], dim=1) if weights.needs_ones else x
    with torch.inference_mode():
        torch.testing.assert_close(
            grey.stem[0](x), reference.stem.conv(colours(share, normalisation)), rtol=1e-5, atol=1e-5
        )


def test_weights_in_half_precision_are_summed_in_full(tmp_path: Path) -> None:
    half = randomise(build_model(18, in_channels=3, base_width=8, num_findings=2)).half()
    save_file(half.state_dict(), tmp_path / FILE)
    ours = small(num_findings=2)
    weights = open_weights(tmp_path / FILE, normalisation=Normalisation((0.5,) * 3, (0.5,) * 3))
    load_weights(ours, weights, mean=0.5, std=0.5)
    expected = half.stem[0].weight.double().sum(dim=1, keepdim=True)
    torch.testing.assert_close(ours.stem[0].weight.double(), expected, rtol=1e-6, atol=1e-7)


def test_a_name_without_a_tag_is_timms_default(cache: Path) -> None:
    publish(cache, "timm/resnetv2_34.ra4_e3600_r224_in1k", timm.create_model("resnetv2_34"))
    assert open_timm_weights("resnetv2_34").source == "timm/resnetv2_34.ra4_e3600_r224_in1k"


def test_a_hub_that_cannot_be_reached_is_one_sentence_with_the_remedy(cache: Path) -> None:
    with pytest.raises(UserError, match=r"not to be had from the hub .*download .*timm/resnetv2_50.*path"):
        open_timm_weights("resnetv2_50")


def test_timm_missing_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(UserError, match=r"timm is not installed; pip install 'xray-resnet\[pretrained\]'"):
        open_timm_weights("resnetv2_50")


@pytest.mark.parametrize(
    ("name", "hint"), [("resnetv2_51", "timm/resnetv2_50"), ("resnet50d", "timm/resnet50"), ("vit", "expected")]
)
def test_a_network_that_is_not_built_here_is_refused_with_the_nearest_name(name: str, hint: str) -> None:
    with pytest.raises(UserError, match=f"timm publishes no weights.*{hint}"):
        open_timm_weights(name)


def small(seed: int = 0, **parts: Any) -> PreActResNet:
    model = build_model(18, **({"num_findings": 3, "base_width": 8} | parts))
    randomise(model, seed)
    return model


def weights_of(folder: Path, model: PreActResNet, findings: tuple[str, ...] = ()) -> Weights:
    save_file(model.state_dict(), folder / FILE)
    return open_weights(folder / FILE, normalisation=Normalisation((0.4,), (0.2,)), findings=findings)


def test_heads_of_findings_of_the_same_name_are_kept_whatever_their_place(tmp_path: Path) -> None:
    theirs, ours = small(1), small(2, num_findings=2)
    before = ours.head.weight.clone()
    loaded = load_weights(ours, weights_of(tmp_path, theirs, ("A", "B", "C")), mean=0.4, std=0.2, findings=("C", "D"))
    torch.testing.assert_close(ours.head.weight[0], theirs.head.weight[2], rtol=0, atol=0)
    torch.testing.assert_close(ours.head.weight[1], before[1], rtol=0, atol=0)
    assert loaded.adapted == {"head.weight": "for C", "head.bias": "for C"}


def test_a_classifier_of_something_else_starts_fresh_and_is_listed(tmp_path: Path) -> None:
    theirs, ours = small(1), small(2)
    before = ours.head.weight.clone()
    loaded = load_weights(ours, weights_of(tmp_path, theirs), mean=0.4, std=0.2, findings=("A", "B", "C"))
    torch.testing.assert_close(ours.head.weight, before, rtol=0, atol=0)
    torch.testing.assert_close(ours.stem[0].weight, theirs.stem[0].weight, rtol=0, atol=0)
    assert {*loaded.fresh} == {*loaded.unused} == {"head.weight", "head.bias"}
    assert loaded.loaded == len(theirs.state_dict()) - 2
    assert str(loaded).endswith("adapted: none; fresh: head.weight, head.bias; left: head.bias, head.weight")


@pytest.mark.parametrize(("told", "kept"), [(("age", "sex"), True), (("sex", "age"), False), ((), False)])
def test_what_facts_add_is_kept_if_both_are_told_the_same(tmp_path: Path, told: tuple[str, ...], kept: bool) -> None:
    theirs, ours = small(1, facts=told), small(2, facts=("age", "sex"), num_findings=1)
    before = ours.facts_head.weight.clone()
    save_file(theirs.state_dict(), tmp_path / FILE)
    grey = Normalisation((0.4,), (0.2,))
    weights = open_weights(tmp_path / FILE, normalisation=grey, findings=("A", "B", "C"), facts=told)
    loaded = load_weights(ours, weights, mean=0.4, std=0.2, findings=("B",))
    expected = theirs.facts_head.weight[1:2] if kept else before
    torch.testing.assert_close(ours.facts_head.weight, expected, rtol=0, atol=0)
    assert ("facts_head.weight" in loaded.fresh) != kept


def refuse_to_read() -> dict[str, Tensor]:
    raise AssertionError("weights that do not fit were read")


@pytest.mark.parametrize(
    ("parts", "first"), [({"base_width": 16}, "final.0.bias"), ({"stem": "small"}, "stem.0.weight")]
)
def test_weights_that_do_not_fit_are_refused_before_they_are_read(
    tmp_path: Path, parts: dict[str, Any], first: str
) -> None:
    weights = weights_of(tmp_path, small())
    object.__setattr__(weights, "read", refuse_to_read)
    with pytest.raises(UserError, match=rf"first {first}: it has .*model\.weights_except"):
        load_weights(small(**parts), weights, mean=0.4, std=0.2)


def test_a_part_that_is_named_may_start_fresh(tmp_path: Path) -> None:
    ours = small(2, stem="small")
    stem = ours.stem[0].weight.clone()
    theirs = small(1)
    loaded = load_weights(ours, weights_of(tmp_path, theirs), mean=0.4, std=0.2, may_differ=["stem."])
    torch.testing.assert_close(ours.stem[0].weight, stem, rtol=0, atol=0)
    torch.testing.assert_close(ours.final[0].weight, theirs.final[0].weight, rtol=0, atol=0)
    assert "stem.0.weight" in loaded.fresh and "stem.0.weight" in loaded.unused


def write_torn(path: Path) -> None:
    path.write_bytes(b"torn")


def write_pickle(path: Path) -> None:
    torch.save({"stem.0.weight": print}, path)


def write_header_beyond_the_file(path: Path) -> None:
    """A header that promises a tensor of 4 TiB."""
    header = b'{"stem.0.weight":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(64))


def write_nothing(path: Path) -> None:
    """The file is missing."""


@pytest.mark.parametrize("write", [write_torn, write_pickle, write_header_beyond_the_file, write_nothing])
def test_what_is_not_a_whole_safetensors_file_is_one_sentence(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "weights")
    with pytest.raises(UserError, match=r"not a whole safetensors file .*save_file"):
        open_weights(tmp_path / "weights")


def test_names_that_are_no_resnets_are_refused(tmp_path: Path) -> None:
    save_file({"encoder.weight": torch.zeros(1)}, tmp_path / FILE)
    with pytest.raises(UserError, match=r"encoder.weight: not a weight of timm's resnetv2"):
        open_weights(tmp_path / FILE)


@pytest.mark.parametrize(("mean", "std"), [((), ()), ((0.5,), (0.5, 0.5)), ((0.5,), (0.0,)), ((float("nan"),), (1.0,))])
def test_an_impossible_normalisation_is_refused(mean: tuple[float, ...], std: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="expected finite numbers"):
        Normalisation(mean, std)
