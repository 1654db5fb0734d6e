"""A bundle that nobody vouches for: paths out of it, and files unlike its card, are refused."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.demo_bundle import write_card
from training.errors import UserError
from training.transfer.bundle import LARGEST_CARD, fingerprint, read_bundle

KEY = "tflite-float16"


@pytest.fixture
def folder(tmp_path) -> Path:
    """A bundle of a file and a folder, beside something that is nobody's business."""
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_bytes(b"secret")
    folder = tmp_path / "petals"
    (folder / "tfjs" / "shards").mkdir(parents=True)
    (folder / "generator.tflite").write_bytes(b"weights")
    (folder / "tfjs" / "shards" / "1").write_bytes(b"more weights")
    paths = {KEY: "generator.tflite", "tfjs": "tfjs"}
    files = {key: {"path": path, **fingerprint(folder / path)} for key, path in paths.items()}
    write_card(folder, files=files)
    return folder


def change(folder: Path, **keys: Any) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | keys))


def name(folder: Path, path: Any, content: bytes = b"secret") -> None:
    """Let the card name a file whose size and hash are right."""
    told = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    change(folder, files={KEY: {"path": path, **told}})


def refused(folder: Path, match: str) -> None:
    with pytest.raises(UserError, match=match) as error:
        read_bundle(folder).file(KEY)
    assert "\n" not in str(error.value)


def test_what_the_card_describes_is_opened(folder):
    bundle = read_bundle(folder)
    assert bundle.file(KEY) == folder / "generator.tflite"
    assert bundle.file("tfjs") == folder / "tfjs"


@pytest.mark.parametrize(
    "path",
    ["../secret", "tfjs/../../secret", "", ".", "..", "./x", "a//b", "a\\b", "C:x", "a\0b", "a\nb"]
    + [None, 3, ["secret"], {}],
)
def test_a_path_that_may_lead_out_is_refused(folder, path):
    name(folder, path)
    refused(folder, "names a file outside of the bundle")


def test_an_absolute_path_is_refused(folder):
    name(folder, str(folder.parent / "secret"))
    refused(folder, "names a file outside of the bundle")


@pytest.mark.parametrize("target", ["../secret", "../secrets/key"])
def test_a_link_that_leads_out_is_refused(folder, target):
    (folder / "link").symlink_to(target)
    name(folder, "link")
    refused(folder, "leads out of the bundle")


@pytest.mark.parametrize("target", ["../secrets", "../../secrets", "../../secret"])
def test_a_link_inside_a_folder_that_leads_out_is_refused(folder, target):
    (folder / "tfjs" / "link").symlink_to(target)
    name(folder, "tfjs")
    refused(folder, "leads out of the bundle|cannot be read")


def test_folders_that_go_round_in_a_circle_are_refused(folder):
    (folder / "tfjs" / "again").symlink_to("..")
    name(folder, "tfjs")
    refused(folder, "folders that are links")
    (folder / "tfjs" / "again").unlink()
    (folder / "round").symlink_to("round")
    name(folder, "round")
    refused(folder, "cannot be read")


def test_a_link_that_stays_inside_is_followed(folder):
    (folder / "link").symlink_to("generator.tflite")
    name(folder, "link", b"weights")
    assert read_bundle(folder).file(KEY).read_bytes() == b"weights"


@pytest.mark.parametrize("content", [b"weighs!", b"weight", b""])
def test_an_altered_file_is_refused(folder, content):
    (folder / "generator.tflite").write_bytes(content)
    refused(folder, "is not what the card describes")


def test_an_altered_folder_is_refused(folder):
    (folder / "tfjs" / "2").write_bytes(b"")
    with pytest.raises(UserError, match="is not what the card describes"):
        read_bundle(folder).file("tfjs")


def test_a_missing_file_and_one_that_is_none_are_refused(folder):
    (folder / "generator.tflite").unlink()
    refused(folder, "generator.tflite cannot be read .No such file")
    os.mkfifo(folder / "generator.tflite")  # Who opens it waits for ever.
    refused(folder, "neither a file nor a folder")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"check": {"answer": "../secret"}}, "outside of the bundle"),
        ({"check": {"answer": "no.png"}}, "cannot be read"),
        ({"check": {"answer": 3}}, "outside of the bundle"),
        ({"check": {"answer": "generator.tflite", "drawing": "../secret"}}, "outside"),
        ({"check": []}, "expected check to be a dict"),
        ({"examples": ["../secret"]}, "outside of the bundle"),
        ({"examples": "../secret"}, "expected examples to be a list"),
        ({"schema": 2}, "expected schema 1"),
        ({"size": "64"}, "expected a size to be a number above 0"),
        ({"size": True}, "expected a size"),
        ({"size": 10**9}, "expected a size"),
        ({"training": None}, "expected training to be a dict"),
        ({"files": []}, "expected files to have an entry a file"),
        ({"files": {KEY: "../secret"}}, "expected files to have an entry a file"),
        ({"parity": {KEY: {"psnr": "high"}}}, "expected psnr in parity to be a number"),
        ({"latency": [1]}, "expected latency to have an entry a file"),
        ({"data": float("nan")}, "JSON compliant"),
        ({"data": "\ud800"}, "surrogates"),
    ],
)
def test_a_card_that_says_nonsense_is_refused(folder, keys, told):
    change(folder, **keys)
    with pytest.raises(UserError, match=told) as error:
        read_bundle(folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"no", b"{", b"\xff\xfe\xff", b"[" * 10**5, b"1" * 5000]
)
def test_what_is_no_card_is_refused(folder, text):
    (folder / "card.json").write_bytes(text)
    refused(folder, "is no bundle")


def test_a_huge_card_is_not_even_parsed(folder):
    with open(folder / "card.json", "ab") as file:
        file.truncate(50 * LARGEST_CARD)
    refused(folder, "more than 1000000 bytes")


def test_no_card_is_no_bundle(tmp_path):
    refused(tmp_path, "is no bundle: .*No such file")


def test_a_folders_fingerprint_is_that_of_its_sorted_lines(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2").write_bytes(b"two")
    (tmp_path / "a").write_bytes(b"one")
    one, two = (hashlib.sha256(content).hexdigest() for content in (b"one", b"two"))
    assert fingerprint(tmp_path) == {
        "bytes": 6,
        "sha256": hashlib.sha256(f"a {one}\nb/2 {two}\n".encode()).hexdigest(),
    }
