"""Checkpoints of a model of one layer: which are kept, and what becomes of damaged ones."""

import keras
import numpy as np
import pytest

from training.errors import UserError
from training.runs import checkpoints
from training.runs.checkpoints import Position


@pytest.fixture
def model():
    x = keras.Input((1,))
    model = keras.Model(x, keras.layers.Dense(1)(x))
    model.compile(optimizer=keras.optimizers.SGD())
    model.optimizer.build(model.trainable_variables)
    return model


def save(model, folder, epoch):
    model.set_weights([np.full((1, 1), epoch), np.zeros(1)])
    checkpoints.save(checkpoints.copied(model), folder, Position(epoch, 4 * epoch, 1.0))


def weight(model):
    return float(model.get_weights()[0][0, 0])


def test_the_newest_two_are_kept(model, tmp_path):
    for epoch in range(1, 5):
        save(model, tmp_path, epoch)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00003.npz", "00004.npz"]
    save(model, tmp_path, 4)  # Again, as after one that was damaged.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00003.npz", "00004.npz"]


@pytest.mark.parametrize("left", [0, 1000, -1])
def test_one_that_was_cut_is_passed_over_for_the_one_before(model, tmp_path, left, capsys):
    save(model, tmp_path, 1)
    save(model, tmp_path, 2)
    newest = tmp_path / "00002.npz"
    newest.write_bytes(newest.read_bytes()[:left])
    assert checkpoints.restore(model, tmp_path) == Position(1, 4, 1.0)
    assert weight(model) == 1
    [line] = capsys.readouterr().out.splitlines()
    assert "00002.npz cannot be read as a checkpoint: " in line
    assert line.endswith("; going on from 00001.npz")


def test_where_none_can_be_read_it_is_one_line_and_nothing_changes(model, tmp_path):
    for epoch in (1, 2):
        save(model, tmp_path, epoch)
        (tmp_path / f"{epoch:05d}.npz").write_bytes(b"")
    told = "00002.npz cannot be read as a checkpoint: .* begin anew, in another --run folder"
    with pytest.raises(UserError, match=told) as caught:
        checkpoints.restore(model, tmp_path)
    assert "\n" not in str(caught.value)
    assert weight(model) == 2


def test_whichever_bit_flips_it_is_whole_or_told(model, tmp_path):
    """Those of the archive's headers and directory, too: each breaks in a way of its own."""
    save(model, tmp_path, 1)
    [path] = tmp_path.iterdir()
    whole, told = path.read_bytes(), 0
    for place in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            assert checkpoints.restore(model, tmp_path) == Position(1, 4, 1.0)
            assert weight(model) == 1
        except UserError as error:
            told += 1
            assert "\n" not in str(error)
    assert told > len(whole) / 3 / 2
