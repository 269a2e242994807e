"""What the network said of changed images is kept, and never passes for that of another model or other images."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from xray_resnet.evaluation.answers import Answers, fingerprint_files_and_pixels

LOGITS = np.arange(6, dtype=np.float32).reshape(3, 2)


def _save(values: np.ndarray) -> bytes:
    buffer = BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def refuse() -> np.ndarray:
    raise AssertionError("the network was asked again")


def test_an_answer_is_asked_for_once(tmp_path: Path) -> None:
    answers = Answers(tmp_path, lambda: "one")
    np.testing.assert_array_equal(answers.recall("blur", lambda: LOGITS), LOGITS)
    np.testing.assert_array_equal(Answers(tmp_path, lambda: "one").recall("blur", refuse), LOGITS)


def test_another_change_is_asked_for(tmp_path: Path) -> None:
    answers = Answers(tmp_path, lambda: "one")
    answers.recall("blur", lambda: LOGITS)
    np.testing.assert_array_equal(answers.recall("noise", lambda: LOGITS + 1), LOGITS + 1)


def test_another_model_is_asked_and_the_answers_of_the_former_are_removed(tmp_path: Path) -> None:
    Answers(tmp_path, lambda: "one").recall("blur", lambda: LOGITS)
    np.testing.assert_array_equal(Answers(tmp_path, lambda: "two").recall("blur", lambda: LOGITS + 1), LOGITS + 1)
    assert [path.name for path in tmp_path.iterdir()] == ["two"]


def test_without_a_folder_nothing_is_kept_or_identified() -> None:
    np.testing.assert_array_equal(Answers(None, refuse).recall("blur", lambda: LOGITS), LOGITS)


def test_an_answer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    answers = Answers(tmp_path, lambda: "one")
    with pytest.raises(AssertionError, match="asked again"):
        answers.recall("blur", refuse)
    np.testing.assert_array_equal(answers.recall("blur", lambda: LOGITS), LOGITS)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x93NUMPY", _save(LOGITS)[:-1], _save(LOGITS.astype(str)), _save(LOGITS * np.nan), b"x" * 200],
    ids=["empty", "header", "cut", "text", "no numbers", "other"],
)
def test_a_damaged_answer_is_said_and_asked_for_again(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    Answers(tmp_path, lambda: "one").recall("blur", lambda: LOGITS)
    (tmp_path / "one" / "blur.npy").write_bytes(content)
    np.testing.assert_array_equal(Answers(tmp_path, lambda: "one").recall("blur", lambda: LOGITS), LOGITS)
    assert "blur.npy: damaged; the network is asked again" in caplog.text
    np.testing.assert_array_equal(Answers(tmp_path, lambda: "one").recall("blur", refuse), LOGITS)


def test_the_fingerprint_changes_with_a_file_and_with_a_pixel(tmp_path: Path) -> None:
    weights, images = tmp_path / "weights", np.zeros((2, 4, 4), np.uint8)
    weights.write_bytes(b"a")
    before = fingerprint_files_and_pixels([weights], images.__getitem__, 2)
    images[1, 3, 3] = 1
    changed = fingerprint_files_and_pixels([weights], images.__getitem__, 2)
    weights.write_bytes(b"b")
    assert len({before, changed, fingerprint_files_and_pixels([weights], images.__getitem__, 2)}) == 3
