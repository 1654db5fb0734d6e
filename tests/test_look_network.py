"""Generators that take a look: what it changes, how they begin, and what is exported of them."""

import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

from export import tflite
from export.benchmark import _measure
from export.bundle import export_bundle
from export.complete import complete_bundle
from export.parity import compare
from export.serving import image_to_image, in_keras
from tests.export_networks import drawings, shifted
from tests.pictures import write_dataset
from training.errors import UserError
from training.evaluation.evaluate import evaluate, table
from training.evaluation.generators import Generator, _OfRun
from training.evaluation.preview import preview
from training.evaluation.variety import mean_distance, variety
from training.fit import FitOptions, fit
from training.networks.inputs import look_of, names_of
from training.networks.shuffle_unet import shuffle_unet, slim_unet
from training.options import NONE
from training.recipes.pix2pix import Pix2Pix
from training.runs.folder import load_generator
from training.runs.samples import generate, random_looks, with_looks
from training.transfer.looks import fold_look, shifts, without_shifts
from training.transfer.start import load_start
from training.transfer.teacher import load_teacher

pytestmark = pytest.mark.slow

SIZE, LOOK = 64, 8
RECIPE = Pix2Pix(width=8, discriminator_width=4, batch=4, look=LOOK, squeezenet=NONE, l1=100.0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("flowers"), train=16, test=4, size=SIZE)


@pytest.fixture(scope="module")
def run(dataset, tmp_path_factory):
    """A run with looks, of a few steps."""
    options = FitOptions(dataset, tmp_path_factory.mktemp("runs") / "looks", 64, 32)
    return fit(RECIPE, options, name="pix2pix", verbose=0)


@pytest.fixture(scope="module")
def bundle(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles") / "looks"
    formats = ("tflite-float32", "tflite-float16", "tflite-int8", "saved-model", "tfjs")
    export_bundle(run, folder, (*formats, "onnx-float16"))
    return folder


@pytest.fixture(scope="module")
def generator():
    return shifted(slim_unet(SIZE, width=8, look=LOOK))


@pytest.mark.parametrize("build", [slim_unet, shuffle_unet])
def test_at_first_a_look_changes_nothing(build):
    """And what is left without the shifts is the network without looks, weight by weight."""
    keras.utils.set_random_seed(1)
    with_look = build(SIZE, width=8, look=LOOK)
    assert names_of(with_look) == ["sketch", "look"] and look_of(with_look) == LOOK
    inputs = with_looks(drawings(3, SIZE), LOOK)
    mean = generate(with_look, {"sketch": inputs["sketch"]})
    np.testing.assert_array_equal(generate(with_look, inputs), mean)
    plain = without_shifts(with_look)
    twin = build(SIZE, width=8)
    assert [w.shape for w in plain.get_weights()] == [w.shape for w in twin.get_weights()]
    twin.set_weights(plain.get_weights())
    np.testing.assert_array_equal(generate(twin, {"sketch": inputs["sketch"]}), mean)


def test_a_look_changes_the_picture_and_the_same_look_is_the_same(generator):
    inputs = with_looks(drawings(1, SIZE).repeat(4, axis=0), LOOK)
    pictures = generate(generator, inputs).astype(int)
    assert all(np.abs(pictures[0] - other).mean() > 2 for other in pictures[1:])
    np.testing.assert_array_equal(generate(generator, inputs), pictures)


def test_looks_of_a_seed_begin_alike():
    np.testing.assert_array_equal(random_looks(9, LOOK)[:4], random_looks(4, LOOK))
    assert 40 < random_looks(500, LOOK).std() < 60


def test_a_look_is_folded_into_a_network_of_one_answer():
    network = shifted(slim_unet(SIZE, width=8, look=LOOK))
    inputs = with_looks(drawings(2, SIZE), LOOK)
    inputs["look"][1] = inputs["look"][0]
    expected = generate(network, inputs)
    one = fold_look(network, inputs["look"][0].ravel().tolist())
    assert names_of(one) == ["sketch"]
    again = generate(one, {"sketch": inputs["sketch"]})
    assert np.abs(again.astype(int) - expected).max() <= 1


@pytest.mark.parametrize(("numbers", "least"), [("float32", 60), ("float16", 45), ("int8", 25)])
def test_files_take_the_look_as_keras_does(numbers, least, generator, tmp_path):
    inputs = with_looks(drawings(8, SIZE), LOOK)
    serving = image_to_image(generator, ranges=numbers == "int8")
    assert {x.name for x in serving.inputs} == {"sketch", "look"}
    tflite.write(serving, tmp_path / "a.tflite", numbers, inputs)
    found = tflite.run(tmp_path / "a.tflite", inputs).photos
    assert compare(found, in_keras(generator, inputs)).psnr > least
    assert _measure(tmp_path / "a.tflite", 1, SIZE)["picture"] > 0


def test_a_file_gives_its_weights_back(generator, tmp_path):
    """The shifts', too, whatever the order of the operations in the file."""
    inputs = with_looks(drawings(8, SIZE), LOOK)
    tflite.write(image_to_image(generator), tmp_path / "a.tflite", "float32")
    again = slim_unet(SIZE, width=8, look=LOOK)
    load_start(tmp_path / "a.tflite", again, inputs["sketch"])
    difference = np.abs(generate(again, inputs).astype(int) - generate(generator, inputs))
    assert difference.max() <= 2


def test_a_network_with_looks_begins_with_one_without(tmp_path, dataset):
    plain = shifted(slim_unet(SIZE, width=8))
    sketches = drawings(8, SIZE)
    tflite.write(image_to_image(plain), tmp_path / "a.tflite", "float32")
    begun = slim_unet(SIZE, width=8, look=LOOK)
    load_start(tmp_path / "a.tflite", begun, sketches)
    found = generate(begun, with_looks(sketches, LOOK)).astype(int)
    assert np.abs(found - generate(plain, {"sketch": sketches})).max() <= 2


def test_a_run_with_looks_begins_with_a_run_without(tmp_path, dataset, run):
    before = dataclasses.replace(RECIPE, look=0)
    fit(before, FitOptions(dataset, tmp_path / "plain", 8, 8), name="pix2pix", verbose=0)
    begun = slim_unet(SIZE, width=8, look=LOOK, grain=before.grain)
    load_start(tmp_path / "plain", begun, drawings(2, SIZE))
    with pytest.raises(UserError, match="another network"):
        load_start(run.folder, slim_unet(SIZE, width=16), drawings(2, SIZE))


def test_a_network_without_looks_begins_with_the_mean_one(tmp_path, run):
    generator, sketches = shifted(slim_unet(SIZE, width=8, look=LOOK)), drawings(8, SIZE)
    tflite.write(image_to_image(generator), tmp_path / "a.tflite", "float32")
    begun = slim_unet(SIZE, width=8)
    load_start(tmp_path / "a.tflite", begun, sketches)
    drawn = {"sketch": sketches}  # Which is given the mean look where one is taken.
    assert np.abs(generate(begun, drawn).astype(int) - generate(generator, drawn)).max() <= 2
    begun = slim_unet(SIZE, width=8, grain=RECIPE.grain)
    load_start(run.folder, begun, sketches)
    learned = load_generator(run)
    assert np.abs(generate(begun, drawn).astype(int) - generate(learned, drawn)).max() <= 2


def test_the_published_network_takes_no_look(dataset, tmp_path):
    recipe = dataclasses.replace(RECIPE, generator="unet")
    with pytest.raises(UserError, match="--look is for slim_unet and shuffle_unet"):
        fit(recipe, FitOptions(dataset, tmp_path / "run", 8, 8), name="pix2pix", verbose=0)


def test_training_tells_the_looks_in_the_card_and_uses_them(run):
    look = run.card["look"]
    assert len(look["names"]) == LOOK and len(look["palette"]) >= 8
    heads = [head for _, head in shifts(load_generator(run))]
    assert heads and all(np.abs(np.asarray(head.kernel)).max() > 0 for head in heads)


def test_a_bundle_tells_of_looks_and_every_file_passes(bundle):
    card = json.loads((bundle / "card.json").read_text())
    assert [each["name"] for each in card["inputs"]] == ["sketch", "look"]
    assert card["inputs"][1]["shape"] == [1, 1, 1, LOOK]
    assert card["inputs"][1]["range"] == [0, 255]
    assert len(card["check"]["look"]) == LOOK and len(card["look"]["names"]) == LOOK
    assert card["parity"].keys() == card["files"].keys()


def test_a_bundle_with_looks_is_completed_and_taught_from(bundle, tmp_path):
    lacking = shutil.copytree(bundle, tmp_path / "lacking")
    card = json.loads((lacking / "card.json").read_text())
    (lacking / card["files"].pop("tflite-float32")["path"]).unlink()
    (lacking / "card.json").write_text(json.dumps(card))
    completed = complete_bundle(lacking, tmp_path / "again", ("tflite-float32",))
    assert completed["parity"]["tflite-float32"]["psnr"] > 45
    teacher = load_teacher(bundle, SIZE)
    assert teacher(np.zeros((1, SIZE, SIZE, 3), np.float32)).shape == (1, SIZE, SIZE, 3)


def test_a_look_is_exported_as_the_one_answer(run, tmp_path):
    card = export_bundle(run, tmp_path / "one", ("tflite-int8",), look="night")
    assert [each["name"] for each in card["inputs"]] == ["sketch"] and "look" not in card
    code = ",".join(map(str, run.card["look"]["palette"][0]["look"]))
    export_bundle(run, tmp_path / "two", ("tflite-float32",), look=code)
    sketches = drawings(2, SIZE)
    looks = np.array(run.card["look"]["palette"][0]["look"], np.uint8).reshape(1, 1, 1, LOOK)
    expected = in_keras(load_generator(run), {"sketch": sketches, "look": looks.repeat(2, axis=0)})
    file = tmp_path / "two" / "generator.float32.tflite"
    assert compare(tflite.run(file, {"sketch": sketches}).photos, expected).psnr > 60


@pytest.mark.parametrize("look", ["1,2,3", "12,200,300,0,0,0,0,0", "dawn", "", "1;2"])
def test_what_is_no_look_is_refused(look, run, tmp_path):
    with pytest.raises(UserError, match="expected 8 numbers of 0 to 255"):
        export_bundle(run, tmp_path / "bundle", ("tflite-int8",), look=look)


def test_how_different_answers_are_is_measured(generator, run, tmp_path):
    """Against photos that differ as much as is known; and what is drawn is what is compared."""
    assert mean_distance(np.array([[0.0], [3.0], [7.0]])) == pytest.approx((3 + 7 + 4) / 3)
    assert mean_distance(np.array([[0.0], [3.0], [7.0], [9.0]]), list("abab")) == pytest.approx(6.5)
    with pytest.raises(UserError, match="no two photos are of one kind"):
        mean_distance(np.zeros((3, 1)), list("abc"))
    opened = dataclasses.replace(Generator.open(run.folder), _network=_OfRun(RECIPE, generator))
    told = variety(opened, drawings(3, SIZE))
    looks = random_looks(8, LOOK)
    moved = []
    for sketch in drawings(3, SIZE):
        answers = generate(generator, {"sketch": sketch[None].repeat(8, axis=0), "look": looks})
        changes = np.abs(np.diff(answers.astype(int), axis=0)).max(axis=3)
        moved.append((changes > 40)[:, sketch.max(axis=2) > 40].ravel())
    assert told == {"moved": pytest.approx(np.concatenate(moved).mean())}
    assert 0 < told["moved"] < 1
    same = variety(dataclasses.replace(opened, _network=_Same()), drawings(3, SIZE))
    assert same["moved"] == 0
    measured = evaluate(Generator.open(run.folder))
    assert "moved" in measured["measures"][0] and "| moved |" in table(measured).splitlines()[0]


class _Same:
    """One answer to every drawing, whatever the look."""

    def open(self, folder, size):
        raise NotImplementedError

    def inputs(self, pictures, count, classes):
        raise NotImplementedError

    def generate(self, inputs):
        return inputs["sketch"]


def test_a_sheet_shows_several_answers(run, tmp_path):
    with Image.open(preview(run.folder, out=tmp_path / "one.png", count=2, photos=False)) as sheet:
        one = np.asarray(sheet)
    several = preview(run.folder, out=tmp_path / "four.png", count=2, photos=False, looks=4)
    with Image.open(several) as sheet:
        four = np.asarray(sheet)
    assert four.shape[0] == one.shape[0] + 3 * (SIZE + 2)
    np.testing.assert_array_equal(four[: 2 * SIZE + 2], one)  # The sketch, and the first answer.
    answers = [four[row : row + SIZE] for row in range(SIZE + 2, len(four), SIZE + 2)]
    assert len({answer.tobytes() for answer in answers}) == 4


def test_measures_are_of_random_looks(run, bundle):
    measured = evaluate(Generator.open(run.folder))
    opened = Generator.open(bundle / "generator.float32.tflite")
    assert opened.look == LOOK
    again = evaluate(opened, data=run.config["data"]["folder"])
    first, second = (each["measures"][0] for each in (measured, again))
    assert second["l1"] == pytest.approx(first["l1"], abs=0.1)
