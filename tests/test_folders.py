import numpy as np
import pytest
from PIL import Image

from training.data.batches import Batches
from training.data.folders import HELD_OUT, open_photos, open_unpaired
from training.errors import UserError


@pytest.fixture
def kinds(tmp_path):
    """Two folders of plain photos whose grey is their number, 45 and 41 of them."""
    for kind, first, count in (("dawn", 0, 45), ("dusk", 100, 41)):
        (tmp_path / kind).mkdir()
        for number in range(count):
            grey = Image.new("RGB", (40, 32), (first + number,) * 3)
            grey.save(tmp_path / kind / f"{number:03d}.png")
    return tmp_path


def greys(photos: np.ndarray) -> list[int]:
    return photos[:, 0, 0, 0].tolist()


def test_one_in_twenty_is_held_out_by_name(kinds):
    dataset = open_photos(kinds / "dawn", 16)
    (train,), (test,) = dataset.train.load(), dataset.test.load()
    assert train.shape[1:] == (16, 16, 3) and train.dtype == np.uint8
    assert greys(test) == [0, HELD_OUT, 2 * HELD_OUT]
    assert sorted(greys(train) + greys(test)) == list(range(45))
    assert dataset.photos == 45


def test_two_kinds_are_two_columns_of_their_own_lengths(kinds):
    dataset = open_unpaired(kinds, 16)
    assert dataset.labels == ("dawn", "dusk") and not dataset.paired
    a, b = dataset.train.load()
    assert (len(a), len(b)) == (42, 38) and dataset.photos == 86
    assert max(greys(a)) < 100 <= min(greys(b))
    turned = open_unpaired(kinds, 16, ("dusk", "dawn"))
    np.testing.assert_array_equal(turned.train.load()[0], b)
    assert turned.train.fingerprint() != dataset.train.fingerprint()


def test_unpaired_columns_are_shuffled_each_by_itself_and_seen_whole(kinds):
    columns = open_unpaired(kinds, 8).train.load()
    stream = Batches(columns, 2, seed=3, paired=False)
    seen = [stream[index] for index in range(19)]  # all of the second column, once
    first, second = (np.concatenate([batch[place] for batch in seen]) for place in (0, 1))
    assert sorted(greys(second)) == sorted(greys(columns[1]))
    assert len(set(greys(first))) == 38
    ranks = [np.argsort(np.argsort(greys(x))).tolist() for x in (first, second)]
    assert ranks[0] != ranks[1]


def test_folders_that_do_not_make_two_are_named(kinds):
    (kinds / "noon").mkdir()
    with pytest.raises(UserError, match=r"named by --kinds .*found \['dawn', 'dusk', 'noon'\]"):
        open_unpaired(kinds, 16)
    with pytest.raises(UserError, match="--kinds"):
        open_unpaired(kinds, 16, ("dawn", "night"))
    for number in range(50):
        (kinds / f"hour{number:02}").mkdir()
    with pytest.raises(UserError, match=r"'hour04', 'hour05'\] and 45 more$"):
        open_unpaired(kinds, 16)


def test_a_photo_that_cannot_be_read_is_left_out(kinds, capsys):
    (kinds / "dawn" / "000.png").write_bytes(b"no picture")
    dataset = open_photos(kinds / "dawn", 16)
    assert len(dataset.train) + len(dataset.test) == 44
    assert "skipped" in capsys.readouterr().out
