"""Hundreds of malformed requests: each is refused, and the server goes on working."""

import http.client
import io
import json
import random
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from tests.demo_bundle import DIGITS, LATENT, SIZE, write_bundle, write_latent_bundle
from tests.demo_server import REPOSITORY, serve

pytestmark = pytest.mark.slow


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(file, "PNG")
    return file.getvalue()


FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
JUNK: list[Any] = [
    *(None, True, -1, 0, 3, 2**70, 10**400, 0.5, float("nan"), float("inf"), "", "0", "a" * 5000),
    *("\ud800", "\0", "../../etc/passwd", "flowers", "digits", "tflite-int8", "ñ", [], {}),
    *([[]], {"a": {"b": []}}, FILE, FILE | {"path": "a.png"}, FILE | {"path": None}),
    *(FILE | {"path": "http://127.0.0.1:1/"}, FILE | {"size": "x"}, {"path": "/etc/passwd"}),
    *({"drawing": "data:image/png;base64,ñ"}, {"drawing": 1}, {"drawing": FILE}),
]
PATHS = """
/ /config /gradio_api/info /gradio_api/startup-events /theme.css /assets/x.js /static/img/logo.svg
/assets/../config /assets/%2e%2e/config /static/%2e%2e%2f%2e%2e%2findex.html //config /config/
/static//etc/passwd /assets/%00 /%00 /CONFIG /Gradio_Api/info /gradio_api/info/ /gradio_api//info
/browser/pad/live.js /browser/page/../../../texts.json /browser/page/%2e%2e/x /browser/bundles/a/b
/browser/bundles/flowers/card.json /browser/bundles/flowers/%2e%2e/card.json /browser/%5c..%5cx
/gradio_api/file=/etc/passwd /gradio_api/file=requirements.txt /gradio_api/file%3D/etc/passwd
/gradio_api/file/etc/passwd /gradio_api/file/http://127.0.0.1:1/a /gradio_api/file=//127.0.0.1/a
/gradio_api/file=http://127.0.0.1:1/a /gradio_api/file=%2Fetc%2Fpasswd /gradio_api/file=%00
/gradio_api/file/http:%2f%2f127.0.0.1:1/a /gradio_api/../gradio_api/file/http://127.0.0.1:1/
/gradio_api/call/generate/00000000000000000000000000000000 /gradio_api/call/none/0 /docs
/gradio_api/queue/data /gradio_api/queue/data?session_hash=none /gradio_api/queue/data?session_hash
/gradio_api/queue/status /gradio_api/heartbeat/%00 /gradio_api/heartbeat/A /?deep_link=../../x
/?page=none /config?page=none /gradio_api/upload_progress?upload_id=a /openapi.json
/gradio_api/openapi.json /monitoring /gradio_api/custom_component/a/client/b/c /gradio_api/app_id
/pictures /pictures/ /pictures/flowers /pictures/x?file=y /pictures/%00 /pictures/../config /healthz
/pictures/flowers%2f..%2fdigits /pictures/flowers?file=../../a /pictures/digits?label=-1 /healthz/
/gradio_api/proxy=http://127.0.0.1:1/ /gradio_api/deep_link /svelte/a /pwa_icon /logout /token
""".split()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    digits = write_latent_bundle(folder / "digits", "digits", DIGITS)
    return [write_bundle(folder / "flowers"), digits]


class Server:
    """What a client sees of a server, and what the server writes on its terminal."""

    def __init__(self, address: str, log: list[str]) -> None:
        self.address, self.log = address, log

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "", **headers: str
    ) -> tuple[int, bytes]:
        """Send a request as it is, no matter what a library thinks of it; read its answer."""
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=20)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            if method == "POST":
                connection.putheader("Content-Length", str(len(body)))
            for name, value in (headers | ({"Content-Type": kind} if kind else {})).items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, b"" if "heartbeat" in path else answer.read()
        finally:
            connection.close()

    def post(self, path: str, value: Any) -> tuple[int, bytes]:
        body = json.dumps(value).encode()
        return self.ask("POST", f"/gradio_api/{path}", body, "application/json")


@pytest.fixture(scope="module")
def server(bundles: list[Path]) -> Iterator[Server]:
    with serve(*bundles) as (address, process):
        log: list[str] = []
        assert process.stdout
        reader = threading.Thread(target=log.extend, args=(process.stdout,))
        reader.start()
        yield Server(address, log)
        process.terminate()
        reader.join(20)
    assert not [line for line in log if "Traceback" in line], "".join(log)[-8000:]


def functions(server: Server) -> list[dict[str, Any]]:
    """What the server says of its functions, and a right call's data for each."""
    config = json.loads(server.ask("GET", "/config")[1])
    values = {part["id"]: part["props"].get("value") for part in config["components"]}
    functions = [fn for fn in config["dependencies"] if fn["backend_fn"]]
    for fn in functions:
        fn["data"] = [values[part] for part in fn["inputs"]]
    return functions


def mutated(rng: random.Random, value: Any) -> Any:
    """A call with one or two of its parts missing, or replaced by something else."""
    if rng.random() < 0.04:
        return rng.choice(JUNK)
    value = dict(value)
    for _ in range(rng.randint(1, 2)):
        key = rng.choice([*value, "data", "data", rng.choice(["event_id", "batched", "x"])])
        if key == "data" and isinstance(value.get("data"), list) and rng.random() < 0.8:
            data = value["data"] = list(value["data"])
            if data and rng.random() < 0.9:
                data[rng.randrange(len(data))] = rng.choice(JUNK)
            else:
                data.append(None)
        elif rng.random() < 0.2:
            value.pop(key, None)
        else:
            value[key] = rng.choice(JUNK)
    return value


def damaged(rng: random.Random, body: bytes) -> bytes:
    """Bytes that are no longer what they were, most of them."""
    kind, at = rng.randrange(8), rng.randrange(len(body) + 1)
    if kind == 0:
        return body[:at]
    if kind == 1:
        return body[:at] + bytes(rng.randrange(256) for _ in range(4)) + body[at:]
    if kind == 2:
        return b'{"data":' + b"[" * 9000 + b"]" * 9000 + b"}"
    if kind == 3:
        return b'{"data":' + b"[" * 300 + b"]" * 300 + b"}"
    return body


def calls(rng: random.Random, server: Server) -> Iterator[tuple[str, bytes]]:
    """The path and body of calls, seldom right ones."""
    known = functions(server)
    v2: list[dict[str, Any]] = [
        {"drawing": None},
        {"drawing": FILE, "model": "flowers"},
        {"seed": 7, "label": "3"},
    ]
    for _ in range(300):
        fn = rng.choice(known)
        good: dict[str, Any] = {"data": fn["data"]}
        if fn["api_visibility"] == "public" and rng.random() < 0.4:
            path = f"call/{fn['api_name']}"
            if rng.random() < 0.5:
                path, good = path.replace("call/", "call/v2/"), rng.choice(v2)
        else:
            path = "queue/join"
            good |= {"fn_index": fn["id"], "session_hash": f"s{rng.randrange(5)}", "trigger_id": 1}
        if rng.random() < 0.1:
            path = path.replace("generate", "none").replace("sample", "draw")
        value = mutated(rng, good) if rng.random() < 0.7 else good
        yield path, damaged(rng, json.dumps(value).encode())


def forms(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """The content type and body of uploads, most of them broken."""
    names = ["a.png", "..", "", "a\0.png", "a" * 3000, "../../a", "ñ\\b", "C:\\a", ".", "\r\n"]
    for _ in range(80):
        name = rng.choice(names)
        head = rng.choice(
            [
                f'Content-Disposition: form-data; name="files"; filename="{name}"',
                f'Content-Disposition: form-data; name="{name}"',
                "Content-Disposition: form-data",
                "Content-Disposition: attachment; filename*=utf-8''%00%ff",
                "X: y",
                "X: " + "y" * 9000,
            ]
        )
        body = f"--b\r\n{head}\r\n\r\nhello\r\n".encode() * rng.choice([1, 1, 2, 50])
        body += rng.choice([b"--b--\r\n", b"--b--\r\n", b"--b", b""])
        kinds = ["multipart/form-data; boundary=b"] * 5
        kinds += ["multipart/form-data", "multipart/form-data; boundary=b; charset=none", "a/b", ""]
        kinds += ["multipart/form-data; boundary=" + "b" * 500, "multipart/form-datax; boundary=b"]
        yield rng.choice(kinds), damaged(rng, body)


def drawings(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """The path and body of requests for pictures, seldom right ones."""
    noise = np.random.default_rng(0).standard_normal(LATENT).astype(np.float32).tobytes()
    bodies = [png(SIZE, SIZE), png(4000, 1), png(2000, 2000), png(2001, 2000), noise, 8 * noise]
    bodies += [9 * noise, noise[:-1], b"", b"\xff" * 4 * LATENT, b"GIF89a" + noise]
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16", "F"):
        content = io.BytesIO()
        Image.new(mode, (40, 30), 1).save(content, "TIFF" if mode == "F" else "PNG")
        bodies.append(content.getvalue())
    for _ in range(150):
        name = rng.choice(["flowers", "digits", "none", "%00", "flowers%20", "ñ".encode().hex()])
        file = rng.choice(["", "tflite-int8", "tflite-float16", "x", "..", "%00", "tflite-int8"])
        label = rng.choice(
            ["", "", "3", "-1", "10", "99999", "x", "3.0", "%C2%B3", "٣".encode().hex()]
        )
        yield f"/pictures/{name}?file={file}&label={label}", damaged(rng, rng.choice(bodies))


def test_whatever_is_sent_there_is_no_server_error_and_no_path_told(server, bundles, tmp_path):
    rng = random.Random(11)
    secrets = [str(REPOSITORY), sys.prefix, str(bundles[0].parent), "Traceback", "site-packages"]
    seen: dict[int, int] = {}

    def check(sent: object, status: int, answer: bytes) -> None:
        seen[status] = seen.get(status, 0) + 1
        text = answer.decode("utf-8", "replace")
        assert status < 500 and not [s for s in secrets if s in text], (sent, status, text[:999])

    for path, body in calls(rng, server):
        kind = rng.choice(
            ["application/json"] * 12 + ["text/plain", "", "application/json; x=\xff"]
        )
        status, answer = server.ask("POST", f"/gradio_api/{path}", body, kind)
        check((path, body[:500]), status, answer)
        if status == 200:
            event = json.loads(answer)["event_id"]
            stream = f"{path}/{event}"
            if path == "queue/join":
                stream = f"queue/data?session_hash={json.loads(body)['session_hash']}"
            check(body[:500], *server.ask("GET", f"/gradio_api/{stream}"))
    for kind, body in forms(rng):
        check((kind, body), *server.ask("POST", "/gradio_api/upload", body, kind))
    for path, body in drawings(rng):
        visitor = rng.choice(["a", "b", "ñ", "", "x" * 500])
        check((path, body[:99]), *server.ask("POST", path, body, **{"X-Visitor": visitor}))
    for path in PATHS:
        for method in ("GET", "POST", "HEAD", "PUT", "OPTIONS"):
            headers = {"Range": rng.choice(["bytes=0-5", "bytes=1-2-3", "x", "bytes=9-1"])}
            headers |= rng.choice([{}, {}, {"Origin": "http://["}, {"Cookie": "a=\xff"}])
            answered = server.ask(method, path, **headers)
            check((method, path, headers), *answered)
    assert {200, 400, 404, 415} <= seen.keys(), seen

    drawing = tmp_path / "drawing.png"
    drawing.write_bytes(png(SIZE, SIZE))
    client = Client(server.address, verbose=False, download_files=tmp_path)
    assert Path(client.predict(handle_file(drawing), api_name="/generate")).is_file()
    client.close()


def test_what_the_server_did_not_make_and_was_not_sent_stays_shut(server, bundles):
    card = bundles[0] / "card.json"
    assert card.is_file()
    secrets = ["/etc/passwd", str(card), str(REPOSITORY / "requirements.txt"), "requirements.txt"]
    for path in secrets:
        for form in ("file=", "file=/", "file/", "file=%2e/", "file=//", "file=./"):
            status, answer = server.ask("GET", f"/gradio_api/{form}{path}")
            assert status == 404, (form, path, answer[:200])
        file = FILE | {"path": path}
        for data in ([file, "flowers", "tflite-int8"], [[file], "flowers", "tflite-int8"]):
            status, answer = server.post("call/generate", {"data": data})
            event = json.loads(answer)["event_id"]
            told = server.ask("GET", f"/gradio_api/call/generate/{event}")[1].decode()
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
    assert server.ask("GET", path)[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("queue/join", {"data": [], "fn_index": 999, "session_hash": "a"}, "expected fn_index"),
        ("queue/join", {"data": [], "fn_index": "0", "session_hash": "a"}, "expected fn_index"),
        ("queue/join", {"data": [], "fn_index": True, "session_hash": "a"}, "expected fn_index"),
        ("queue/join", {"data": [], "fn_index": 0, "session_hash": ["a"]}, "expected session_hash"),
        ("queue/join", {"data": [], "fn_index": 0, "session_hash": "a"}, "a list of 3"),
        ("call/generate", {"data": None}, "a list of 3"),
        ("call/generate", {"data": [float("nan"), 0, 0]}, "finite numbers"),
        ("call/generate", {"data": ["\ud800", 0, 0]}, "JSON in UTF-8"),
        ("call/generate", ["data"], "a JSON object"),
        ("call/generate", {"data": [json.loads("[" * 40 + "]" * 40), 0, 0]}, "at most 16 levels"),
        ("call/v2/generate", {"model": "flowers"}, "of which drawing must be given"),
        ("call/v2/sample", {"number": 1}, "expected the parameters model, label, seed, file"),
    ],
)
def test_a_mistake_in_a_call_is_one_sentence(server, path, body, message):
    status, answer = server.post(path, body)
    assert status == 400 and message in answer.decode(), answer


def test_a_call_as_the_api_page_shows_it_is_answered(server):
    status, answer = server.post("call/v2/sample", {"model": "digits", "label": "3", "seed": 7})
    assert status == 200, answer
    event = json.loads(answer)["event_id"]
    stream = server.ask("GET", f"/gradio_api/call/v2/sample/{event}")[1].decode()
    assert "event: complete" in stream
    url = json.loads(stream.split("data: ", 1)[1])[0]["url"]
    status, picture = server.ask("GET", url.removeprefix(server.address))
    assert status == 200 and picture.startswith(b"\x89PNG")
    # Once fetched, there is nothing to wait for.
    assert server.ask("GET", f"/gradio_api/call/v2/sample/{event}")[0] == 404
