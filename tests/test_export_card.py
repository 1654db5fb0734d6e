from pathlib import Path

import pytest

from export.card import bundle_name, table
from training.errors import UserError


def test_a_name_is_made_of_the_folders():
    assert bundle_name(Path("out/Wild Flowers (2)"), None) == "wild-flowers-2"
    assert bundle_name(Path("flowers"), None) == "flowers"
    assert bundle_name(Path("…"), None) == "bundle"
    assert bundle_name(Path("flowers"), "my_own-1") == "my_own-1"


@pytest.mark.parametrize("name", ["", "Ñ", "a b", "../x", "a" * 65, "a\n"])
def test_a_name_that_does_not_fit_an_address_is_refused(name):
    with pytest.raises(UserError, match="a-z, 0-9"):
        bundle_name(Path("flowers"), name)


def test_the_table_has_one_line_a_file_and_says_what_was_not_compared():
    card = {
        "files": {
            "tflite-int8": {"path": "generator.int8.tflite", "bytes": 9_612_544},
            "tfjs": {"path": "tfjs", "bytes": 19_000_000},
        },
        "latency": {"tflite-int8": {"milliseconds": 5.93, "threads": 2}},
        "parity": {"tflite-int8": {"psnr": 33.07}},
    }
    assert table(card).splitlines() == [
        "file                      MB   ms  threads          PSNR",
        "generator.int8.tflite   9.61  5.9        2       33.1 dB",
        "tfjs                   19.00    -        -  not compared",
    ]
