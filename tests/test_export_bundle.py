import hashlib
import json
import resource
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from export import bundle as bundles
from export import tflite
from export.bundle import write_bundle
from export.parity import Drift
from tests.export_networks import SIZE, sketches, tiny_unet
from tests.processes import ended_process
from training.errors import UserError

pytestmark = pytest.mark.slow

ABOUT = {
    "name": "petals",
    "training": {"recipe": "pix2pix", "images_seen": 3},
    "data": {"name": "drawn", "licence": "CC0", "photos": 8},
}
TWO = ("tflite-float32", "tflite-int8")


def export(folder: Path, generator: keras.Model, formats=TWO, about=ABOUT) -> dict:
    return write_bundle(generator, folder, formats, sketches(8, seed=1), sketches(4), about)


def unfit_for_int8() -> keras.Model:
    """The picture is what is left of two channels that are all but alike: what both are rounded by
    is more than it, whatever they are multiplied by.
    """
    x = keras.Input((SIZE, SIZE, 3))
    y = layers.Conv2D(6, 1)(x)
    z = layers.Conv2D(3, 1, activation="tanh")(y)
    model = keras.Model(x, z)
    far = np.full((3, 3), 500.0)
    alike = np.concatenate([far, far + np.eye(3)], axis=1)
    difference = np.concatenate([-np.eye(3), np.eye(3)])
    model.set_weights([alike[None, None], np.zeros(6), difference[None, None], np.zeros(3)])
    return model


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "petals"
    export(folder, tiny_unet(), ("saved-model", *TWO))
    return folder


@pytest.fixture
def older(tmp_path) -> Path:
    """A bundle of another day, with a file beside it that no export writes."""
    folder = tmp_path / "petals"
    folder.mkdir()
    (folder / "card.json").write_text("{}")
    (folder / "generator.dynamic.tflite").write_bytes(b"old")
    (folder / "sheet.png").write_bytes(b"drawn")
    (folder / "notes").mkdir()
    (folder / "notes" / "how.txt").write_text("by hand")
    return folder


def test_the_card_says_everything_a_client_reads(written):
    card = json.loads((written / "card.json").read_text())
    pixels = {"shape": [1, SIZE, SIZE, 3], "dtype": "float32", "range": [0, 255]}
    assert (card["schema"], card["task"], card["size"]) == (1, "image-to-image", SIZE)
    assert card["inputs"] == [{"name": "sketch", **pixels}]
    assert card["outputs"] == [{"name": "photo", **pixels}]
    assert card["labels"] == []
    assert {key: card[key] for key in ABOUT} == ABOUT
    assert list(card["files"]) == ["saved-model", *TWO]
    assert card["files"]["tflite-int8"]["dtype"] == "uint8"
    assert card["files"]["tflite-float32"]["dtype"] == "float32"
    for key in card["files"]:
        assert card["parity"][key]["drawings"] == 4
        assert card["parity"][key]["psnr"] > 28
        assert 0 <= card["parity"][key]["mean"] <= card["parity"][key]["max"]
        assert card["latency"][key]["milliseconds"] > 0
        assert card["latency"][key]["threads"] > 0
    assert set(card["export"]["versions"]) >= {"tensorflow", "keras", "tensorflowjs"}


def test_the_card_matches_the_files(written):
    files = json.loads((written / "card.json").read_text())["files"]
    for key in TWO:
        content = (written / files[key]["path"]).read_bytes()
        assert files[key]["bytes"] == len(content)
        assert files[key]["sha256"] == hashlib.sha256(content).hexdigest()
    inside = contents(written / files["saved-model"]["path"])
    lines = "".join(f"{n} {hashlib.sha256(inside[n]).hexdigest()}\n" for n in sorted(inside))
    assert files["saved-model"]["bytes"] == sum(map(len, inside.values()))
    assert files["saved-model"]["sha256"] == hashlib.sha256(lines.encode()).hexdigest()


def test_nothing_but_the_bundle_is_left(written):
    top = {path.name for path in written.iterdir()}
    assert top == {
        "README.md",
        "card.json",
        "check",
        "saved_model",
        "generator.float32.tflite",
        "generator.int8.tflite",
    }
    assert list(written.parent.iterdir()) == [written]


def test_a_run_may_bring_its_own_canvas(tmp_path):
    canvas = {"background": "#ffffff", "palette": [], "brush": 3}
    card = export(tmp_path / "b", tiny_unet(), ("tflite-float32",), ABOUT | {"canvas": canvas})
    assert card["canvas"] == canvas


def test_a_file_that_drifts_fails_the_export_and_leaves_nothing(tmp_path):
    with pytest.raises(Drift, match=r"generator\.int8\.tflite .* at least 28 dB"):
        export(tmp_path / "petals", unfit_for_int8())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_drifts_leaves_the_older_bundle_as_it_was(older):
    before = contents(older)
    with pytest.raises(Drift):
        export(older, unfit_for_int8())
    assert contents(older) == before
    assert list(older.parent.iterdir()) == [older]


def test_the_known_drawing_is_an_example_where_there_are_any(tmp_path):
    """What was held out may be somebody's photo, and everybody gets the bundle."""
    bundle = tmp_path / "petals"
    (bundle / "examples").mkdir(parents=True)
    grey = np.full((SIZE, SIZE, 3), 5, np.uint8)
    Image.fromarray(grey).save(bundle / "examples" / "grey.png")
    card = export(bundle, tiny_unet(), ("tflite-float32",))
    assert card["examples"] == ["examples/grey.png"]
    with Image.open(bundle / "check" / "drawing.png") as drawing:
        np.testing.assert_array_equal(np.asarray(drawing), grey)
    drawn = tflite.run(bundle / "generator.float32.tflite", {"sketch": grey[None]}).photos[0]
    with Image.open(bundle / "check" / "answer.png") as answer:
        assert np.abs(np.asarray(answer) - drawn).max() <= 1


def test_an_older_bundle_is_replaced_and_what_else_lies_in_it_is_kept(older):
    export(older, tiny_unet(), ("tflite-float32",))
    after = contents(older)
    assert set(after) == {
        "README.md",
        "card.json",
        "check/answer.png",
        "check/drawing.png",
        "generator.float32.tflite",
        "sheet.png",
        "notes/how.txt",
    }
    assert json.loads(after["card.json"])["name"] == "petals"
    assert list(older.parent.iterdir()) == [older]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interruption_leaves_the_older_bundle_as_it_was(older, interruption):
    before = contents(older)

    class Interrupting(keras.Model):
        """Somebody presses Ctrl-C while Keras draws the reference."""

        def predict(self, *_, **__):
            raise interruption

    generator = tiny_unet()
    with pytest.raises(interruption):
        export(older, Interrupting(generator.inputs, generator.outputs))
    assert contents(older) == before
    assert list(older.parent.iterdir()) == [older]


def test_a_disk_that_fills_is_one_line_and_leaves_the_older_bundle_as_it_was(older):
    before = contents(older)
    generator = tiny_unet()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        # No file may grow beyond 20 kB: the kernel refuses the write, as a full disk does.
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        with pytest.raises(UserError, match="cannot write .*petals.*: make room"):
            export(older, generator, ("tflite-float32",))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(older) == before
    assert list(older.parent.iterdir()) == [older]


def test_a_folder_that_is_no_bundle_is_refused_before_any_work(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"dear to somebody")
    with pytest.raises(UserError, match="something else than a bundle"):
        export(tmp_path, tiny_unet())
    assert contents(tmp_path) == {"photo.jpg": b"dear to somebody"}


def test_a_run_folder_is_no_place_for_a_bundle_though_it_has_a_card(tmp_path):
    for name in ("config.json", "card.json"):
        (tmp_path / name).write_text("{}")
    before = contents(tmp_path)
    with pytest.raises(UserError, match="is a run folder, which stays as it is; give another"):
        export(tmp_path, tiny_unet())
    assert contents(tmp_path) == before


def test_a_file_in_the_bundles_place_is_refused(tmp_path):
    (tmp_path / "petals").write_text("a file")
    with pytest.raises(UserError, match="is a file"):
        export(tmp_path / "petals", tiny_unet())


def test_a_place_that_cannot_be_is_one_line(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match="cannot write .*petals: Not a directory"):
        export(tmp_path / "file" / "petals", tiny_unet())


def test_an_empty_folder_is_a_place_for_a_bundle(tmp_path):
    (tmp_path / "petals").mkdir()
    export(tmp_path / "petals", tiny_unet(), ("tflite-float32",))
    assert (tmp_path / "petals" / "card.json").is_file()


def test_what_an_export_left_when_it_was_killed_is_swept_away(tmp_path):
    (tmp_path / f".petals.{ended_process()}.partial" / "saved_model").mkdir(parents=True)
    export(tmp_path / "petals", tiny_unet(), ("tflite-float32",))
    assert list(tmp_path.iterdir()) == [tmp_path / "petals"]


def test_a_bundle_that_was_set_aside_when_an_export_was_killed_comes_back(older):
    before = contents(older)
    older.rename(older.with_name(".petals.old"))
    with pytest.raises(Drift):
        export(older, unfit_for_int8())
    assert contents(older) == before
    assert list(older.parent.iterdir()) == [older]


def test_a_link_to_a_bundle_stays_a_link(older, tmp_path):
    link = tmp_path / "latest"
    link.symlink_to(older)
    export(link, tiny_unet(), ("tflite-float32",))
    assert link.is_symlink()
    assert (older / "generator.float32.tflite").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"latest", "petals"}


def test_few_sketches_to_calibrate_on_are_told_of(tmp_path, capfd):
    export(tmp_path / "petals", tiny_unet(), ("tflite-int8",))
    error = capfd.readouterr().err
    assert "warning: only 8 training sketches" in error


def test_converters_are_not_heard(tmp_path, capfd):
    export(tmp_path / "petals", tiny_unet(), ("saved-model", "tflite-int8"))
    output, error = capfd.readouterr()
    assert output == ""
    assert "fully_quantize" not in error and "Statistics" not in error


def test_a_conversion_that_fails_shows_its_log(tmp_path, capfd):
    x = keras.Input((8, 8, 3))
    generator = keras.Model(x, keras.ops.tanh(keras.ops.erf(x)))
    with pytest.raises(UserError, match="converting to tflite-int8 failed with"):
        write_bundle(
            generator,
            tmp_path / "petals",
            ("tflite-int8",),
            sketches(2, size=8),
            sketches(2, size=8),
            ABOUT,
        )
    assert "Erf" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_calibration_and_comparison_are_on_as_many_sketches_as_promised():
    assert bundles.CALIBRATION >= 200
    assert bundles.COMPARED == 32
