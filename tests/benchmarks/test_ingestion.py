"""Ingestion beside the fastest decoder alone, per transfer syntax, in turns in one run; prints ratios, asserts no time.

Real films of the shared data, enlarged to 3000 × 2500 and encoded by DCMTK and OpenJPEG.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import dicomsdl
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.uid import JPEG2000, JPEG2000Lossless

from data_prep.part import PartTask, make_part
from data_prep.sources import Record
from tests.builders import write_dicom
from xray_resnet.dicom import Reading, prepare, read_radiograph
from xray_resnet.dicom.codecs.decode import decode_stored_values
from xray_resnet.dicom.header.file import read_header
from xray_resnet.scale import map_in_processes
from xray_resnet.scale.process import keep_freed_memory

pytestmark = pytest.mark.skipif(shutil.which("dcmcjpeg") is None, reason="dcmtk is not installed")
FILMS, ROUNDS = 4, 3
PART_S = 2.0
"""Seconds that a timed part takes; it holds at most 128 images, as in earnest."""
ENCODERS = {
    "JPEG baseline": ("dcmcjpeg", "+eb", "+q", "90"),
    "JPEG extended, 12 bit": ("dcmcjpeg", "+ee", "+q", "90"),
    "JPEG lossless": ("dcmcjpeg", "+e1"),
    "JPEG-LS": ("dcmcjpls",),
    "RLE": ("dcmcrle",),
}
PLUGINS = ("gdcm", "pylibjpeg", "pyjpegls", "")


def by_dicomsdl(path: Path) -> object:
    return dicomsdl.open(str(path)).pixelData(storedvalue=True)


def by_opencv(path: Path) -> object:
    frame = get_frame(dcmread(path).PixelData, 0, number_of_frames=1)
    decoded = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert decoded is not None
    return decoded


def by_plugin(plugin: str) -> Callable[[Path], object]:
    def decode(path: Path) -> object:
        header = dcmread(path)
        decoder = get_decoder(header.file_meta.TransferSyntaxUID)
        return decoder.as_array(header, raw=True, decoding_plugin=plugin)

    return decode


DECODERS = {"dicomsdl": by_dicomsdl, "OpenCV": by_opencv, **{f"pydicom {name}": by_plugin(name) for name in PLUGINS}}


@pytest.fixture(scope="module")
def films(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    folder = tmp_path_factory.mktemp("films")
    films: dict[str, list[Path]] = {}
    sources = sorted((shared / "data/nih_chestxray14/dicom").glob("*.dcm"))[:FILMS]
    for number, source in enumerate(sources):
        for name, path in encode(read_radiograph(source).pixels, folder / str(number)).items():
            films.setdefault(name, []).append(path)
    return films


def encode(pixels: np.ndarray, folder: Path) -> dict[str, Path]:
    """The film in every syntax, with the noise of a detector, which codecs have to carry."""
    folder.mkdir()
    noise = np.random.default_rng(0).normal(0, 4, (3000, 2500))
    large = np.clip(cv2.resize(pixels, (2500, 3000), interpolation=cv2.INTER_CUBIC) / 16 + noise, 0, 4095)
    deep = write_dicom(folder / "deep.dcm", large.astype(np.uint16), WindowCenter=2048, WindowWidth=4096)
    window = {"WindowCenter": 128, "WindowWidth": 256, "bits_stored": 8}
    flat = write_dicom(folder / "flat.dcm", (large / 16).astype(np.uint8), **window)
    small = write_dicom(folder / "small.dcm", (pixels >> 8).astype(np.uint8), **window)
    paths = {"uncompressed": deep}
    for name, command in ENCODERS.items():
        paths[name] = folder / f"{name}.dcm"
        subprocess.run([*command, flat if name == "JPEG baseline" else deep, paths[name]], check=True)
    paths["JPEG baseline, 1 megapixel"] = folder / "one.dcm"
    subprocess.run([*ENCODERS["JPEG baseline"], small, paths["JPEG baseline, 1 megapixel"]], check=True)
    for name, syntax, options in (
        ("JPEG 2000 lossless", JPEG2000Lossless, {}),
        ("JPEG 2000", JPEG2000, {"j2k_cr": [10]}),
    ):
        dataset = dcmread(deep)
        dataset.compress(syntax, encoding_plugin="pylibjpeg", **options)
        paths[name] = folder / f"{name}.dcm"
        dataset.save_as(paths[name])
    return paths


def time_all(function: Callable[[Path], object], paths: Sequence[Path]) -> float:
    """Milliseconds per file, infinite where the function cannot read them."""
    start = time.perf_counter()
    try:
        for path in paths:
            function(path)
    except Exception:
        return float("inf")
    return (time.perf_counter() - start) / len(paths) * 1000


@pytest.fixture
def one_core() -> Iterator[None]:
    """Some decoders take threads, others do not: on one core they compare."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    cv2.setNumThreads(1)
    keep_freed_memory()  # as in worker processes
    yield
    os.sched_setaffinity(0, cores)


@pytest.mark.usefixtures("one_core")
def test_ingestion_beside_the_fastest_decoder_alone(films: dict[str, list[Path]], tmp_path: Path) -> None:
    print()
    for name, paths in films.items():
        times: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for decoder, function in DECODERS.items():
                times.setdefault(decoder, []).append(time_all(function, paths))
            times.setdefault("ingestion", []).append(time_ingestion(paths, tmp_path))
        best = {label: min(values) for label, values in times.items()}
        ours = best.pop("ingestion")
        fastest = min(best, key=best.__getitem__)
        print(f"{name:27} {ours:7.1f} ms = {ours / best[fastest]:.2f} x {fastest} alone ({best[fastest]:.1f} ms)")


@pytest.mark.usefixtures("one_core")
def test_ingestion_beside_the_plain_script(films: dict[str, list[Path]], tmp_path: Path, shared: Path) -> None:
    """The plain script: pydicom, float32, a PNG per film."""
    print()
    for name in ("uncompressed", "JPEG baseline", "JPEG baseline, 1 megapixel"):
        paths = films[name]
        plain = min(time_plain(shared, paths) for _ in range(ROUNDS))
        ours = min(time_ingestion(paths, tmp_path) for _ in range(ROUNDS))
        print(f"{name:27} {ours:7.1f} ms, plain script {plain:7.1f} ms = {plain / ours:.1f} x")


@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("name", ["JPEG baseline", "JPEG baseline, 1 megapixel"])
def test_where_the_time_of_a_jpeg_goes(films: dict[str, list[Path]], tmp_path: Path, name: str) -> None:
    """Each stage up to here; a stage by itself would find its data in the processor's cache."""
    paths = films[name]
    stages: dict[str, Callable[[Path], object]] = {
        "header": read_header,
        "decoded": lambda path: decode_stored_values(read_header(path), path),
        "as display values": read_radiograph,
        "in its square": lambda path: prepare(path, Reading(size=512)),
    }
    times = {stage: min(time_all(function, [*paths] * 4) for _ in range(ROUNDS)) for stage, function in stages.items()}
    times["hashed and written"] = min(time_ingestion(paths, tmp_path) for _ in range(ROUNDS))
    print(f"\n{name}: " + ", ".join(f"{stage} {milliseconds:.2f} ms" for stage, milliseconds in times.items()))


def time_plain(shared: Path, paths: Sequence[Path]) -> float:
    """Milliseconds per file, as the script itself takes them."""
    script = [sys.executable, str(shared / "tools/plain/ingest.py")]
    pattern = str(paths[0].parents[1] / "*" / paths[0].name)
    printed = subprocess.run([*script, pattern, str(FILMS)], capture_output=True, text=True, check=True).stdout
    return 1000 / float(printed.split()[0])


def test_two_processes_beside_two_that_only_decode(films: dict[str, list[Path]], tmp_path: Path) -> None:
    """JPEG lossless; differences of long and short runs, so that starting processes does not count."""
    paths = films["JPEG lossless"]
    gains = []
    for work in (decode_part, make_part):
        times = {workers: min(time_parts(work, paths, tmp_path, workers) for _ in range(ROUNDS)) for workers in (1, 2)}
        gains.append(times[1] / times[2])
    print(f"\ntwo processes: decoding alone {gains[0]:.2f} x one, ingestion {gains[1]:.2f} x one,", end=" ")
    print(f"{gains[1] / gains[0]:.2f} of it")


def decode_part(task: PartTask) -> None:
    for record in task.records:
        by_dicomsdl(record.path)


def time_parts(
    work: Callable[[PartTask], object],
    paths: Sequence[Path],
    folder: Path,
    workers: int,
) -> float:
    """Seconds that the longer of two runs takes more."""
    seconds = []
    for count in (4, 20):
        shutil.rmtree(folder, ignore_errors=True)
        tasks = [make_task(paths, folder, index) for index in range(count)]
        start = time.perf_counter()
        for _ in map_in_processes(work, tasks, workers=workers, on_lost=fail):
            pass
        seconds.append(time.perf_counter() - start)
    return seconds[1] - seconds[0]


def fail(task: PartTask) -> object:
    """Never called; with it even one worker is a process of its own."""
    raise AssertionError(task)


def time_ingestion(paths: Sequence[Path], folder: Path) -> float:
    """Milliseconds per file to read, decode, show, resize, hash and write a part that holds each film many times."""
    once = time_part(paths, folder)
    return time_part([*paths] * max(1, min(128 // FILMS, round(PART_S * 1000 / once / FILMS))), folder)


def time_part(paths: Sequence[Path], folder: Path) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    task = make_task(paths, folder)
    start = time.perf_counter()
    journal = make_part(task)
    assert len(journal.accepted) == len(paths)
    return (time.perf_counter() - start) / len(paths) * 1000


def make_task(paths: Sequence[Path], folder: Path, index: int = 0) -> PartTask:
    records = [Record(path, str(number), str(number)) for number, path in enumerate(paths)]
    return PartTask(index, records, paths[0].parents[1], folder, (), Reading(size=512), b"key")
