import os

import onnx
import pytest
from onnx import TensorProto, helper

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


def test_an_onnx_file_is_measured_at_the_size_of_the_card(tmp_path):
    bundle = write_bundle(tmp_path / "petals")
    path = bundle / "generator.float32.onnx"
    pictures = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "height", "width", 3])
        for name in ("sketch", "photo")
    ]
    node = helper.make_node("Identity", ["sketch"], ["photo"])
    graph = helper.make_graph([node], "as it is", pictures[:1], pictures[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)]), path)
    write_card(bundle, files={"onnx-float32": {"path": path.name, **fingerprint(path)}})
    rows = benchmark(bundle)
    assert [row["threads"] for row in rows] == sorted({1, 2, os.cpu_count() or 1})
    assert all(row["load"] > 0 and row["picture"] > 0 and row["memory"] >= 0 for row in rows)
    path.write_bytes(b"no network")
    write_card(bundle, files={"onnx-float32": {"path": path.name, **fingerprint(path)}})
    with pytest.raises(UserError, match=r"generator\.float32\.onnx cannot be run"):
        benchmark(bundle)


def test_a_file_that_is_none_or_was_altered_is_told(tmp_path):
    bundle = write_bundle(tmp_path / "petals")
    path = bundle / "generator.int8.tflite"
    path.write_bytes(b"no network")
    with pytest.raises(UserError, match="is not what the card describes"):
        benchmark(bundle)
    write_card(bundle, files={"tflite-int8": {"path": path.name, **fingerprint(path)}})
    with pytest.raises(UserError, match=r"generator\.int8\.tflite cannot be run"):
        benchmark(bundle)


def test_what_is_no_bundle_is_told(tmp_path):
    with pytest.raises(UserError, match="is no bundle"):
        benchmark(tmp_path)
    write_card(tmp_path)
    with pytest.raises(UserError, match="no TFLite or ONNX file"):
        benchmark(tmp_path)
