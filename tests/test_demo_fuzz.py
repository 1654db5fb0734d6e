"""Requests that are not what they should be: each is refused, and the server goes on working."""

import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from PIL import Image

from tests.demo_bundle import DIGITS, SIZE, write_bundle, write_latent_bundle, write_look_bundle
from tests.demo_server import REPOSITORY, held, serve
from tests.hanging import hang, wait_until_back
from tests.malformed import FILE, picture_files, throw
from tests.raw_client import RawClient, Sent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    digits = write_latent_bundle(folder / "digits", "digits", DIGITS)
    return [write_bundle(folder / "flowers"), digits, write_look_bundle(folder / "looks")]


@pytest.fixture(scope="module")
def started(bundles: list[Path]) -> Iterator[tuple[str, int]]:
    """The server's address and number; what it writes on its terminal is looked at in the end."""
    with serve(*bundles) as (address, process):
        log: list[str] = []
        assert process.stdout
        reader = threading.Thread(target=log.extend, args=(process.stdout,))
        reader.start()
        yield address, process.pid
        process.terminate()
        reader.join(20)
    assert not [line for line in log if "Traceback" in line], "".join(log)[-8000:]


@pytest.fixture
def server(started: tuple[str, int]) -> RawClient:
    return RawClient(started[0])


def test_whatever_is_sent_there_is_no_server_error_and_no_path_told(
    server, started, bundles, tmp_path
):
    secrets = [str(REPOSITORY), sys.prefix, str(bundles[0].parent), "Traceback", "site-packages"]
    throw(server, 50, secrets)
    before = held(started[1])
    seen = throw(server, 500, secrets)
    assert {200, 400, 404, 415} <= seen.keys(), seen
    after = held(started[1])
    assert after.files <= before.files + 5 and after.megabytes <= 1.2 * before.megabytes

    drawing = tmp_path / "drawing.png"
    Image.new("RGB", (SIZE, SIZE), "red").save(drawing)
    client = Client(server.address, verbose=False, download_files=tmp_path)
    assert Path(client.predict(handle_file(drawing), api_name="/generate")).is_file()
    client.close()


def test_visitors_who_hang_hold_up_nobody_and_are_let_go(server, started):
    before = held(started[1])
    drawing = Sent("POST", "/pictures/flowers?file=tflite-int8", picture_files()[0])
    with hang(server.address, streams=500, bodies=20) as hanging:
        waits = []
        for _ in range(50):
            start = time.monotonic()
            assert server.send(drawing)[0] == 200
            waits.append(time.monotonic() - start)
        assert statistics.median(waits) < 1  # Second; a picture takes some milliseconds.
        assert {answer.split(b" ")[1] for answer in hanging.answers()} == {b"408"}
    after = wait_until_back(started[1], before)
    assert after.files <= before.files + 5 and after.megabytes <= 1.2 * before.megabytes


def test_what_the_server_did_not_make_and_was_not_sent_stays_shut(server, bundles):
    card = bundles[0] / "card.json"
    assert card.is_file()
    secrets = ["/etc/passwd", str(card), str(REPOSITORY / "requirements.txt"), "requirements.txt"]
    for path in secrets:
        for form in ("file=", "file=/", "file/", "file=%2e/", "file=//", "file=./"):
            status, answer = server.get(f"/gradio_api/{form}{path}")
            assert status == 404, (form, path, answer[:200])
        file = FILE | {"path": path}
        for data in ([file, "flowers", "tflite-int8", ""], [[file], "flowers", "tflite-int8", ""]):
            status, answer = server.call("call/generate", {"data": data})
            event = json.loads(answer)["event_id"]
            told = server.get(f"/gradio_api/call/generate/{event}")[1].decode()
            assert "expected an uploaded file" in told and "complete" not in told


@pytest.mark.parametrize(
    "path",
    [
        *("//config", "/assets/../config", "/assets/%2e%2e/config", "/assets/..%2fconfig"),
        *("/static//img/logo.svg", "/static/%2e/img/logo.svg", "/assets/%00", "/browser/%5c..%5ca"),
        *("/gradio_api/../config", "/gradio_api/file=/etc/passwd%00.png", "/CONFIG", "/config/"),
    ],
)
def test_a_path_that_is_written_with_tricks_is_not_on_the_list(server, path):
    assert server.get(path)[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("queue/join", {"data": [], "fn_index": 999, "session_hash": "a"}, "expected fn_index"),
        ("queue/join", {"data": [], "fn_index": "0", "session_hash": "a"}, "expected fn_index"),
        ("queue/join", {"data": [], "fn_index": True, "session_hash": "a"}, "expected fn_index"),
        ("queue/join", {"data": [], "fn_index": 0, "session_hash": ["a"]}, "expected session_hash"),
        ("queue/join", {"data": [], "fn_index": 0, "session_hash": "a"}, "a list of 4"),
        ("call/generate", {"data": None}, "a list of 4"),
        ("call/generate", {"data": [float("nan"), 0, 0]}, "finite numbers"),
        ("call/generate", {"data": ["\ud800", 0, 0]}, "JSON in UTF-8"),
        ("call/generate", ["data"], "a JSON object"),
        ("call/generate", {"data": [json.loads("[" * 40 + "]" * 40), 0, 0]}, "at most 16 levels"),
        ("call/v2/generate", {"model": "flowers"}, "of which drawing must be given"),
        ("call/v2/sample", {"number": 1}, "expected the parameters model, label, seed, file"),
    ],
)
def test_a_mistake_in_a_call_is_one_sentence(server, path, body, message):
    status, answer = server.call(path, body)
    assert status == 400 and message in answer.decode(), answer


def test_a_call_as_the_api_page_shows_it_is_answered(server):
    status, answer = server.call("call/v2/sample", {"model": "digits", "label": "3", "seed": 7})
    assert status == 200, answer
    event = json.loads(answer)["event_id"]
    stream = server.get(f"/gradio_api/call/v2/sample/{event}")[1].decode()
    assert "event: complete" in stream
    url = json.loads(stream.split("data: ", 1)[1])[0]["url"]
    status, picture = server.get(url.removeprefix(server.address))
    assert status == 200 and picture.startswith(b"\x89PNG")
    # Once fetched, there is nothing to wait for.
    assert server.get(f"/gradio_api/call/v2/sample/{event}")[0] == 404
