import json
import shutil

import numpy as np
import pytest

from export import tfjs
from export.parity import check
from export.serving import image_to_image, in_keras
from tests.export_networks import SIZE, sketches, tiny_shuffle, tiny_unet

NETWORKS = {"unet": tiny_unet, "shuffle": tiny_shuffle}


@pytest.fixture(scope="module", params=NETWORKS)
def graph_model(request, tmp_path_factory):
    """(generator, folder of its graph model)."""
    generator = NETWORKS[request.param]()
    folder = tmp_path_factory.mktemp("tfjs") / "tfjs"
    tfjs.write(image_to_image(generator), folder)
    return generator, folder


def test_the_graph_model_is_static_named_and_of_float16_shards(graph_model):
    generator, folder = graph_model
    model = json.loads((folder / "model.json").read_text())
    assert model["format"] == "graph-model"
    for side, name in (("inputs", "sketch"), ("outputs", "photo")):
        assert list(model["signature"][side]) == [name]
        sizes = model["signature"][side][name]["tensorShape"]["dim"]
        assert [int(size["size"]) for size in sizes] == [1, SIZE, SIZE, 3]
    weights = [w for group in model["weightsManifest"] for w in group["weights"]]
    stored = {w.get("quantization", {}).get("dtype") for w in weights if w["dtype"] == "float32"}
    assert stored == {"float16"}
    shards = [folder / path for group in model["weightsManifest"] for path in group["paths"]]
    assert sum(shard.stat().st_size for shard in shards) < 2.2 * generator.count_params()
    assert {path.name for path in folder.iterdir()} == {"model.json", *(s.name for s in shards)}


def test_no_batchnorm_is_left_to_be_computed_in_the_browser(graph_model):
    _, folder = graph_model
    nodes = json.loads((folder / "model.json").read_text())["modelTopology"]["node"]
    operations = [node["op"] for node in nodes]
    assert not {"FusedBatchNormV3", "Rsqrt", "RealDiv", "Tile"} & set(operations)
    assert operations.count("Mul") == 2  # into -1..1 and out of it


@pytest.mark.slow
def test_in_node_on_wasm_it_draws_what_keras_draws(graph_model):
    generator, folder = graph_model
    inputs = sketches(4)
    try:
        outcome = tfjs.run(folder, inputs)
    except tfjs.Unchecked as reason:
        pytest.skip(f"TensorFlow.js cannot be run: {reason}")
    check("tfjs", outcome.photos, in_keras(generator, inputs), floor=60)
    assert outcome.photos.dtype == np.float32
    assert outcome.milliseconds > 0 and outcome.threads >= 1


def test_where_there_is_no_node_it_says_so(graph_model, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(tfjs.Unchecked, match="Node.js is not on the PATH"):
        tfjs.run(graph_model[1], sketches(1))


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not on the PATH")
def test_a_graph_model_that_does_not_run_is_an_error(tmp_path):
    try:
        tfjs.run(tmp_path, sketches(1))
    except tfjs.Unchecked as reason:
        pytest.skip(f"TensorFlow.js cannot be run: {reason}")
    except RuntimeError as error:
        assert "model.json" in str(error)
    else:
        pytest.fail("an empty folder was taken for a model")


def test_the_packages_that_check_it_are_pinned_and_name_no_host():
    lock = (tfjs.CHECK / "package-lock.json").read_text()
    wanted = json.loads((tfjs.CHECK / "package.json").read_text())["dependencies"]
    packages = json.loads(lock)["packages"]
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    assert "://" not in lock
    assert all("integrity" in entry for path, entry in packages.items() if path)
