"""Training on several devices: on one machine, and on two that the loopback stands for."""

import contextlib
import csv
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.pictures import write_dataset
from tests.test_backends import COMPILED
from training.backends import Devices
from training.errors import UserError
from training.runs.folder import Run

ROOT = Path(__file__).parent.parent
EPOCHS = 8  # Of one step each; a worker that is killed in the first leaves enough of them.


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "flowers", size=32)


def environment(**variables):
    return os.environ | {"KERAS_BACKEND": "tensorflow", "PYTHONPATH": str(ROOT)} | variables


def command(data, run, *options, epochs=EPOCHS):
    given = ["--data", data, "--run", run, "--images", 4 * epochs, "--epoch-images", 4, *options]
    fixed = ["--precision", "float32"]
    return [sys.executable, "-m", "tests.tiny_recipe", *map(str, given), *fixed]


def train(data, run, *options, epochs=EPOCHS, **variables):
    subprocess.run(
        command(data, run, *options, epochs=epochs), env=environment(**variables), check=True
    )
    return Run.open(run)


@contextlib.contextmanager
def two_workers(data, runs, seeds=(0, 0)):
    """Two processes that train together, each told its own --run; killed when the test leaves."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in runs]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    workers = []
    for index, run in enumerate(runs):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": addresses}, "task": task})
        workers.append(
            subprocess.Popen(
                command(data, run, "--seed", seeds[index]),
                env=environment(TF_CONFIG=config),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def together(data, runs):
    """Train on two workers to the end; returns the first one's run."""
    with two_workers(data, runs) as workers:
        outputs = [worker.communicate() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    return Run.open(runs[0])


def arrays(run):
    path = max(run.checkpoints.glob("*.npz"))
    with np.load(path) as file:
        return {name: file[name] for name in file.files if name != "position"}


def losses(run):
    rows = csv.DictReader(run.log.read_text().splitlines())
    return [{name: float(v) for name, v in row.items() if name != "images/s"} for row in rows]


def assert_same_but_for_rounding(one, other):
    assert len(losses(one)) == len(losses(other))
    for first, second in zip(losses(one), losses(other), strict=True):
        assert first == pytest.approx(second, rel=1e-4)
    first, second = arrays(one), arrays(other)
    assert first.keys() == second.keys()
    for name in first:
        scale = np.abs(first[name]).max()
        np.testing.assert_allclose(first[name], second[name], atol=5e-3 * scale, err_msg=name)


@pytest.fixture(scope="module")
def alone(data, tmp_path_factory):
    return train(data, tmp_path_factory.mktemp("alone") / "run")


@pytest.fixture(scope="module")
def undisturbed(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    return together(data, [folder / "first", folder / "second"])


# One process for all that it takes: starting a backend costs more than the training.
IN_TURN = """
import dataclasses, sys
from pathlib import Path
from tests.tiny_recipe import TINY  # As many devices as the environment says.
from training.fit import FitOptions, fit
data, one, two, flip = *map(Path, sys.argv[1:4]), sys.argv[4] == "True"
def train(run, epochs, devices):
    told = FitOptions(data, run, 4 * epochs, 4, precision="float32", devices=devices)
    return fit(dataclasses.replace(TINY, flip=flip), told, name="tiny", verbose=0).card["training"]
train(one, 3, 1)
assert train(two, 2, 2)["devices"] == 2
assert train(two, 3, 1)["devices"] == 1
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("backend", "two_devices", "flip"),
    [
        ("tensorflow", {"LOGICAL_CPUS": "2"}, False),
        # Random numbers are the same here, too.
        ("jax", {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}, True),
    ],
    ids=["tensorflow", "jax"],
)
def test_two_devices_train_as_one_does(data, tmp_path, backend, two_devices, flip):
    """Also where the last step is one device's again."""
    one, two = tmp_path / "one", tmp_path / "two"
    subprocess.run(
        [sys.executable, "-c", IN_TURN, *map(str, (data, one, two, flip))],
        env=environment(KERAS_BACKEND=backend, **COMPILED, **two_devices),
        check=True,
    )
    assert_same_but_for_rounding(Run.open(one), Run.open(two))


@pytest.mark.release
@pytest.mark.timeout(600)
def test_two_workers_train_as_one_device_does_and_the_first_alone_writes(alone, undisturbed):
    assert_same_but_for_rounding(alone, undisturbed)
    assert undisturbed.card["training"]["devices"] == 2
    names = [
        sorted(p.relative_to(run.folder) for p in run.folder.rglob("*") if "events" not in p.name)
        for run in (alone, undisturbed)
    ]
    assert names[0] == names[1]
    assert len(list(undisturbed.tensorboard.rglob("*tfevents*"))) == 1
    assert [path.name for path in undisturbed.folder.parent.iterdir()] == ["first"]


@pytest.mark.release
@pytest.mark.timeout(600)
@pytest.mark.parametrize("victim", [0, 1])
def test_a_lost_worker_stops_the_others_and_the_run_goes_on(data, tmp_path, undisturbed, victim):
    runs = [tmp_path / "first", tmp_path / "second"]
    with two_workers(data, runs) as workers:
        deadline = time.monotonic() + 200
        while not list(runs[0].glob("checkpoints/0*.npz")):
            assert all(worker.poll() is None for worker in workers)
            assert time.monotonic() < deadline
            time.sleep(0.02)
        workers[victim].kill()
        survivor = workers[1 - victim]
        _, errors = survivor.communicate(timeout=60)
    assert survivor.returncode == 2, errors
    assert "Traceback" not in errors
    [line] = [line for line in errors.splitlines() if line.startswith("error:")]
    assert "another worker of TF_CONFIG was lost" in line
    checkpoint = max(runs[0].glob("checkpoints/0*.npz"))
    assert int(checkpoint.stem) < EPOCHS

    resumed = together(data, runs)
    assert losses(resumed) == losses(undisturbed)
    first, second = arrays(resumed), arrays(undisturbed)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


@pytest.mark.release
def test_workers_that_were_told_different_things_stop(data, tmp_path):
    with two_workers(data, [tmp_path / "first", tmp_path / "second"], seeds=(0, 1)) as workers:
        errors = [worker.communicate(timeout=200)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [2, 2], errors
    assert "error: another worker of TF_CONFIG was lost" in errors[0]
    assert "error: the first worker of TF_CONFIG trains with other options" in errors[1]


DRAW = """
import tests.tiny_recipe  # The processor is two devices.
import keras, numpy as np, tensorflow as tf
from training.backends import Devices
devices = Devices(2)
with devices.building():
    generator = keras.random.SeedGenerator(3)
    strategy = tf.distribute.get_strategy()
devices.part_ways([generator.state])
draw = lambda: keras.random.uniform((8,), seed=generator)
one, other = strategy.experimental_local_results(strategy.run(draw))
alone = keras.random.uniform((8,), seed=keras.random.SeedGenerator(3))
np.testing.assert_array_equal(one, alone)
assert np.abs(one - other).min() > 1e-4
"""


@pytest.mark.slow
def test_each_device_draws_random_numbers_of_its_own():
    subprocess.run([sys.executable, "-c", DRAW], env=environment(LOGICAL_CPUS="2"), check=True)


@pytest.mark.slow
def test_a_batch_that_cannot_be_shared_is_refused(data, tmp_path):
    done = subprocess.run(
        command(data, tmp_path / "run", "--devices", 2, "--batch", 3),
        env=environment(LOGICAL_CPUS="2"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "error: --batch 3 cannot be shared equally by --devices 2" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("count", [0, 1000])
def test_devices_that_are_not_there_are_refused(count):
    with pytest.raises(UserError, match="expected --devices of 1 to"):
        Devices(count)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"cluster": {"worker": ["127.0.0.1:1"]}}',
        '{"cluster": {"worker": ["127.0.0.1:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"type": "worker", "index": 0}}',
    ],
)
def test_a_tf_config_that_names_no_worker_is_refused(text, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UserError, match="expected TF_CONFIG like"):
        Devices(1)
