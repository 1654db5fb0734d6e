"""What held-out photos show, by a table of the files that they were made from."""

import json

import pytest

from tests.pictures import write_dataset
from training.data.datasets import Dataset, held_out_files
from training.data.kinds import kinds_of
from training.errors import UserError


def test_kinds_follow_the_rows_and_the_names_before_prepare(tmp_path):
    data = write_dataset(tmp_path, train=4, test=3)
    names = [path.name for path in held_out_files(data)]
    assert len(names) == len(Dataset.open(data).test)
    table = tmp_path / "kinds.csv"
    kinds = ["rose", "sunflower", "rose"]
    rows = [f"photo {n}.png,{kind},7\n" for n, kind in enumerate(kinds)]
    table.write_text("file,name,number\n" + "".join(reversed(rows)))
    told = [{"name": name, "source": f"a/photo {n}.png"} for n, name in enumerate(names)]
    (data / "photos.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in told))
    assert kinds_of(data, table) == kinds


def test_plain_pairs_go_by_their_own_names(tmp_path):
    data = write_dataset(tmp_path, train=4, test=2)
    table = tmp_path / "kinds.csv"
    names = [path.name for path in held_out_files(data)]
    table.write_text("file,kind\n" + "".join(f"{name},{name[:2]}\n" for name in names))
    assert kinds_of(data, table) == [name[:2] for name in names]


def test_a_table_that_lacks_a_photo_is_refused(tmp_path):
    data = write_dataset(tmp_path, train=4, test=2)
    table = tmp_path / "kinds.csv"
    table.write_text("file,kind\nother.jpg,rose\n")
    with pytest.raises(UserError, match="tells no kind of"):
        kinds_of(data, table)
    with pytest.raises(UserError, match="cannot read"):
        kinds_of(data, tmp_path / "none.csv")
