import json
import re
import tracemalloc

import keras
import numpy as np
import pytest
from PIL import Image

from tests.pictures import write_dataset
from tests.tflite_files import float_file
from training.data.datasets import Dataset
from training.errors import UserError
from training.evaluation import evaluate, metrics
from training.evaluation.features import FeatureNetwork
from training.evaluation.generators import Generator
from training.fit import FitOptions, fit
from training.options import NONE
from training.recipes.pix2pix import Pix2Pix
from training.runs import samples, sheets
from training.runs.folder import load_generator

pytestmark = pytest.mark.slow


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def noise(rng, n: int, size: int) -> np.ndarray:
    return rng.integers(0, 256, (n, size, size, 3), np.uint8)


def test_thumbnails_are_means_of_areas():
    picture = np.zeros((1, 128, 128, 3), np.uint8)
    picture[:, ::2, ::2] = 200  # one pixel in four
    small = sheets.resize(picture, 64)
    assert small.shape == (1, 64, 64, 3)
    assert (small == 50).all()


def test_a_row_holds_the_mean_of_each_measure(rng):
    photos = noise(rng, 3, 16)
    outputs = photos.copy()
    outputs[0] = 255 - outputs[0]
    row = evaluate.measure("held-out", outputs, photos)
    expected = np.abs(255 - 2.0 * photos[0]).mean() / 3
    assert row["l1"] == pytest.approx(expected)
    assert (row["inputs"], row["pictures"], row["size"]) == ("held-out", 3, 16)
    assert "kid" not in row


def test_the_share_is_one_for_the_inputs_and_small_for_photos(rng):
    photos, more_photos = rng.normal(0, 1, (2, 200, 8))
    inputs = rng.normal(3, 1, (200, 8))
    assert evaluate.kernel_distances(inputs, inputs, photos)["kid_share"] == 1.0
    assert evaluate.kernel_distances(inputs, more_photos, photos)["kid_share"] < 0.01


def test_there_is_no_share_of_no_distance():
    flat = np.ones((4, 8))
    distances = evaluate.kernel_distances(flat, flat, flat)
    assert distances["kid_inputs"] == 0 and distances["kid_share"] is None
    row = {"inputs": "held-out", "kid_share": None}
    assert evaluate.table({"measures": [row]}).splitlines()[-1].endswith("- |")


def test_sets_need_not_be_equally_many(rng):
    photos, drawings = rng.normal(0, 1, (300, 8)), rng.normal(1, 1, (24, 8))
    distances = evaluate.kernel_distances(drawings, drawings + 0.1, photos)
    assert distances["kid_share"] > 1
    assert distances["kid_deviation"] > 0


def test_the_table_has_a_line_a_row_and_the_columns_that_were_measured():
    row = {"inputs": "held-out", "pictures": 3, "size": 256, "l1": 41.5, "psnr": 12.25, "ssim": 0.4}
    lines = evaluate.table({"measures": [row, row | {"size": 64}]}).splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1
    assert "KID" not in lines[0]
    assert [cell.strip() for cell in lines[2].strip("|").split("|")] == [
        *("held-out", "3", "256", "41.50", "12.25", "0.400")
    ]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("flowers"), train=6, test=5, size=128)


@pytest.fixture(scope="module")
def run(dataset, tmp_path_factory):
    """The smallest pix2pix there is, after two steps."""
    recipe = Pix2Pix(width=8, discriminator_width=8, batch=2, squeezenet=NONE)
    folder = tmp_path_factory.mktemp("runs") / "flowers"
    options = FitOptions(dataset, folder, images=4, epoch_images=4, precision="float32")
    return fit(recipe, options, name="pix2pix")


@pytest.fixture(scope="module")
def mean_colour(tmp_path_factory):
    """A feature network of a pooling and a flattening: sixteen colours of a picture."""
    pixels = keras.Input((128, 128, 3), batch_size=1)
    colours = keras.layers.Flatten()(keras.layers.AveragePooling2D(32)(pixels / 255.0))
    path = tmp_path_factory.mktemp("features") / "colours.tflite"
    return float_file(path, keras.Model(pixels, colours))


def test_a_run_is_measured_on_its_held_out_pairs(run, dataset, mean_colour):
    measured = evaluate.evaluate(Generator.open(run.folder), features=mean_colour)
    assert (measured["generator"], measured["features"]) == ("flowers", "colours.tflite")
    full, small = measured["measures"]
    assert (full["size"], small["size"]) == (128, 64)
    assert full["pictures"] == small["pictures"] == 5

    inputs, photos = Dataset.open(dataset).test.load()
    outputs = samples.generate(load_generator(run), {"sketch": inputs})
    assert full["l1"] == pytest.approx(metrics.l1(outputs, photos).mean(), abs=0.01)
    network = FeatureNetwork(mean_colour)
    expected, _ = metrics.kid(network(outputs), network(photos))
    assert full["kid"] == pytest.approx(expected, rel=1e-3)
    assert full["kid_share"] == pytest.approx(full["kid"] / full["kid_inputs"])


def test_the_report_is_a_table_and_a_file(run, tmp_path, capsys):
    path = tmp_path / "measures.json"
    evaluate.report(run.folder, limit=2, json=path)
    rows = json.loads(path.read_text())["measures"]
    assert [row["pictures"] for row in rows] == [2, 2]
    assert f"{rows[0]['psnr']:.2f}" in capsys.readouterr().out


def test_a_limit_reads_no_more_than_it_measures(tmp_path):
    folder = write_dataset(tmp_path / "flowers", train=1, test=300, size=64)
    pixels = keras.Input((64, 64, 3), batch_size=1)
    inverse = keras.Model(pixels, keras.layers.Rescaling(-1.0, 255.0)(pixels))
    generator = Generator.open(float_file(tmp_path / "inverse.tflite", inverse))
    inputs, photos = Dataset.open(folder).test.load()  # Decoded: what follows finds them there.
    tracemalloc.start()
    try:
        [row] = evaluate.evaluate(generator, data=folder, limit=2)["measures"]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (row["pictures"], row["size"]) == (2, 64)
    assert row["l1"] == pytest.approx(metrics.l1(255 - inputs[:2], photos[:2]).mean(), abs=0.01)
    assert peak < 0.5 * inputs.nbytes


def test_other_data_is_measured_at_the_runs_size(run, tmp_path):
    for side in ("train/input", "train/target", "test/input", "test/target"):
        (tmp_path / side).mkdir(parents=True)
        Image.new("RGB", (48, 48), "purple").save(tmp_path / side / "1.png")
    measured = evaluate.evaluate(Generator.open(run.folder), data=tmp_path)
    assert [row["size"] for row in measured["measures"]] == [128, 64]
    assert measured["data"] == tmp_path.name


def test_drawings_are_measured_against_the_held_out_photos(run, dataset, mean_colour, tmp_path):
    inputs, photos = Dataset.open(dataset).test.load()
    for number, sketch in enumerate(inputs[:3]):
        Image.fromarray(sketch).save(tmp_path / f"{number}.png")
    generator = Generator.open(run.folder)
    measured = evaluate.evaluate(generator, drawings=tmp_path, features=mean_colour)
    rows = [(row["inputs"], row["pictures"], row["size"]) for row in measured["measures"]]
    assert rows == [
        ("held-out", 5, 128),
        ("held-out", 5, 64),
        ("drawings", 3, 128),
        ("drawings", 3, 64),
    ]
    full = measured["measures"][2]
    assert "l1" not in full  # a drawing has no photo to be near to
    network = FeatureNetwork(mean_colour)
    expected, _ = metrics.kid(network(generator({"sketch": inputs[:3]})), network(photos))
    assert full["kid"] == pytest.approx(expected, rel=1e-3)
    assert "drawings" in evaluate.table(measured).splitlines()[-1]


def test_what_cannot_be_measured_is_refused_before_any_work(run, tmp_path, mean_colour):
    generator = Generator.open(run.folder)
    with pytest.raises(UserError, match="limit of 1 pair or more, got 0"):
        evaluate.evaluate(generator, limit=0)
    with pytest.raises(UserError, match="expected 2 or more held-out inputs, got 1"):
        evaluate.evaluate(generator, limit=1, features=mean_colour)
    with pytest.raises(UserError, match="no file at .*nowhere.tflite"):
        evaluate.evaluate(generator, features=tmp_path / "nowhere.tflite")
    with pytest.raises(UserError, match="found no folder at .*nowhere"):
        evaluate.evaluate(generator, drawings=tmp_path / "nowhere", features=mean_colour)
    with pytest.raises(UserError, match="takes --features"):
        evaluate.evaluate(generator, drawings=tmp_path)
    with pytest.raises(UserError, match="there is no folder .*nowhere"):
        evaluate.report(run.folder, json=tmp_path / "nowhere" / "measures.json")


def test_the_last_line_of_a_training_compares_with_the_inputs(run, dataset):
    opened = Dataset.open(dataset)
    inputs, photos = opened.test.load()
    near = evaluate.how_near(Generator.open(run.folder))
    assert near
    told = evaluate.told_nearness(near)
    pattern = r"(\d+) held-out pairs: ([\d.]+) of 255 from the photo \(([\d.]+) the inputs themsel"
    found = re.match(pattern, told)
    assert found and int(found[1]) == len(photos)
    assert float(found[3]) == pytest.approx(metrics.l1(inputs, photos).mean(), abs=0.06)
    measured = evaluate.evaluate(Generator.open(run.folder))["measures"][0]
    assert float(found[2]) == pytest.approx(measured["l1"], abs=0.06)
