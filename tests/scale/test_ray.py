"""The map on a Ray cluster of two nodes, started on this machine as one would start them on two."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.builders import make_chest, write_picture
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow
BIN = Path(sys.executable).parent
SCRIPT = """
from tests.scale.ray_items import *
from xray_resnet.scale import Limits
from xray_resnet.scale.ray_tasks import map_on_ray
limits = Limits(silence_s=1.0, memory_bytes=256 << 20)
print([*map_on_ray({function}, range(6), address="{address}", on_lost=give_up, limits=limits)])
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a head and a second node of one core each."""
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # its sockets' paths must be short
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    ray = [str(BIN / "ray"), "start", "--block", "--num-cpus=1", "--disable-usage-stats"]
    nodes = []
    try:
        with (folder / "head.log").open("w") as log:
            head = [*ray, "--head", "--port=0", "--include-dashboard=false", f"--temp-dir={folder}"]
            nodes.append(subprocess.Popen(head, stdout=log, stderr=log, env=environment))
        address = wait_for_address(folder / "head.log")
        with (folder / "second.log").open("w") as log:
            second = [*ray, f"--address={address}"]
            nodes.append(subprocess.Popen(second, stdout=log, stderr=log, env=environment))
        wait_for("Ray runtime started", folder / "second.log")
        yield address
    finally:
        for node in reversed(nodes):
            node.terminate()
            node.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(pattern: str, log: Path) -> re.Match[str]:
    for _ in range(600):
        if found := re.search(pattern, log.read_text()):
            return found
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def wait_for_address(log: Path) -> str:
    return wait_for(r"--address='([^']+)'", log)[1]


def map_on(address: str, function: str) -> str:
    code = SCRIPT.format(function=function, address=address)
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=False)
    return (shown.stdout + shown.stderr).strip().splitlines()[-1]


def test_results_keep_the_order_of_the_items(cluster: str) -> None:
    assert map_on(cluster, "sleep_less_for_later") == "[0, 1, 2, 3, 4, 5]"


def test_both_nodes_take_part(cluster: str) -> None:
    assert len(set(map_on(cluster, "name_node").strip("[]").split(", "))) == 2


def test_an_item_that_kills_its_worker_each_time_is_lost_alone(cluster: str) -> None:
    assert map_on(cluster, "die_at_three") == "[0, 1, 2, 'gave up 3', 4, 5]"


def test_an_item_that_falls_silent_is_lost_alone(cluster: str) -> None:
    assert map_on(cluster, "hang_at_three") == "[0, 1, 2, 'gave up 3', 4, 5]"


def test_an_item_that_asks_for_too_much_memory_cannot_have_it(cluster: str) -> None:
    assert map_on(cluster, "ask_for_a_gigabyte") == "['refused', 'refused', 'refused', 'refused', 'refused', 'refused']"


def test_what_a_function_raises_is_raised_here(cluster: str) -> None:
    assert map_on(cluster, "refuse_three") == "ValueError: three is refused"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:99999"])
def test_an_address_where_no_cluster_answers_is_named(address: str) -> None:
    shown = map_on(address, "refuse_three")
    assert re.search(rf"NoClusterError: {address}: no Ray cluster answers \(.+\); start one with `ray start", shown)


def test_no_cluster_is_one_sentence(tmp_path: Path) -> None:
    make_films(tmp_path, 2)
    shown = prep(tmp_path, "dataset", "--prep.scale", "ray", "--prep.ray_address", "127.0.0.1:1").communicate()
    assert "prep.ray_address 127.0.0.1:1: no Ray cluster answers" in shown[1]
    assert "or set prep.scale to local" in shown[1]
    assert "Traceback" not in shown[1]


def test_a_cluster_makes_the_same_bytes_and_does_the_work_of_a_killed_worker_again(
    cluster: str, tmp_path: Path
) -> None:
    make_films(tmp_path, 96)
    local = prep(tmp_path, "local")
    local.communicate()
    spread = prep(tmp_path, "spread", "--prep.scale", "ray", "--prep.ray_address", cluster)
    kill_a_worker(spread)
    spread.communicate()
    assert (local.returncode, spread.returncode) == (0, 0)
    assert read_parts(tmp_path / "spread") == read_parts(tmp_path / "local")


def make_films(folder: Path, count: int) -> None:
    generator = np.random.default_rng(0)
    for number in range(count):
        path = folder / "films" / "AB"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_picture(path, (make_chest(90, 80, generator) * 255).astype(np.uint8))


def prep(folder: Path, name: str, *options: str) -> subprocess.Popen[str]:
    """`xray-prep` of 16 images a part."""
    settings = ["--data.source=image_folder", f"--data.root={folder / 'films'}", f"--data.cache={folder / name}"]
    classes = ["--data.image_folder.classes={A: [], B: [Mass]}", "--prep.size=2048"]
    command = [str(BIN / "xray-prep"), *settings, *classes, *options]
    environment = os.environ | {"XRAY_HASH_KEY": str(folder / "key")}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def kill_a_worker(driver: subprocess.Popen[str]) -> None:
    """SIGKILL to the first process of Ray that is at a task."""
    while driver.poll() is None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cmdline").read_bytes().startswith(b"ray::_call"):
                    os.kill(int(process.name), signal.SIGKILL)
                    return
            except (FileNotFoundError, ProcessLookupError):
                continue
    raise AssertionError("the job ended before a worker could be killed")


def read_parts(dataset: Path) -> dict[str, bytes]:
    parts = {path.name: path.read_bytes() for path in sorted((dataset / "images").iterdir())}
    assert len(parts) == 6
    return parts
