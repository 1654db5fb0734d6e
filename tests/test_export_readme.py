"""The README of a bundle: its head is YAML, its Python runs, and names stay names."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard, ModelCardData
from PIL import Image

from export import readme
from export.bundle import write_bundle
from export.card import empty_card
from export.complete import complete_bundle
from tests.export_networks import SIZE, drawings, sketches, tiny_unet
from tests.test_export_tasks import generator_of
from training.errors import UserError
from training.networks.shuffle_unet import slim_unet
from training.runs.samples import sample_inputs

pytestmark = pytest.mark.slow

ABOUT: dict[str, Any] = {
    "name": "petals",
    "training": {"recipe": "pix2pix", "images_seen": 3},
    "data": {"name": "drawn", "licence": "CC BY 4.0", "photos": 8},
}
EVIL = "two\n---\n<script>alert(1)</script> [here](javascript:alert(2)) {{x}} *: &a !b |"


@pytest.fixture(scope="module")
def flowers(tmp_path_factory) -> Path:
    """A bundle of drawings, with two examples."""
    folder = tmp_path_factory.mktemp("readme") / "petals"
    (folder / "examples").mkdir(parents=True)
    for number, pixels in enumerate(drawings(2)):
        Image.fromarray(pixels).save(folder / "examples" / f"{number}.png")
    write_bundle(tiny_unet(), folder, ("tflite-int8",), sketches(8, seed=1), sketches(4), ABOUT)
    return folder


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    """A bundle of labels and noise, with a file for each library."""
    folder = tmp_path_factory.mktemp("readme") / "digits"
    generator = generator_of("cgan")
    inputs = sample_inputs(generator, 4, classes=10)
    about = ABOUT | {"labels": list("0123456789")}
    formats = ("saved-model", "tflite-dynamic", "onnx-float32")
    write_bundle(generator, folder, formats, inputs, inputs, about)
    return folder


def text(bundle: Path) -> str:
    return (bundle / readme.README).read_text(encoding="utf-8")


def head(bundle: Path) -> ModelCardData:
    """As the hub's own library reads it."""
    told = ModelCard(text(bundle)).data
    assert isinstance(told, ModelCardData)
    return told


def programs(bundle: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text(bundle), re.DOTALL)


def test_a_hub_reads_the_head(flowers):
    told = head(flowers)
    assert told.pipeline_tag == "image-to-image"
    assert (told.library_name, told.license) == ("litert", "cc-by-4.0")
    assert (told.datasets, told.metrics) == (["drawn"], ["psnr"])
    (result,) = told.eval_results or []
    card = json.loads((flowers / "card.json").read_text())
    assert result.metric_value == card["parity"]["tflite-int8"]["psnr"]
    assert told.model_name == "petals"


def test_the_head_of_another_task(digits):
    told = head(digits)
    assert told.pipeline_tag == "unconditional-image-generation"
    assert {"litert", "onnx", "tensorflow"} < set(told.tags or [])
    assert len(told.eval_results or []) == 3


@pytest.mark.parametrize(("bundle", "count", "size"), [("flowers", 1, SIZE), ("digits", 3, 28)])
def test_its_python_runs_where_it_lies(request, monkeypatch, bundle, count, size):
    folder = request.getfixturevalue(bundle)
    monkeypatch.chdir(folder)
    found = programs(folder)
    assert len(found) == count
    for program in found:
        exec(compile(program, readme.README, "exec"), {})
        with Image.open("photo.png") as photo:
            assert photo.size == (size, size) and np.asarray(photo).std() > 0
        Path("photo.png").unlink()


def test_a_look_is_given(tmp_path):
    generator = slim_unet(64, width=8, look=8)
    card = empty_card(generator, ABOUT | {"canvas": {}, "look": {}})
    card["files"]["onnx-float16"] = {"path": "generator.float16.onnx", "bytes": 5}
    readme.write(tmp_path, card, tmp_path, tmp_path)
    (program,) = programs(tmp_path)
    assert "look = np.full((1, 1, 1, 8), 128, np.float32)" in program
    assert '{"sketch": sketch, "look": look}' in program


def test_it_shows_what_may_be_shown(flowers, digits, tmp_path):
    """Of drawings the examples, and never what was held out; of noise whatever comes."""
    for bundle in (flowers, digits):
        assert f"]({readme.SAMPLES})" in text(bundle)
        with Image.open(bundle / readme.SAMPLES) as sheet:
            assert min(sheet.size) >= 28
    bare = tmp_path / "bare"
    write_bundle(tiny_unet(), bare, (), sketches(8, seed=1), sketches(4), ABOUT)
    assert not (bare / readme.SAMPLES).exists()
    assert "](check/drawing.png)" in text(bare)


@pytest.mark.parametrize("key", ["name", "licence"])
def test_a_name_is_never_more_than_a_name(tmp_path, key):
    data = ABOUT["data"] | {key: EVIL}
    card = empty_card(tiny_unet(), ABOUT | {"data": data, "canvas": {}})
    readme.write(tmp_path, card, tmp_path, tmp_path)
    _, head, body = re.split(r"^---$\n", text(tmp_path), maxsplit=2, flags=re.MULTILINE)
    told = yaml.safe_load(head)
    assert told["datasets"] == [data["name"]]
    assert told["license"] in ("other", "cc-by-4.0")
    assert "<script" not in body and "](javascript" not in body
    assert "alert" in body


def test_what_somebody_wrote_stays(flowers, tmp_path):
    theirs = tmp_path / "theirs"
    complete_bundle(flowers, theirs, ())
    assert readme.MARK in text(theirs) and (theirs / readme.SAMPLES).is_file()
    (theirs / readme.README).write_text("# Mine\n")
    complete_bundle(theirs, theirs, ())
    assert text(theirs) == "# Mine\n"
    # A licence may ask for what it says: it goes along, but takes no other's place.
    complete_bundle(theirs, tmp_path / "copy", ())
    assert text(tmp_path / "copy") == "# Mine\n"
    (tmp_path / "copy" / readme.README).write_text("# Another's\n")
    complete_bundle(theirs, tmp_path / "copy", ())
    assert text(tmp_path / "copy") == "# Another's\n"
    (theirs / readme.README).write_text(f"old\n{readme.MARK}\n")
    complete_bundle(theirs, theirs, ())
    assert text(theirs).startswith("---\npipeline_tag")


def test_a_card_that_does_not_say_what_it_takes_is_told(tmp_path):
    card = empty_card(tiny_unet(), ABOUT | {"canvas": {}}) | {"inputs": [{"name": "x; import os"}]}
    card["files"]["onnx-float32"] = {"path": "generator.float32.onnx", "bytes": 5}
    with pytest.raises(UserError, match="expected inputs of sketch"):
        readme.write(tmp_path, card, tmp_path, tmp_path)


def test_a_title_and_an_author_are_said_as_text(tmp_path):
    about = ABOUT | {"title": "Wild *roses*", "author": "Ada <ada@example.org>"}
    seen = sketches(4)
    card = write_bundle(tiny_unet(), tmp_path / "x", ("tflite-int8",), seen, seen, about)
    assert (card["title"], card["author"]) == (about["title"], about["author"])
    said = text(tmp_path / "x")
    assert r"# Wild \*roses\*" in said
    assert "Made by Ada &lt;ada@example.org&gt;. Trained" in said


def test_what_it_began_with_is_said_with_its_licence(tmp_path):
    """Who ships a model has to know all that it learned from, and a hub shows one licence."""
    start = {"name": "flowers", "learned_from": [{"name": "102 *kinds*", "licence": "unknown"}]}
    about = ABOUT | {"training": ABOUT["training"] | {"start": start}, "canvas": {}}
    readme.write(tmp_path, empty_card(tiny_unet(), about), tmp_path, tmp_path)
    said = text(tmp_path)
    assert "on drawn (licence: CC BY 4.0), 3 pictures seen in the last stretch alone, " in said
    assert "which began with the weights of flowers. It began with what others had " in said
    assert r"learned from 102 \*kinds\* (licence: unknown). " in said
    told = head(tmp_path)
    assert told.datasets == ["drawn", "102 *kinds*"]
    assert (told.license, told.license_name) == ("other", "cc-by-4.0-and-unknown")
    readme.write(tmp_path, empty_card(tiny_unet(), ABOUT | {"canvas": {}}), tmp_path, tmp_path)
    assert "3 pictures seen. What it was given" in text(tmp_path), "it began with nothing"
