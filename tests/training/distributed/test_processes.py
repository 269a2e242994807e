"""Processes that train together see the images of one, and learn what one learns."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.conftest import REPOSITORY
from tests.training.kill import read_metrics
from tests.training.test_fit import make_config, make_data, only_run
from xray_resnet.config import Config
from xray_resnet.config_files import write_config
from xray_resnet.errors import ConfigurationError, UserError
from xray_resnet.runs import Run
from xray_resnet.store import open_dataset
from xray_resnet.torch_engine import Engine
from xray_resnet.training import fit
from xray_resnet.training.checkpoints import read_checkpoint
from xray_resnet.training.distributed import ALONE, Processes, find_processes
from xray_resnet.training.from_config import build_settings, build_task_of
from xray_resnet.training.loading import build_loaders

TORCHRUN = {"TORCHELASTIC_RUN_ID": "1", "RANK": "5", "LOCAL_RANK": "1", "WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"}
SLURM = {"SLURM_JOB_NAME": "train", "SLURM_PROCID": "3", "SLURM_NTASKS": "8", "SLURM_NNODES": "2"}
STARTED_BY_THE_FIRST = {"LOCAL_RANK": "1", "NODE_RANK": "1"}


@pytest.mark.parametrize(
    ("environment", "devices", "nodes", "expected"),
    [
        ({}, 0, 0, ALONE),
        ({}, 2, 1, Processes(0, 2, 1)),
        (TORCHRUN, 0, 0, Processes(5, 4, 2, are_started=True)),
        (SLURM, 0, 0, Processes(3, 4, 2, are_started=True)),
        (SLURM | {"SLURM_JOB_NAME": "bash"}, 0, 0, ALONE),
        (STARTED_BY_THE_FIRST, 4, 2, Processes(5, 4, 2, are_started=True)),
    ],
    ids=["alone", "as configured", "torchrun", "srun", "a shell of SLURM", "started by the first"],
)
def test_processes_are_those_that_were_started(
    environment: Mapping[str, str], devices: int, nodes: int, expected: Processes
) -> None:
    assert find_processes(devices=devices, nodes=nodes, environment=environment) == expected


def test_a_single_process_of_a_launcher_prepares_its_data_itself() -> None:
    single = {"SLURM_JOB_NAME": "train", "SLURM_PROCID": "0", "SLURM_NTASKS": "1", "SLURM_NNODES": "1"}
    assert find_processes(devices=0, nodes=0, environment=single) == ALONE


def test_a_process_that_fails_says_which_it_is_and_only_the_first_is_heard_after_ctrl_c() -> None:
    with pytest.raises(UserError, match=r"^process 3 of 8: no such folder$"), Processes(2, 8).with_one_voice():
        raise UserError("no such folder")
    with pytest.raises(UserError, match=r"^no such folder$"), Processes(0, 8).with_one_voice():
        raise UserError("no such folder")
    with pytest.raises(SystemExit, match="130"), Processes(2, 8).with_one_voice():
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt, match=r"^$"), Processes(0, 8).with_one_voice():
        raise KeyboardInterrupt


def test_other_numbers_than_were_started_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"train\.devices is 3, but 4 were started; leave it at 0"):
        find_processes(devices=3, nodes=0, environment=TORCHRUN)


def test_a_batch_that_cannot_be_shared_out_is_refused(tmp_path: Path) -> None:
    config = make_config(tmp_path, tmp_path, batch_size=16)
    with pytest.raises(ConfigurationError, match=r"train\.batch_size is 16, expected a multiple of 3"):
        build_settings(config, Engine("cpu", "fp32"), Processes(0, 3))


def test_fewer_images_than_a_shared_batch_are_refused(tmp_path: Path) -> None:
    config = make_config(make_data(tmp_path / "data", count=20), tmp_path, batch_size=16)
    task = build_task_of(config, open_dataset(config.data.folder))
    with pytest.raises(UserError, match=r"12 training images, fewer than the 16 of a batch.*lower train\.batch_size"):
        build_loaders(task, build_settings(config, Engine("cpu", "fp32"), Processes(0, 2)))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Twenty-five validation images, which two processes cannot share equally."""
    folder = tmp_path_factory.mktemp("together")
    data = make_data(folder / "data", count=125, images_per_patient=1)
    return make_config(data, folder / "runs", epochs=2, checkpoint_minutes=1e-9, learning_rate=3e-4)


@pytest.fixture(scope="module")
def alone(config: Config) -> Run:
    """The run of one process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "deliver", lambda *_: None)
        return Run(fit.train(config, announce=lambda _: None))


def train_together(config: Config, folder: Path) -> tuple[Run, str]:
    """The run of two processes on this machine, and what they said."""
    write_config(folder / "config.yaml", replace(config, train=replace(config.train, output=folder / "runs")))
    module = "tests.training.distributed.together"
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", module]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    arguments = [str(folder / "config.yaml"), str(folder)]
    done = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Run(only_run(folder / "runs")), done.stdout + done.stderr


@pytest.mark.slow
def test_two_processes_see_the_images_of_one_and_learn_the_same(config: Config, alone: Run, tmp_path: Path) -> None:
    """The rest differs by the order in which floating-point numbers are added."""
    together, said = train_together(config, tmp_path)
    rows = [json.loads((tmp_path / f"rows-{rank}.json").read_text()) for rank in range(2)]
    assert [len(batch) for batch in rows[0]] == [8] * len(rows[0])
    engine = Engine("cpu", "fp32")
    lines = [line for line in said.splitlines() if line != f"slow here: {engine.explain_slowness()}"]
    assert lines[0] == f"training on 75 images in fp32 ({engine.instruction_set}) in 2 processes"
    assert [line.split()[:2] for line in lines[1:]] == [["epoch", "1/2"], ["epoch", "2/2"]]
    for one, two in zip(read_metrics(alone), read_metrics(together), strict=True):
        assert one.keys() == two.keys()
        for name in one:
            assert float(two[name]) == pytest.approx(float(one[name]), abs=1e-3), name
    weights = [read_checkpoint(run.last_checkpoint)["state_dict"] for run in (alone, together)]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, rtol=1e-3, atol=1e-3, msg=name)
