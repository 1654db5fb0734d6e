"""Pictures that are no squares: crops, sketches, random changes, looks, datasets and training."""

import dataclasses
import json
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from PIL import Image

from tests.prepared import discs, run
from tests.test_squeezenet import write_weights
from tests.tiny_recipe import TINY
from training.__main__ import main
from training.augment import Augmentation
from training.data.datasets import Dataset
from training.data.photos import to_size
from training.errors import UserError
from training.evaluation.evaluate import evaluate
from training.evaluation.generators import Generator
from training.evaluation.preview import preview
from training.fit import FitOptions, fit
from training.look.backdrop import cell_size, drawn_cells
from training.look.looks import Looks
from training.networks.resized import picture_size, resized
from training.networks.shuffle_unet import slim_unet
from training.networks.unet import unet
from training.pixels import to_network
from training.prepare.background import focus_on_drawn
from training.prepare.grounds import lay
from training.prepare.sketches import SKETCHES
from training.prepare.sketches.scene import analyse
from training.recipes import RECIPES
from training.recipes.pix2pix import Pix2Pix
from training.recipes.vae import VAE
from training.size import from_json, parsed, sides, told, with_short_side
from training.transfer.background import blur_where_empty

WIDE = (192, 128)


def flower(width: int = 192, height: int = 128) -> np.ndarray:
    """A red disc left of the middle, on green noise."""
    photo = np.random.default_rng(0).integers(20, 90, (height, width, 3), np.uint8)
    photo[..., 1] += 40
    cv2.circle(photo, (width // 3, height // 2), height // 4, (230, 30, 60), -1)
    return photo


@pytest.mark.parametrize(
    ("text", "size", "arrays"),
    [("512", 512, (512, 512)), ("768x320", (768, 320), (320, 768)), ("64x64", 64, (64, 64))],
)
def test_a_size_is_a_side_or_width_and_height(text, size, arrays):
    assert parsed(text) == size
    assert sides(size) == arrays
    assert parsed(told(size)) == size


@pytest.mark.parametrize(
    "text", ["", "0", "x", "64x", "64X32", "064", "-64", "64.5", "6e1", "1x2x3"]
)
def test_what_is_no_size_is_told_what_one_is(text):
    with pytest.raises(UserError, match=r"expected a size such as 512, or 768x320 .width x height"):
        parsed(text)


@pytest.mark.parametrize(
    "value", [None, True, 2.5, "64", "64x64", "wide", [64, 32], {}, 0, -64, 10**9]
)
def test_a_file_has_one_way_to_write_a_size(value):
    assert from_json(64) == 64 and from_json("64x32") == (64, 32)
    with pytest.raises(ValueError, match="expected a size"):
        from_json(value)


def test_thumbnails_keep_the_shape():
    assert with_short_side((384, 256), 64) == (96, 64)
    assert with_short_side((320, 768), 64) == (64, 154)
    assert with_short_side(256, 64) == 64


@pytest.mark.parametrize("size", [(64, 32), (32, 64), (96, 64), 64])
def test_a_crop_is_the_middle_and_stretches_nothing(size):
    picture = np.zeros((120, 160, 3), np.uint8)
    cv2.circle(picture, (80, 60), 20, (255, 255, 255), -1)
    disc = to_size(Image.fromarray(picture), size)[..., 0] > 127
    height, width = sides(size)
    assert disc.shape == (height, width)
    rows, columns = np.nonzero(disc)
    assert abs(np.ptp(rows) - np.ptp(columns)) <= 1, "a circle stays one"
    assert abs(rows.mean() - (height - 1) / 2) < 1 and abs(columns.mean() - (width - 1) / 2) < 1


@pytest.mark.parametrize("style", SKETCHES)
@pytest.mark.parametrize("plants", [True, False])
def test_a_sketch_lies_on_its_photo(style, plants):
    photo = flower()
    scene = analyse(photo, plants=plants)
    assert scene.thing.shape == (128, 192)
    rows, columns = np.nonzero(scene.thing)
    assert abs(columns.mean() - 64) < 4 and abs(rows.mean() - 64) < 4
    for seed in range(4):
        sketch = SKETCHES[style](scene, np.random.default_rng(seed))
        assert sketch.shape == photo.shape
        red = (sketch[..., 0] > 100) & (sketch[..., 1] < 100)
        assert abs(np.nonzero(red)[1].mean() - 64) < 10
        soft = focus_on_drawn(scene, sketch)
        assert soft.shape == photo.shape
        assert (soft[50:78, 50:78] == photo[50:78, 50:78]).all()
        if not sketch[:40, -60:].any():
            noise, calm = (x[:20, -20:].std(axis=(0, 1)).mean() for x in (photo, soft))
            assert calm < noise / 2


@pytest.mark.parametrize("ground", ["black", "white", "studio"])
def test_a_cut_out_stands_whole_in_its_canvas(ground):
    cut_out = np.zeros((160, 160, 4), np.uint8)
    cv2.circle(cut_out, (80, 80), 60, (255, 0, 0, 255), -1)
    picture, thing = lay(Image.fromarray(cut_out), WIDE, ground, np.random.default_rng(0))
    assert picture.shape == (128, 192, 3) and thing.shape == (128, 192)
    if ground == "studio":
        rows, columns = np.nonzero(thing)
        assert abs(np.ptp(rows) - np.ptp(columns)) <= 2
        assert 0 < rows.min() and rows.max() < 127


def test_random_changes_move_both_sides_alike_and_flip_left_to_right():
    pictures = np.stack([flower(), flower()[:, ::-1]])
    changed = Augmentation(zoom_max=0.2, shift=0.1, flip=True)
    sketch, photo = changed([pictures, pictures], keras.random.SeedGenerator(1))
    np.testing.assert_array_equal(np.array(sketch), np.array(photo))
    assert sketch.shape == pictures.shape
    flipped, _ = Augmentation(flip=True)([pictures, pictures], keras.random.SeedGenerator(3))
    for before, after in zip(pictures, np.array(flipped), strict=True):
        assert any(np.allclose(after, x, atol=0.01) for x in (before, before[:, ::-1]))


@pytest.mark.parametrize(
    ("shape", "cell"), [((128, 192), 2), ((320, 768), 4), ((64, 64), 1), ((256, 256), 4)]
)
def test_cells_cover_a_picture_whole(shape, cell):
    sketch = np.full((1, *shape, 3), -1, np.float32)
    assert cell_size(sketch) == cell
    assert drawn_cells(sketch).shape == (1, shape[0] // cell, shape[1] // cell, 1)


def test_looks_and_blurred_backgrounds_take_any_shape():
    sketch = np.zeros((2, 128, 192, 3), np.uint8)
    sketch[:, 40:90, 40:90] = (200, 40, 60)
    photos = np.stack([flower(), 255 - flower()])
    looks = Looks(8)
    looks.measure(sketch, photos)
    drawn, photo = to_network(sketch), to_network(photos)
    changed, look = looks.vary(drawn, photo, keras.random.SeedGenerator(0))
    assert changed.shape == photo.shape and look.shape == (2, 1, 1, 8)
    soft = np.array(blur_where_empty(drawn, photo))
    assert soft.shape == photo.shape
    np.testing.assert_allclose(soft[:, 50:80, 50:80], photo[:, 50:80, 50:80], atol=1e-6)


@pytest.mark.slow
class TestNetworks:
    def test_all_losses_of_pix2pix_come_of_wide_pictures(self, tmp_path):
        weights = write_weights(tmp_path / "squeezenet.h5")
        recipe = Pix2Pix(width=8, discriminator_width=4, look=8, squeezenet=weights)
        model = recipe.build((128, 64), 0)
        wide = np.stack([flower(128, 64)] * 2)
        losses, logs = model.losses((wide, wide))
        assert {"l1", "matching", "perceptual"} == set(logs)
        assert all(np.isfinite(float(loss)) for loss in losses.values())

    @pytest.mark.parametrize("look", [0, 3])
    def test_a_network_of_another_size_has_the_same_weights(self, look):
        """Far from the borders it makes of a part what it makes of the whole."""
        network = slim_unet(64, width=8, look=look)
        wide = resized(network, (192, 128))
        assert picture_size(wide) == (192, 128)
        built = slim_unet((192, 128), width=8, look=look)
        built.set_weights(network.get_weights())
        given = [to_network(flower()[None])]
        given += [np.full((1, 1, 1, look), 0.3, np.float32)] if look else []
        np.testing.assert_allclose(
            wide(given if look else given[0]), built(given if look else given[0]), atol=1e-6
        )

    def test_what_does_not_fit_is_refused_in_a_sentence(self):
        with pytest.raises(UserError, match="cannot make pictures of 96x64 px: it is not fully"):
            resized(slim_unet(64, width=8), (96, 64))
        with pytest.raises(UserError, match="cannot make pictures of 128 px"):
            resized(keras.Sequential([keras.Input((64, 64, 3)), *dense()]), 128)
        with pytest.raises(UserError, match="only what makes pictures of pictures has other sizes"):
            resized(VAE().build_generator(28, 0), 64)
        with pytest.raises(UserError, match="sides must be multiples of 64; got 96x64"):
            slim_unet((96, 64))
        with pytest.raises(UserError, match="sides must be a power of two"):
            unet((96, 64))


def dense() -> list[keras.layers.Layer]:
    return [keras.layers.Flatten(), keras.layers.Dense(12), keras.layers.Reshape((2, 2, 3))]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wide")
    run(discs(folder / "photos"), folder / "data", size=(64, 32))
    return folder / "data"


def test_a_dataset_of_wide_pictures_is_prepared_and_opened(dataset):
    told = json.loads((dataset / "dataset.json").read_text())
    assert told["size"] == "64x32"
    with Image.open(dataset / "sheet.png") as sheet:
        assert sheet.size == (8 * 256, 2 * 128)
    opened = Dataset.open(dataset)
    assert opened.size == (64, 32)
    for column in opened.train.load():
        assert column.shape[1:] == (32, 64, 3)
    with pytest.raises(UserError, match="was prepared with size 64x32, not 32"):
        run(dataset.parent / "photos", dataset, size=32)
    assert run(dataset.parent / "photos", dataset, size=(64, 32))["counts"] == told["counts"]


def test_the_command_takes_width_and_height(dataset, tmp_path, monkeypatch, capsys):
    command = ["training", "prepare", str(dataset.parent / "photos"), str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", [*command, "--size", "32x64", "--processes", "1"])
    main()
    assert Dataset.open(tmp_path / "out").size == (32, 64)
    for wrong, message in (("64x100", "expected a multiple of 32"), ("wide", "a size such as 512")):
        monkeypatch.setattr("sys.argv", [*command, "--size", wrong])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        assert message in capsys.readouterr().err


@pytest.mark.slow
def test_wide_pictures_are_trained_on_measured_and_shown(dataset, tmp_path, monkeypatch):
    recipe = dataclasses.replace(TINY, batch=2, zoom_max=0.2, flip=True)
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": recipe})
    options = FitOptions(dataset, tmp_path / "run", 4, epoch_images=4, precision="float32")
    trained = fit(recipe, options, name="tiny", verbose=0)
    assert trained.config["size"] == "64x32"
    fit(recipe, options, name="tiny", verbose=0)  # The configuration that was stored is this one.
    generator = Generator.open(trained.folder)
    assert generator.size == (64, 32)
    [row] = evaluate(generator)["measures"]
    assert row["size"] == "64x32" and row["l1"] > 0
    with Image.open(preview(trained.folder, columns=1, count=1)) as sheet:
        assert sheet.size == (128, 3 * 64 + 2 * 2), "enlarged to be legible"
