"""A bundle by its address: downloaded once, checked, and nothing but what its card promises."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.cards import load_card, read_model
from demo.errors import UserError
from demo.remote import MOST_BYTES, local
from tests.demo_bundle import write_card
from tests.demo_server import serve
from tests.odd_server import OddServer
from tests.static_server import StaticServer

MODEL = bytes(range(256)) * 100
PICTURE = b"a picture"
NAME = "generator.int8.tflite"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "garabato" / "bundles"


def card(tmp_path: Path, **changes: Any) -> bytes:
    """A card of one int8 file, of a SavedModel that the demo has no use for, and of pictures."""
    digest = hashlib.sha256(MODEL).hexdigest()
    entry = {"path": NAME, "bytes": len(MODEL), "sha256": digest} | changes
    files = {"saved-model": {"path": "saved_model", "bytes": 10**9}, "tflite-int8": entry}
    check = {"drawing": "check/drawing.png", "answer": "check/answer.png", "psnr": 28}
    write_card(tmp_path, name="petals", files=files, check=check, examples=["examples/1.png"])
    return (tmp_path / "card.json").read_bytes()


@pytest.fixture
def answers(tmp_path) -> dict[str, Any]:
    pictures = ("check/drawing.png", "check/answer.png", "examples/1.png")
    return {
        "/petals/card.json": card(tmp_path),
        "/petals/generator.int8.tflite": MODEL,
        **{f"/petals/{name}": PICTURE for name in pictures},
    }


@pytest.fixture
def server(answers) -> Iterator[OddServer]:
    """Answers what a test has changed in `answers`, as both have one dictionary."""
    server = OddServer(answers)
    yield server
    server.stop()


def refused(address: str) -> str:
    with pytest.raises(UserError) as told:
        local(address)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_a_folder_is_itself(tmp_path):
    assert local(str(tmp_path)) == tmp_path


def test_it_is_downloaded_once_whole_and_its_card_alone_is_asked_for_again(server, answers, cache):
    folder = local(f"{server.address}/petals/card.json")
    assert folder.is_relative_to(cache) and sorted(server.asked) == sorted(answers)
    [file] = load_card(folder).files.values()
    assert read_model(file) == MODEL
    assert (folder / "examples" / "1.png").read_bytes() == PICTURE
    assert "saved-model" not in (folder / "card.json").read_text()
    server.asked.clear()
    for address in ("/petals", "/petals/"):
        assert local(server.address + address) == folder
    assert server.asked == ["/petals/card.json"] * 2


def test_what_was_damaged_since_is_downloaded_again(server, cache):
    folder = local(f"{server.address}/petals")
    (folder / "generator.int8.tflite").write_bytes(MODEL[:-1])
    server.asked.clear()
    assert local(f"{server.address}/petals") == folder
    assert server.asked == ["/petals/card.json", "/petals/generator.int8.tflite"]
    assert (folder / "generator.int8.tflite").read_bytes() == MODEL


def test_another_card_is_another_folder_and_who_has_the_old_one_open_keeps_it(
    server, answers, tmp_path
):
    old = local(f"{server.address}/petals")
    answers["/petals/generator.int8.tflite"] = MODEL[1:]
    answers["/petals/card.json"] = card(
        tmp_path, bytes=len(MODEL) - 1, sha256=hashlib.sha256(MODEL[1:]).hexdigest()
    )
    new = local(f"{server.address}/petals")
    assert (new / NAME).read_bytes() == MODEL[1:]
    assert (old / NAME).read_bytes() == MODEL
    answers["/petals/card.json"] = 503
    assert local(f"{server.address}/petals") == new


def test_with_no_network_it_is_what_was_downloaded_last(server, capsys):
    address = f"{server.address}/petals"
    folder = local(address)
    server.stop()
    assert local(address) == folder
    assert "cannot download" in (told := capsys.readouterr().err) and "is opened" in told
    assert "cannot download" in refused(f"{server.address}/poppies")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"/petals/card.json": 404}, "404 Not Found; is the address right?"),
        ({"/petals/card.json": 500}, "the server answers 500"),
        ({"/petals/card.json": b"<html>"}, "is no card of a bundle"),
        ({"/petals/card.json": b"[]"}, "is no card of a bundle"),
        ({"/petals/card.json": b"[" * 2**20}, "is no card of a bundle"),
        ({"/petals/card.json": b" " * (2**20 + 1)}, "larger than expected"),
        ({"/petals/card.json": (b"{}", 100)}, "cannot download .*incomplete|without sending"),
        ({"/petals/generator.int8.tflite": MODEL[::-1]}, "is not what the card describes"),
        ({"/petals/generator.int8.tflite": MODEL[:100]}, "is not what the card describes"),
        ({"/petals/generator.int8.tflite": MODEL + b"+"}, "larger than expected"),
        ({"/petals/generator.int8.tflite": (MODEL[:100], len(MODEL))}, "cannot download"),
        ({"/petals/generator.int8.tflite": 404}, "generator.int8.tflite: 404"),
        ({"/petals/examples/1.png": bytes(2**22 + 1)}, "larger than expected"),
        ({"/petals/card.json": (302, "http://elsewhere.test/card.json")}, "expected https"),
        ({"/petals/card.json": (302, "ftp://127.0.0.1/card.json")}, "expected https|ftp"),
        ({"/petals/card.json": (302, "/petals/card.json")}, "more than 5 redirects"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence_and_no_bundle_is_left(
    server, answers, cache, changes, told
):
    answers |= changes
    message = refused(f"{server.address}/petals")
    assert any(part in message for part in told.split("|")), message
    assert not list(cache.glob("*/*/card.json"))


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"bytes": MOST_BYTES + 1}, "is too large"),
        ({"path": "../petals/generator.int8.tflite"}, "names a file outside"),
        ({"path": "a/../../generator.int8.tflite"}, "names a file outside"),
        ({"path": "/generator.int8.tflite"}, "names a file outside"),
        ({"path": "..\\generator.int8.tflite"}, "names a file outside"),
        ({"path": "https://127.0.0.1/generator.int8.tflite"}, "names a file outside"),
        ({"path": ".bashrc"}, "names a file outside"),
        ({"path": 7}, "is no card"),
        ({"bytes": "many"}, "is no card"),
        ({"bytes": -1}, "is no card"),
        ({"sha256": None}, "is no card"),
        ({"sha256": "abc"}, "is no card"),
    ],
)
def test_nothing_is_asked_for_that_a_card_should_not_name(server, answers, tmp_path, entry, told):
    answers["/petals/card.json"] = card(tmp_path, **entry)
    assert told in refused(f"{server.address}/petals")
    assert server.asked == ["/petals/card.json"]


def test_pictures_have_names_inside_too(server, answers):
    told = json.loads(answers["/petals/card.json"]) | {"examples": ["../1.png"]}
    answers["/petals/card.json"] = json.dumps(told).encode()
    assert "names a file outside" in refused(f"{server.address}/petals")
    answers["/petals/card.json"] = json.dumps(told | {"examples": ["1.png"] * 300}).encode()
    assert "404" in refused(f"{server.address}/petals")  # One name is one file.
    many = [f"{number}.png" for number in range(300)]
    answers["/petals/card.json"] = json.dumps(told | {"examples": many}).encode()
    assert "is too large" in refused(f"{server.address}/petals")


def test_a_redirect_on_this_machine_is_followed(server, answers):
    answers["/moved/card.json"] = (301, f"{server.address}/petals/card.json")
    answers["/moved/generator.int8.tflite"] = (302, "/petals/generator.int8.tflite")
    for name in ("check/drawing.png", "check/answer.png", "examples/1.png"):
        answers[f"/moved/{name}"] = PICTURE
    assert read_model(load_card(local(f"{server.address}/moved")).files["tflite-int8"]) == MODEL


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://elsewhere.test/petals", "expected https"),
        ("file:///etc", "expected https"),
        ("https://", "expected https|cannot download"),
        ("https://127.0.0.1:port/petals", "expected https"),
        ("hub:a/b/c", "expected https://... or hub:OWNER/NAME"),
        ("hub:../b", "expected https://... or hub:OWNER/NAME"),
    ],
)
def test_other_addresses_are_refused(address, told):
    message = refused(address)
    assert any(part in message for part in told.split("|")), message


def test_https_is_checked_and_does_not_lead_to_http(answers, tmp_path, monkeypatch):
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    pem = tmp_path / "server.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [*make.split(), *names, "-keyout", str(pem), "-out", str(tmp_path / "public.pem")]
    subprocess.run(command, check=True, capture_output=True)
    pem.write_bytes(pem.read_bytes() + (tmp_path / "public.pem").read_bytes())
    plain, secret = OddServer(answers), OddServer(answers, pem)
    try:
        assert "CERTIFICATE_VERIFY_FAILED" in refused(f"{secret.address}/petals")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "public.pem"))
        assert load_card(local(f"{secret.address}/petals")).name == "petals"
        answers["/petals/card.json"] = (302, f"{plain.address}/petals/card.json")
        assert "expected https" in refused(f"{secret.address}/petals") and not plain.asked
    finally:
        plain.stop()
        secret.stop()


@pytest.mark.slow
def test_the_commands_open_a_bundle_of_the_hub_and_the_second_one_without_a_network(
    tmp_path, monkeypatch
):
    shipped = Path(__file__).parent.parent / "demo" / "models" / "gan"
    shutil.copytree(shipped, tmp_path / "hub" / "somebody" / "gan" / "resolve" / "main")
    hub = StaticServer(tmp_path / "hub")
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    try:
        with serve("hub:somebody/gan") as (address, _):
            card = httpx.get(f"{address}/browser/bundles/gan/card.json")
            assert card.json()["name"] == "gan"
    finally:
        hub.stop()
    command = [sys.executable, "-m", "demo", "space", str(tmp_path / "space"), "hub:somebody/gan"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "is ready" in done.stdout
    assert "what was there on" in done.stderr
    assert load_card(tmp_path / "space" / "bundles" / "gan").name == "gan"


def test_a_user_without_a_home_is_told_of_the_variable(monkeypatch):
    def nobody(number):
        raise KeyError(number)

    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(UserError, match="no home to keep bundles in: set XDG_CACHE_HOME"):
        local("https://example.org/flowers")
