import os

import pytest

from export.benchmark import benchmark, table
from tests.demo_bundle import write_bundle, write_card
from training.errors import UserError
from training.transfer.bundle import fingerprint


def test_every_file_is_measured_at_each_number_of_threads(tmp_path):
    bundle = write_bundle(tmp_path / "petals")
    rows = benchmark(bundle)
    threads = sorted({1, 2, os.cpu_count() or 1})
    files = [path.name for path in sorted(bundle.glob("*.tflite"), reverse=True)]
    assert [(r["file"], r["threads"]) for r in rows] == [(f, n) for f in files for n in threads]
    for row in rows:
        assert row["load"] > 0 and row["picture"] > 0 and row["memory"] >= 0
        assert row["megabytes"] == (bundle / row["file"]).stat().st_size / 1e6
    assert table(rows).count("\n") == len(rows) + 1


def test_a_file_that_is_none_or_was_altered_is_told(tmp_path):
    bundle = write_bundle(tmp_path / "petals")
    path = bundle / "generator.int8.tflite"
    path.write_bytes(b"no network")
    with pytest.raises(UserError, match="is not what the card describes"):
        benchmark(bundle)
    write_card(bundle, files={"tflite-int8": {"path": path.name, **fingerprint(path)}})
    with pytest.raises(UserError, match="cannot be run as a TFLite file"):
        benchmark(bundle)


def test_what_is_no_bundle_is_told(tmp_path):
    with pytest.raises(UserError, match="is no bundle"):
        benchmark(tmp_path)
    write_card(tmp_path)
    with pytest.raises(UserError, match="no TFLite file"):
        benchmark(tmp_path)
