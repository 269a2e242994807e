"""Configurations are found by name, read strictly, and saved so that they read back equal."""

from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from xray_resnet.config import Config, DataConfig, TrainConfig
from xray_resnet.config_files import CommandParser, build_section, read_saved, resolve_config, write_config
from xray_resnet.errors import ConfigurationError

SHIPPED = sorted((REPOSITORY / "configs").glob("*.yaml"))


def read(*arguments: str) -> Config:
    parser = CommandParser("xray-test", purpose="Test.", examples=())
    parser.add_class_arguments(Config)
    return build_section(Config, parser.instantiate(parser.read(arguments)))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_configuration_is_valid(path: Path) -> None:
    assert read("--config", str(path)).name


def test_a_shipped_configuration_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read("--config", "chestxray.yaml").data.source == "phantom"


def test_the_working_folder_comes_before_the_shipped_configurations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chestxray.yaml").write_text("name: mine\n")
    assert read("--config=chestxray.yaml").name == "mine"


def test_an_option_after_the_configuration_overrides_it() -> None:
    assert read("--config", "chestxray.yaml", "--train.epochs", "3").train.epochs == 3


def test_all_mistakes_are_named_at_once_each_with_the_nearest_key(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("data: {sourse: phantom}\ntrain: {epochs: many, batchsize: 3}\nmodel: {stem: tiny}\n")
    with pytest.raises(ConfigurationError, match="unknown key") as caught:
        read("--config", str(path))
    sentences = str(caught.value).splitlines()
    assert len(sentences) == 4
    assert "unknown key 'data.sourse'; did you mean 'data.source'?" in sentences[0]
    assert "train.epochs is 'many', expected a whole number" in sentences[1]
    assert "unknown key 'train.batchsize'; did you mean 'train.batch_size'?" in sentences[2]
    assert "model.stem is 'tiny', expected one of 'imagenet', 'small'" in sentences[3]


def test_an_unknown_section_names_the_nearest_section(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("modle: {depth: 50}\n")
    with pytest.raises(ConfigurationError, match="unknown key 'modle'; did you mean 'model'"):
        read("--config", str(path))


def test_an_unknown_option_names_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match=r"--train\.epoch; did you mean '--train\.epochs'\?"):
        read("--train.epoch", "3")


def test_a_missing_configuration_names_the_nearest_shipped_one() -> None:
    with pytest.raises(ConfigurationError, match=r"did you mean 'chestxray\.yaml'\?"):
        resolve_config("chestxrays.yaml")


def test_text_that_is_no_mapping_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("- a\n- b\n")
    with pytest.raises(ConfigurationError, match="expected 'section: values', got a list"):
        read("--config", str(path))


def test_a_yaml_tag_constructs_no_object(tmp_path: Path) -> None:
    path = tmp_path / "tagged.yaml"
    path.write_text("name: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(ConfigurationError, match="not a YAML file"):
        read("--config", str(path))


def test_small_inputs_take_their_share_of_the_epochs() -> None:
    shares = ("--config", "chestxray.yaml", "--train.smaller_first", "{64: 0.5, 96: 0.25}")
    assert read(*shares, "--train.epochs", "8").train.list_first_sizes() == [64] * 4 + [96] * 2
    assert read(*shares, "--train.epochs", "1").train.list_first_sizes() == []


@pytest.mark.parametrize("shares", ["{64: 0.7, 96: 0.3}", "{64: 0}", "{16: 0.5}"])
def test_small_inputs_that_leave_nothing_or_are_none_are_refused(shares: str) -> None:
    with pytest.raises(ConfigurationError, match=r"train\.smaller_first is .*, expected"):
        read("--train.smaller_first", shares)


def test_a_saved_configuration_reads_back_equal(tmp_path: Path) -> None:
    train = TrainConfig(epochs=3, learning_rate=1e-4, smaller_first={64: 0.5})
    config = Config(data=DataConfig(root=Path("/archive")), train=train)
    config.data.image_folder.classes = {"PNEUMONIA": ["Pneumonia"], "NORMAL": []}
    write_config(tmp_path / "config.yaml", config)
    assert read_saved(Config, tmp_path / "config.yaml") == config
