"""Facts beside the image from training to prediction: learned, carried in the bundle, read from headers."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from data_prep.ingest import prepare_dataset
from tests.builders import make_chest, write_dicom
from tests.datasets import write_dataset
from tests.training.test_fit import make_config
from xray_resnet.bundle import Bundle, load_model, read_bundle
from xray_resnet.bundle.metadata import METADATA, MODEL_CARD
from xray_resnet.bundle.monai_runner import ReadRadiograph
from xray_resnet.bundle.monai_runner import predict as predict_by_monai
from xray_resnet.config import AugmentConfig, Config, DataConfig, ImageFolderConfig, PrepConfig, SplitConfig
from xray_resnet.dicom import Reading, prepare
from xray_resnet.errors import UserError
from xray_resnet.evaluation.evaluate import evaluate
from xray_resnet.evaluation.evidence import Chance
from xray_resnet.evaluation.predictions import read_predictions
from xray_resnet.facts import encode_header
from xray_resnet.findings import LabelState
from xray_resnet.inference import Predictor
from xray_resnet.metrics import auroc
from xray_resnet.predictions import Prediction
from xray_resnet.store import StoredImage
from xray_resnet.training.fit import train

READING = Reading(size=64)
FACTS = ["sex", "age"]


def make_leaky_data(folder: Path) -> Path:
    """Images of noise whose finding is the sex of the patient."""
    generator = np.random.default_rng(0)
    sexes = generator.choice(["M", "F"], 120)
    images = [
        StoredImage(
            image_id=f"image{row:03d}",
            patient_id=f"patient{row:03d}",
            pixels=generator.integers(0, 256, (64, 64), dtype=np.uint8),
            states={"Hernia": int(LabelState.POSITIVE if sex == "M" else LabelState.NEGATIVE)},
            sex=str(sex),
            age=None if row % 5 == 0 else 40.0 + row % 30,
        )
        for row, sex in enumerate(sexes)
    ]
    ids = [image.image_id for image in images]
    return write_dataset(
        folder,
        images,
        name="leaky",
        source="table",
        synthetic=True,
        findings=("Hernia",),
        reading=READING.to_json(),
        reading_fingerprint=READING.fingerprint(),
        splits={"train": ids[:80], "val": ids[80:100], "test": ids[100:]},
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was told sex and age."""
    folder = tmp_path_factory.mktemp("facts")
    config = make_config(make_leaky_data(folder / "data"), folder / "runs", epochs=6, learning_rate=2e-2)
    still = AugmentConfig(geometry=0, exposure=0, quantum_noise=0, electronic_noise=0)
    config = replace(config, augment=still, model=replace(config.model, image_size=32, facts=FACTS))
    return train(config, announce=lambda _: None)


@pytest.fixture(scope="module")
def bundle(run: Path) -> Bundle:
    return read_bundle(run)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One film under headers that say different things, and as a picture without a header."""
    folder = tmp_path_factory.mktemp("films")
    chest = make_chest(96, 96, np.random.default_rng(0))
    pixels = np.uint16(chest * 4095)
    known = {"M": {"PatientSex": "M", "PatientAge": "061Y"}, "F": {"PatientSex": "F", "PatientAge": "061Y"}, "": {}}
    files = {sex: write_dicom(folder / f"film{sex}.dcm", pixels, **header) for sex, header in known.items()}
    cv2.imwrite(str(folder / "film.png"), np.uint8(chest * 255))
    return files | {"png": folder / "film.png"}


def logit(prediction: Prediction) -> float:
    score = prediction.scores["Hernia"]
    return float(np.log(score / (1 - score)))


def test_a_network_that_is_told_what_decides_the_label_needs_no_image(run: Path) -> None:
    predictions = read_predictions(evaluate(run, precision="fp32", chance=Chance(20)))
    labels = (predictions.states[:, 0] == LabelState.POSITIVE).astype(float)
    assert auroc(labels, predictions.logits[:, 0]) == 1


def test_prediction_reads_the_facts_in_the_header(bundle: Bundle, films: dict[str, Path]) -> None:
    """A logit differs from that of the same film without them by the weights of the facts alone."""
    predictor = Predictor(bundle.folder, precision="fp32")
    logits = {
        name: logit(prediction) for name, prediction in zip(films, predictor.predict(films.values()), strict=True)
    }
    weights = load_model(bundle).facts_head.weight.detach().numpy()[0]
    for sex in "MF":
        facts = encode_header(FACTS, {"PatientSex": sex, "PatientAge": "061Y"})
        assert logits[sex] - logits[""] == pytest.approx(float(weights @ facts), rel=1e-3)


def test_a_picture_without_a_header_is_an_image_of_which_nothing_is_known(
    bundle: Bundle, films: dict[str, Path]
) -> None:
    (prediction,) = Predictor(bundle.folder, precision="fp32").predict([films["png"]])
    image = torch.from_numpy(bundle.model_input(prepare(films["png"], bundle.reading).pixels))[None, None]
    with torch.inference_mode():
        assert logit(prediction) == pytest.approx(load_model(bundle)(image).item(), rel=1e-3)


def test_monais_runner_gives_the_scores_of_our_predictor(
    bundle: Bundle, films: dict[str, Path], tmp_path: Path
) -> None:
    read = ReadRadiograph(bundle)
    batch = [read(str(path)) for path in films.values()]
    network = load_model(bundle)
    table = predict_by_monai(
        [batch], lambda x, net, *more: net(x, *more), network, bundle.metadata.output, str(tmp_path)
    )
    with table.open(newline="") as file:
        theirs = [float(row["hernia_score"]) for row in csv.DictReader(file)]
    ours = [p.scores["Hernia"] for p in Predictor(bundle.folder, precision="fp32").predict(films.values())]
    np.testing.assert_allclose(theirs, ours, rtol=1e-4)


def test_a_dataset_of_the_same_films_gives_the_same_logits(
    bundle: Bundle, films: dict[str, Path], tmp_path: Path
) -> None:
    for sex in "MF":
        (tmp_path / f"source/{sex}").mkdir(parents=True)
        shutil.copy(films[sex], tmp_path / f"source/{sex}/film.dcm")
    folders = ImageFolderConfig(classes={"M": ["Hernia"], "F": []})
    prepare_dataset(
        Config(
            data=DataConfig(
                source="image_folder",
                root=tmp_path / "source",
                cache=tmp_path / "data",
                image_folder=folders,
                split=SplitConfig(0.5, 0.0, 0.5),
            ),
            prep=PrepConfig(size=64, workers=1),
        )
    )
    evaluation = evaluate(bundle.folder, dataset=tmp_path / "data", split="all", precision="fp32", chance=Chance(20))
    predicted = {logit(p) for p in Predictor(bundle.folder, precision="fp32").predict([films["M"], films["F"]])}
    np.testing.assert_allclose(sorted(read_predictions(evaluation).logits[:, 0]), sorted(predicted), rtol=1e-3)


def test_the_onnx_file_takes_facts_as_its_second_input(bundle: Bundle) -> None:
    session = onnxruntime.InferenceSession(bundle.onnx)
    assert [(value.name, value.shape[1:]) for value in session.get_inputs()] == [("image", [1, 32, 32]), ("facts", [4])]
    generator = np.random.default_rng(1)
    image, facts = (generator.normal(size=shape).astype(np.float32) for shape in ((3, 1, 32, 32), (3, 4)))
    (logits,) = session.run(["logits"], {"image": image, "facts": facts})
    with torch.inference_mode():
        expected = load_model(bundle)(torch.from_numpy(image), torch.from_numpy(facts)).numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_the_bundle_says_what_its_network_is_told(bundle: Bundle) -> None:
    document = json.loads((bundle.folder / METADATA).read_text())
    assert bundle.metadata.facts == ("sex", "age")
    assert document["network_data_format"]["inputs"]["facts"]["num_channels"] == 4
    assert "and, if known, sex, age" in (bundle.folder / MODEL_CARD).read_text()


@pytest.mark.parametrize("facts", ["sex", ["name"], ["sex", "sex"], [["sex"]]])
def test_facts_that_nobody_knows_are_refused_in_a_bundle(bundle: Bundle, tmp_path: Path, facts: object) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(bundle.folder, copy)
    document = json.loads((copy / METADATA).read_text())
    document["xray_resnet"]["model"]["facts"] = facts
    (copy / METADATA).write_text(json.dumps(document))
    with pytest.raises(UserError, match="expected some of age, sex, view_position"):
        read_bundle(copy)
