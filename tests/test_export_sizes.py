"""Bundles of several sizes: written, completed, and read with as much care as those of one."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from demo.cards import SketchCard
from demo.cards import load_card as load_for_demo
from demo.errors import UserError as DemoError
from export import tflite
from export.__main__ import main
from export.bundle import write_bundle
from export.card import table
from export.complete import complete_bundle
from export.part import checked_sizes
from export.serving import in_keras
from tests.export_networks import drawings, randomised, sketches
from tests.test_export_complete import ABOUT
from training.errors import UserError
from training.evaluation.generators import Generator
from training.networks.resized import resized
from training.networks.shuffle_unet import slim_unet
from training.transfer.bundle import read_bundle
from training.transfer.teacher import load_teacher

pytestmark = pytest.mark.slow

SIZE, WIDE = 64, (128, 64)
HALF = "tflite-float16"


def network():
    return randomised(slim_unet(SIZE, width=8))


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sizes") / "petals"
    given = sketches(12, SIZE, 1), sketches(3, SIZE)
    write_bundle(network(), folder, (HALF, "tflite-int8"), *given, ABOUT, sizes=[SIZE, WIDE])
    return folder


@pytest.fixture
def bundle(written, tmp_path) -> Path:
    return shutil.copytree(written, tmp_path / "bundle")


def read(bundle: Path) -> dict[str, Any]:
    return json.loads((bundle / "card.json").read_text())


def change(bundle: Path, **keys: Any) -> None:
    """Write other values into the card's entry of its second size."""
    card = read(bundle)
    card["sizes"][0] |= keys
    (bundle / "card.json").write_text(json.dumps(card))


def test_the_card_says_which_sizes_there_are(written):
    card = read(written)
    assert card["size"] == SIZE and card["inputs"][0]["shape"] == [1, 64, 64, 3]
    [wide] = card["sizes"]
    assert wide["size"] == "128x64"
    assert wide["inputs"][0]["shape"] == wide["outputs"][0]["shape"] == [1, 64, 128, 3]
    assert wide["files"]["tflite-int8"]["path"] == "128x64/generator.int8.tflite"
    assert wide["parity"]["tflite-int8"]["drawings"] == 3
    for place in ("drawing", "answer"):
        with Image.open(written / wide["check"][place]) as picture:
            assert picture.size == (128, 64)
    assert [line.split()[0] for line in table(card).splitlines()[1:]] == [
        *("generator.float16.tflite", "generator.int8.tflite"),
        *("128x64/generator.float16.tflite", "128x64/generator.int8.tflite"),
    ]


def test_a_file_draws_what_the_network_draws_at_its_size(written):
    given = {"sketch": np.concatenate([drawings(2, SIZE, 7), drawings(2, SIZE, 8)], axis=2)}
    expected = in_keras(resized(network(), WIDE), given)
    path = written / "128x64" / "generator.float16.tflite"
    assert np.abs(tflite.run(path, given).photos - expected).max() < 1.5
    file = Generator.open(path)
    assert file.size == WIDE
    assert np.abs(file(given) - expected).max() < 2


def test_each_size_is_a_bundle_to_whoever_reads_one(written):
    own, wide = read_bundle(written).of_each_size()
    assert (own.card["size"], wide.card["size"]) == (SIZE, "128x64")
    assert wide.file(HALF) == written / "128x64" / "generator.float16.tflite"
    assert wide.card["name"] == "petals" and "sizes" not in wide.card
    card = load_for_demo(written)
    assert isinstance(card, SketchCard)
    [other] = card.others
    assert (card.size, other.size) == (SIZE, WIDE)
    assert other.files[HALF].path == (written / "128x64" / "generator.float16.tflite").resolve()


def test_a_card_of_one_size_is_what_it_was_and_folders_of_others_go(bundle, capfd):
    given = sketches(12, SIZE, 1), sketches(3, SIZE)
    card = write_bundle(network(), bundle, [HALF], *given, ABOUT)
    assert "had files of 128x64 px, which go: to keep them" in capfd.readouterr().err
    assert "sizes" not in card
    assert sorted(path.name for path in bundle.iterdir()) == [
        *("README.md", "card.json", "check", "generator.float16.tflite"),
    ]


def test_a_bundle_keeps_its_sizes_and_gets_others(bundle, tmp_path):
    card = complete_bundle(bundle, tmp_path / "out", [HALF], [(64, 128), SIZE])
    assert [part["size"] for part in card["sizes"]] == ["128x64", "64x128"]
    assert card["sizes"][1]["parity"][HALF]["psnr"] > 45
    for part in ("128x64", "64x128"):
        assert (tmp_path / "out" / part / "check" / "answer.png").exists()
    assert len(read_bundle(tmp_path / "out").of_each_size()) == 3
    with pytest.raises(UserError, match="has no int8 file, and only a run has sketches"):
        complete_bundle(bundle, tmp_path / "more", ["all"], [128])


def test_what_was_exported_at_another_size_alone_gives_its_weights_back(tmp_path):
    given = sketches(12, SIZE, 1), sketches(3, SIZE)
    about: dict[str, Any] = ABOUT | {}
    about["training"] = {**about["training"], "size": SIZE}
    folder = tmp_path / "wide"
    card = write_bundle(network(), folder, [HALF], *given, about, sizes=[WIDE])
    assert card["size"] == "128x64" and "sizes" not in card
    teach = load_teacher(folder, SIZE)
    sketch = drawings(1, SIZE, 5)
    answer = (np.array(teach(sketch / 127.5 - 1)) + 1) * 127.5
    assert np.abs(answer - in_keras(network(), {"sketch": sketch})).max() < 1.5


def test_sizes_that_no_network_of_ours_draws_are_refused():
    assert checked_sizes([], "image-to-image", 28) == [28]
    assert checked_sizes([64, (128, 64), 64], "image-to-image", 28) == [64, (128, 64)]
    assert checked_sizes([28], "noise-to-image", 28) == [28]
    for wrong in (100, (768, 300), 4096):
        with pytest.raises(UserError, match="width and height to be multiples of 64 px, 2048 at m"):
            checked_sizes([wrong], "image-to-image", 28)
    with pytest.raises(UserError, match="--size is for what draws pictures of pictures"):
        checked_sizes([64], "noise-to-image", 28)


def test_the_command_says_what_a_size_is(bundle, tmp_path, monkeypatch, capfd):
    command = ["export", str(bundle), str(tmp_path / "out"), "--formats", HALF]
    for wrong, message in (("768x300", "multiples of 64 px"), ("wide", "768x320 (width x height)")):
        monkeypatch.setattr("sys.argv", [*command, "--size", wrong])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        error = " ".join(capfd.readouterr().err.replace("│", "").split())
        assert message in error
    monkeypatch.setattr("sys.argv", [*command, "--size", "64", "64x192"])
    main()
    assert [part["size"] for part in read(tmp_path / "out")["sizes"]] == ["128x64", "64x192"]


@pytest.mark.parametrize(
    ("entry", "told", "told_by_demo"),
    [
        ({"size": "64x64"}, "a size to be", "expected a size from 8"),
        ({"size": 64}, "sizes that all differ", "expected the inputs"),
        ({"size": "4x64"}, "a size of 8 to 4096 px", "expected a size from 8"),
        ({"size": None}, "a size to be", "expected a size from 8"),
        ({"files": [1]}, "files to have an entry a file", "no TFLite file|is incomplete"),
        ({"inputs": []}, "", "expected the inputs"),
        ({"outputs": []}, "", "expected the outputs"),
        ({"palette": []}, "an entry of sizes to have", ""),
        ({"check": {"answer": "../x.png"}}, "names a file outside", ""),
        ({"files": {HALF: {"path": "../x", "bytes": 1, "sha256": "0" * 64}}}, "", "outside of it"),
        ({"parity": {HALF: {"psnr": "high"}}}, "expected psnr in parity", ""),
    ],
)
def test_what_a_card_says_of_another_size_is_checked_too(bundle, entry, told, told_by_demo):
    change(bundle, **entry)
    if told:
        with pytest.raises(UserError, match=told):
            read_bundle(bundle)
    if told_by_demo:
        with pytest.raises(DemoError, match=told_by_demo):
            load_for_demo(bundle)


def test_a_file_of_another_size_is_compared_with_its_checksum(bundle):
    (bundle / "128x64" / "generator.float16.tflite").write_bytes(b"other")
    _, wide = read_bundle(bundle).of_each_size()
    with pytest.raises(UserError, match="is not what the card describes"):
        wide.file(HALF)
    with pytest.raises(DemoError, match="was altered"):
        load_for_demo(bundle)


@pytest.mark.parametrize("sizes", [{}, "64", [3], [{}] * 16])
def test_sizes_are_a_short_list(bundle, sizes):
    card = read(bundle)
    (bundle / "card.json").write_text(json.dumps(card | {"sizes": sizes}))
    with pytest.raises(UserError, match="sizes"):
        read_bundle(bundle)
    with pytest.raises(DemoError):
        load_for_demo(bundle)
