"""What no honest client sends: each request is answered with a clear 4xx, and nothing breaks."""

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from demo import uploads
from tests.demo_bundle import SIZE, write_bundle, write_latent_bundle
from tests.demo_server import REPOSITORY, serve

pytestmark = pytest.mark.slow

PREFIX = "/gradio_api"
NESTED = "[" * 20_000 + "]" * 20_000
VALUES: list[Any] = [
    *(None, True, -1, 0, 3, 10**30, 0.5, "", "x", "a\0b", "../../etc/passwd", "ñ" * 300),
    *([], [[]], {}, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, {"drawing": 7}),
    *({"drawing": "data:image/png;base64,!"}, {"drawing": "data:image/png;base64,AAAA"}),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    folder = tmp_path_factory.mktemp("bundles")
    sketches, digits = write_bundle(folder / "flowers"), folder / "digits"
    with serve(sketches, write_latent_bundle(digits, "digits", ("0", "1"))) as running:
        yield running


def bodies(rng: random.Random) -> Iterator[bytes]:
    """Bodies of calls that are wrong in one way or another."""
    yield from (b"", b"{", b"\xff\xfe\x00", b"null", b"[]", b"3", b'"x"', b"NaN", NESTED.encode())
    yield from (b'{"data": NaN}', b'{"data": [1e999]}', b'{"data":' + NESTED.encode() + b"}")
    keys = ("data", "fn_index", "session_hash", "event_id", "trigger_id", "event_data", "batched")
    for _ in range(120):
        told = {key: rng.choice(VALUES) for key in keys if rng.random() < 0.7}
        yield json.dumps(told).encode()
    for index in (*range(12), 99, -1):
        for length in (0, 1, 3, 4, 5, 12, 13):
            data = [rng.choice(VALUES) for _ in range(length)]
            told = {"fn_index": index, "session_hash": f"s{rng.randrange(9)}", "data": data}
            yield json.dumps(told).encode()


def forms(rng: random.Random) -> Iterator[tuple[dict[str, str], bytes]]:
    """Uploads that are wrong: header and body."""
    good = "multipart/form-data; boundary=b"
    part = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\nx\r\n--b--\r\n'
    )
    for name in (b"a\0.png", b"", b"\xff.png", b"x" * 5000, b"a\nb.png"):
        yield {"Content-Type": good}, part % name
    for kind in ("", "text/plain", "multipart/form-data", "multipart/form-data; boundary="):
        yield {"Content-Type": kind}, part % b"a.png"
    yield {"Content-Type": good}, b""
    yield {"Content-Type": good}, (part % b"a.png")[:-6]
    yield {"Content-Type": good}, b"--b--\r\n"
    for _ in range(20):
        yield {"Content-Type": good}, rng.randbytes(rng.randrange(200))


def paths() -> list[str]:
    """Addresses that are not there, or lead to what is nobody's business."""
    here = str(REPOSITORY)
    return [
        *(f"{PREFIX}/file={p}" for p in ("/etc/passwd", f"{here}/README.md", f"{here}/../x", "a")),
        *(
            f"{PREFIX}/file/{u}"
            for u in ("http://127.0.0.1:1/a", "https%3A//a.org/b", "etc/passwd")
        ),
        *(f"{PREFIX}/file=%68ttp://127.0.0.1:1/a", f"//127.0.0.1:1{PREFIX}/file=http://a.org"),
        *(f"{PREFIX}//queue/data", f"{PREFIX}/../config", "/assets/../../app.py", "/ASSETS/x"),
        *("/static/%2e%2e/%2e%2e/app.py", "/assets/..%2f..%2fapp.py", "/svelte/../../routes.py"),
        *("/browser/bundles/flowers/../../../etc/passwd", "/browser/bundles/nothing/card.json"),
        *("/monitoring", "/monitoring/summary", "/login", "/logout", "/token", "/user", "/docs"),
        *(f"{PREFIX}/queue/data", f"{PREFIX}/queue/data?session_hash=nobody", "/openapi.json"),
        *(f"{PREFIX}/call/generate/nobody", f"{PREFIX}/call/nothing/x", f"{PREFIX}/proxy=a"),
        *(f"{PREFIX}/deep_link", f"{PREFIX}/openapi.json", f"{PREFIX}/dev/reload", "/pwa_icon"),
        *(f"{PREFIX}/run-history/records", f"{PREFIX}/vibe-code", f"{PREFIX}/upload_progress"),
    ]


def test_malformed_requests_are_answered_with_a_4xx_and_leave_no_trace(server, tmp_path):
    address, process = server
    rng = random.Random(0)
    answers: list[tuple[str, httpx.Response]] = []
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        for path in paths():
            answers.append((path, client.get(path)))
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            answers.append((method, client.request(method, f"{PREFIX}/queue/join")))
        for body in bodies(rng):
            for path in ("queue/join", "call/generate", "call/sample", "call/nothing", "cancel"):
                answer = client.post(f"{PREFIX}/{path}", content=body)
                answers.append((f"{path} {body[:200]!r}", answer))
        for headers, body in forms(rng):
            answers.append(
                (
                    f"upload {headers} {body[:80]!r}",
                    client.post(f"{PREFIX}/upload", content=body, headers=headers),
                )
            )
    wrong = [(asked, answer.status_code) for asked, answer in answers if answer.status_code >= 500]
    assert not wrong
    # What happens to be well-formed is taken, and answered with an error in its stream.
    refused = [answer for _, answer in answers if answer.status_code >= 400]
    assert len(refused) > 0.9 * len(answers)
    places = (str(REPOSITORY), str(tmp_path.parent), "site-packages", "root:")
    for asked, answer in answers:
        assert not any(place in answer.text and place not in asked for place in places), asked

    drawing = tmp_path / "drawing.png"
    Image.new("RGB", (SIZE, SIZE), (200, 100, 40)).save(drawing)
    client = Client(address, verbose=False, download_files=str(tmp_path / "answers"))
    assert Path(client.predict(handle_file(drawing), api_name="/generate")).exists()
    assert Path(client.predict(model="digits", api_name="/sample")).exists()
    client.close()
    process.terminate()
    log, _ = process.communicate(timeout=20)
    assert "Traceback" not in log and "Error" not in log, log[-3000:]


def test_uploads_take_no_more_than_their_bound():
    """The oldest go first; what has just come stays."""
    folder = uploads.own_folder()
    for number in range(10):
        (folder / str(number)).mkdir()
        (folder / str(number) / "a.png").write_bytes(bytes(7_000_000))
        os.utime(folder / str(number) / "a.png", ns=(number, number))
    uploads.make_room(2_000_000)
    left = sorted(int(path.parent.name) for path in folder.rglob("*.png"))
    assert left == list(range(2, 10))
    assert sum(path.stat().st_size for path in folder.rglob("*.png")) + 2_000_000 <= 64_000_000
