"""Every command answers --help at once, prints its configuration, and fails with one sentence."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.builders import make_pixels, write_dicom
from xray_resnet.cli import predict
from xray_resnet.cli.common import STARTS_ANEW, Clock, exit_code_of, missing_extra, show_progress
from xray_resnet.cli.evaluate import EvaluateOptions, evaluate, read_promises
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.predictions import FORMATS
from xray_resnet.triage import Promise, Promises

COMMANDS = ("prep", "train", "eval", "predict", "compare", "lab")
HEAVY = "('torch', 'lightning', 'monai', 'albumentations', 'openvino', 'pyarrow', 'cv2', 'pydicom')"


def run(command: str, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    script = Path(sys.executable).parent / f"xray-{command}"
    return subprocess.run([script, *arguments], capture_output=True, text=True, cwd=folder, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples_and_says_that_this_is_no_medical_device(command: str) -> None:
    shown = run(command, "--help")
    assert shown.returncode == 0
    assert "examples:" in shown.stdout
    assert "not a medical device" in shown.stdout


@pytest.mark.parametrize("module", ["prep", "train", "evaluate", "predict", "compare", "lab"])
def test_help_imports_nothing_heavy(module: str) -> None:
    code = (
        f"import sys; sys.argv = ['xray', '--help']\nfrom xray_resnet.cli.{module} import main\n"
        f"try: main()\nexcept SystemExit: pass\nprint([m for m in {HEAVY} if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["prep", "train"])
def test_print_config_shows_what_would_be_used(command: str) -> None:
    shown = run(command, "--config", "chestxray.yaml", "--train.epochs", "3", "--print_config")
    assert shown.returncode == 0
    assert "epochs: 3" in shown.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_usage_is_one_sentence_and_exit_2(command: str, tmp_path: Path) -> None:
    shown = run(command, "--no_such_option", "1", folder=tmp_path)
    assert shown.returncode == 2
    assert shown.stderr.startswith(f"xray-{command}: ")
    assert "Traceback" not in shown.stderr


def test_evaluating_without_a_run_names_the_remedy(tmp_path: Path) -> None:
    shown = run("eval", folder=tmp_path)
    assert shown.returncode == 2
    assert "run xray-train first" in shown.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sensitivity", "0.9", "--specificity", "0.9"), "sensitivity and specificity are both given, expected one"),
        (("--sensitivity", "95"), "sensitivity is 95, expected more than 0 and at most 1"),
        (("--prevalence", "0"), "prevalence is 0, expected more than 0 and less than 1"),
        (("--prevalence", "{Nodule: 1.5}"), "prevalence.Nodule is 1.5, expected more than 0 and less than 1"),
        (("--ppv", "90"), "ppv is 90, expected more than 0 and less than 1"),
        (("--npv", "0"), "npv is 0, expected more than 0 and less than 1"),
        (("--fnr", "1"), "fnr is 1, expected more than 0 and less than 1"),
        (("--confidence", "1"), "confidence is 1, expected more than 0 and less than 1"),
        (("--ppv", "0.9", "--fpr", "0.1"), "ppv and fpr are both given, expected one"),
        (("--npv", "0.9", "--fnr", "0.1"), "npv and fnr are both given, expected one"),
        (("--no-triage", "--confidence", "0.9"), "--no-triage and --confidence are both given, expected one"),
        (("--dose", "--dose-margin", "0"), "--dose-margin is 0, expected more than 0 and less than 0.5"),
        (("--dose", "--dose-grid", "0.5", "1"), "--dose-grid has 1, expected fractions of the dose, more than 0"),
        (("--dose-repeats", "3"), "--dose-repeats is given without --dose; add --dose, which plans a dose"),
        (("--amend", "--no-amend"), "--amend and --no-amend are both given, expected one"),
    ],
)
def test_settings_of_decisions_that_cannot_be_are_refused(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    shown = run("eval", *options, folder=tmp_path)
    assert shown.returncode == 2
    assert words in shown.stderr


def test_help_of_evaluation_names_every_analysis_with_examples() -> None:
    shown = " ".join(run("eval", "--help").stdout.split())
    assert "Run these analyses alone, of findings, external, baseline, curves, calibration" in shown
    assert "xray-eval --report --skip examples localisation" in shown
    assert "xray-eval --report --subgroup Modality --subgroup file_size" in shown


@pytest.mark.parametrize(
    ("options", "promises"),
    [
        (EvaluateOptions(), None),
        (EvaluateOptions(ppv=0.8), Promises(Promise("predictive value", 0.8), Promise("predictive value", 0.95))),
        (EvaluateOptions(fpr=0.1, fnr=0.2), Promises(Promise("error rate", 0.1), Promise("error rate", 0.2))),
        (
            EvaluateOptions(npv=0.99, confidence=0.9),
            Promises(Promise("predictive value", 0.9, 0.9), Promise("predictive value", 0.99, 0.9)),
        ),
    ],
)
def test_options_of_a_triage_are_promises(options: EvaluateOptions, promises: Promises | None) -> None:
    assert read_promises(options) == promises


def test_resuming_refuses_settings_that_it_would_not_heed(tmp_path: Path) -> None:
    shown = run("train", "--resume", str(tmp_path), "--train.epochs", "77")
    assert shown.returncode == 2
    assert "goes on with the run's own configuration; leave out --train.epochs" in shown.stderr


@pytest.mark.parametrize(
    ("option", "value"), [("--prep.size", "0"), ("--prep.size", "10000"), ("--prep.max_pixels", "0")]
)
def test_settings_of_reading_that_cannot_be_are_refused(option: str, value: str, tmp_path: Path) -> None:
    phantoms = ("--data.phantom.count", "2", "--data.cache", str(tmp_path / "dataset"))
    shown = run("prep", "--config", "chestxray.yaml", *phantoms, option, value, folder=tmp_path)
    assert shown.returncode == 2
    assert f"{option[2:]} is {value}, expected 1 to" in shown.stderr


def test_the_command_offers_every_format_of_the_table() -> None:
    """It names them itself, so that --help loads nothing heavy."""
    assert predict.FORMATS == FORMATS


def test_a_missing_extra_says_what_to_install() -> None:
    assert "pip install 'xray-resnet[train]'" in missing_extra(ModuleNotFoundError(name="lightning.pytorch"))
    assert "pip install 'xray-resnet[cluster]'" in missing_extra(ModuleNotFoundError(name="ray"))


def test_a_file_is_explained(tmp_path: Path) -> None:
    film = write_dicom(tmp_path / "film.dcm", make_pixels(80, 70))
    shown = run("prep", "--explain", str(film), "--pictures", str(tmp_path / "steps"), folder=tmp_path)
    assert shown.returncode == 0
    assert "Photometric" in shown.stdout and "VOI LUT" in shown.stdout and "verdict: " in shown.stdout
    assert len(list((tmp_path / "steps").glob("*.png"))) == 6


def test_a_file_whose_name_is_no_utf_8_is_explained(tmp_path: Path) -> None:
    film = write_dicom(tmp_path / os.fsdecode(b"M\xfcller.dcm"), make_pixels(80, 70))
    shown = run("prep", "--explain", str(film), folder=tmp_path)
    assert shown.returncode == 0 and "verdict: " in shown.stdout


def test_a_file_that_is_not_there_cannot_be_explained(tmp_path: Path) -> None:
    shown = run("prep", "--explain", "film.dcm", folder=tmp_path)
    assert shown.returncode == 2
    assert shown.stderr == "xray-prep: --explain film.dcm: there is no such file; name one DICOM, PNG or JPEG file\n"


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--prep.dtype", "uint12", "prep.dtype is uint12, expected one of 'uint8', 'uint16'"),
        ("--prep.workers", "many", "prep.workers is many, expected a whole number"),
        ("--prep.crop", "maybe", "prep.crop is maybe, expected true or false"),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_in_plain_words(option: str, value: str, words: str) -> None:
    assert run("prep", option, value).stderr == f"xray-prep: {words}\n"


def test_a_dataset_that_was_prepared_before_is_said_to_be(tmp_path: Path) -> None:
    settings = ("--data.phantom.count", "4", "--data.phantom.size", "64", "--prep.size", "32", "--prep.workers", "1")
    first, second = (run("prep", *settings, folder=tmp_path) for _ in range(2))
    assert first.stdout.startswith("accepted 4 of 4 files")
    assert second.stdout.startswith("this dataset was prepared before, and nothing has changed:")
    assert (tmp_path / "datasets/phantom/ingest.html").is_file()
    assert first.stderr.splitlines()[-1].endswith(f"next: xray-train {' '.join(settings)}")
    assert first.stdout.splitlines()[-1] == "datasets/phantom"


def test_whoever_is_asked_to_end_says_so_as_after_ctrl_c() -> None:
    code = (
        "import os, signal\nfrom xray_resnet.cli.common import run_command\n"
        "run_command('xray-test', lambda _: os.kill(os.getpid(), signal.SIGTERM))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert shown.returncode == 130
    assert shown.stderr == "xray-test: interrupted; run the same command again: finished work is kept\n"


@pytest.mark.parametrize(("failure", "words"), [
    (KeyboardInterrupt(), "interrupted; run the same command again: it starts anew"),
    (OSError(errno.ENOSPC, "No space left on device"), "free some space and run the same command: it starts anew"),
])  # fmt: skip
def test_a_command_that_keeps_nothing_says_so(
    failure: BaseException, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def body(_: Sequence[str]) -> int:
        raise failure

    exit_code_of("xray-test", body, [], left=STARTS_ANEW)
    assert words in capsys.readouterr().err


def test_long_work_writes_a_line_a_minute_where_nobody_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 30.0, 61.0, 90.0, 122.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with show_progress("preparing") as progress:
        for done in (100, 200, 300, 400):
            progress(done, 1000, 3)
    assert capsys.readouterr().err.splitlines() == [
        "preparing: 200 of 1000 files, 3 rejected, 3.3/s, 0:04:04 left",
        "preparing: 400 of 1000 files, 3 rejected, 3.3/s, 0:03:03 left",
    ]


def test_the_rate_of_slow_work_is_a_minutes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 90.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with show_progress("training", "networks") as progress:
        progress(3, 9)
    assert capsys.readouterr().err == "training: 3 of 9 networks, 2.0/min, 0:03:00 left\n"


def test_the_end_of_long_work_says_how_long_it_took_and_what_is_next(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error: the last line of the output is the folder, for scripts."""
    clock = iter([10.0, 3700.4])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    Clock("xray-test").say_end("xray-eval --report")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "xray-test: done in 1:01:30; next: xray-eval --report\n")


def test_pictures_of_no_file_are_refused(tmp_path: Path) -> None:
    shown = run("prep", "--pictures", str(tmp_path / "steps"), folder=tmp_path)
    assert shown.returncode == 2
    assert "--explain FILE" in shown.stderr


def test_a_missing_module_of_no_extra_is_not_hidden() -> None:
    with pytest.raises(ModuleNotFoundError, match="somewhere"):
        missing_extra(ModuleNotFoundError("No module named somewhere", name="somewhere"))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UserError("s"), 1),
        (ConfigurationError("s"), 2),
        (KeyboardInterrupt(), 130),
        (FileNotFoundError(2, "s", "f"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_have_their_exit_codes(error: BaseException, expected: int) -> None:
    def body(arguments: object) -> int:
        raise error

    assert exit_code_of("xray-test", body, []) == expected


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--prevalence", "{Effusion:0.1}"], "prevalence is {Effusion:0.1}, expected a number or a dict"),
        (["--prevalence", "{Effusion: rare}"], "prevalence is {Effusion: rare}, expected a number"),
        (["--dose", "--dose-grid", "0.5", "low"], "dose_grid, value 2: expected a number; got low"),
    ],
)
def test_a_value_of_another_kind_is_told_what_was_expected(arguments: list[str], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        evaluate(arguments)
    assert str(refusal.value) == sentence


def test_a_fault_is_shown_whole_and_lets_go_of_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    ended = []

    def work() -> Iterator[None]:
        try:
            yield
        finally:
            ended.append(True)

    def body(arguments: object) -> int:
        for _ in (running := work()):
            raise ZeroDivisionError(f"while {running.__name__} runs")
        return 0

    assert exit_code_of("xray-test", body, []) == 1
    assert "ZeroDivisionError: while work runs" in capsys.readouterr().err
    assert ended
