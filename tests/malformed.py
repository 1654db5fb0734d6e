"""Requests that nobody should send to the demo: Hypothesis makes them, `throw` sends them.

Most are right but for a place or two: what is wrong all over is refused at the first look.
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from PIL import Image

from tests.raw_client import RawClient, Sent

JSON = "application/json"
METHODS = ["GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "PATCH", "TRACE", "CONNECT", "get"]
FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
WRONG: list[Any] = [
    *(2**70, 10**400, "", "0", "a" * 5000, "\ud800", "\0", "../../etc/passwd", "flowers", "digits"),
    *("tflite-int8", FILE, FILE | {"path": "a.png"}, FILE | {"path": None}, FILE | {"size": "x"}),
    *(FILE | {"path": "http://127.0.0.1:1/"}, {"path": "/etc/passwd"}, {"drawing": FILE}),
    *({"drawing": "data:image/png;base64,ñ"}, "data:image/png;base64," + "A" * 99_999),
    *("<b onclick=alert(1)>", "file:///etc/passwd", "%2e%2e%2f"),
]
DEEP = [b'{"data":' + b"[" * depth + b"]" * depth + b"}" for depth in (300, 10_000)]
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
/gradio_api/queue/status /gradio_api/queue/join /gradio_api/heartbeat/%00 /gradio_api/heartbeat/A
/?deep_link=../../x /?page=none /config?page=none /gradio_api/upload_progress?upload_id=a
/openapi.json /gradio_api/openapi.json /monitoring /gradio_api/custom_component/a/client/b/c
/gradio_api/app_id /gradio_api/upload /pictures /pictures/ /pictures/flowers /pictures/x?file=y
/pictures/%00 /pictures/../config /healthz /pictures/flowers%2f..%2fdigits /healthz/
/pictures/flowers?file=../../a /pictures/digits?label=-1 /gradio_api/proxy=http://127.0.0.1:1/
/gradio_api/deep_link /svelte/a /pwa_icon /logout /token /gradio_api/mcp/ /gradio_api/run/generate
/gradio_api/api/generate /gradio_api/reset /gradio_api/cancel /gradio_api/component_server
""".split()


def throw(server: RawClient, count: int, secrets: Sequence[str], seed: int = 0) -> Counter[int]:
    """Send so many requests, the same ones for the same seed; return how often each status came.

    Fails at an answer of 500 or more, and at one that has any of `secrets` in it. 0 stands for no
    answer: who is refused before all was sent may find the connection cut.
    """
    seen: Counter[int] = Counter()

    def check(sent: Sent) -> bytes:
        try:
            status, answer = server.send(sent)
        except ConnectionError:
            assert server.get("/healthz")[0] == 200, sent
            status, answer = 0, b""
        seen[status] += 1
        text = answer.decode("utf-8", "replace")
        assert status < 500 and not [s for s in secrets if s in text], (sent, status, text[:999])
        return answer if status == 200 else b""

    @with_seed(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(functions(server)))
    def each(sent: Sent) -> None:
        answer = check(sent)
        if answer and sent.method == "POST" and sent.path.startswith("/gradio_api/call/"):
            check(Sent("GET", f"{sent.path}/{json.loads(answer)['event_id']}"))
        elif answer and sent.method == "POST" and sent.path == "/gradio_api/queue/join":
            session = json.loads(sent.body)["session_hash"]
            check(Sent("GET", f"/gradio_api/queue/data?session_hash={session}"))

    each()
    return seen


def functions(server: RawClient) -> list[dict[str, Any]]:
    """What the server says of its functions, and a right call's data for each."""
    config = json.loads(server.get("/config")[1])
    values = {part["id"]: part["props"].get("value") for part in config["components"]}
    functions = [fn for fn in config["dependencies"] if fn["backend_fn"]]
    for fn in functions:
        fn["data"] = [values[part] for part in fn["inputs"]]
    return functions


def requests(known: Sequence[dict[str, Any]]) -> SearchStrategy[Sent]:
    """Requests of every kind, `known` being what `functions` returns."""
    calls = [call(fn) for fn in known]
    return st.one_of(*calls, *calls, named_call(), upload(), drawing(), drawing(), other())


def values() -> SearchStrategy[Any]:
    """Anything that JSON can say, and some things that it cannot."""
    plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
    deep = st.recursive(
        plain,
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=8,
    )
    return st.sampled_from(WRONG) | deep


def seldom(draw: Callable[..., Any], chances: int = 8) -> bool:
    return draw(st.integers(0, chances - 1)) == chances - 1


@st.composite
def spoilt(draw: Any, body: bytes) -> bytes:
    """Bytes that are cut or have others in their middle, one time in four."""
    if not seldom(draw, 4):
        return body
    at = draw(st.integers(0, len(body)))
    return body[:at] + draw(st.just(b"") | st.binary(max_size=9).map(lambda new: new + body[at:]))


@st.composite
def changed(draw: Any, value: dict[str, Any]) -> dict[str, Any]:
    """A call, most often with one or two of its parts missing, or replaced by something else."""
    value = dict(value)
    for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
        key = draw(st.sampled_from([*value, "data", "event_id", "batched", "oauth_token", "x"]))
        if key == "data" and isinstance(value.get("data"), list) and value["data"]:
            value["data"] = list(value["data"])
            value["data"][draw(st.integers(0, len(value["data"]) - 1))] = draw(values())
        elif seldom(draw, 4):
            value.pop(key, None)
        else:
            value[key] = draw(values())
    return value


@st.composite
def headed(draw: Any, method: str, path: str, body: bytes, kind: str) -> Sent:
    """A request with the headers that it needs, or others, and some that are tricks."""
    headers = {"content-type": kind}
    if seldom(draw):
        headers["content-type"] = draw(st.sampled_from(["text/plain", "", f"{kind}; x=\xff"]))
    tricks = {
        "origin": ["http://[", "null", "http://127.0.0.1:1"],
        "cookie": ["a=\xff", "a" * 3000],
        "range": ["bytes=0-5", "bytes=1-2-3", "x", "bytes=9-1"],
        "x-visitor": ["a", "b", "\xf1", "", "x" * 500],
        "x-forwarded-host": ["127.0.0.1:1", "[", "a/b", "a" * 3000],
        "x-forwarded-proto": ["gopher", "https"],
        "content-length": ["-1", "x", "\xb2", "999999999999", "4000001"],
    }
    for name in draw(st.sets(st.sampled_from(sorted(tricks)), max_size=2)):
        # A number that is wrong only makes the client wait for the server, and the other way round.
        if name != "content-length" or (method == "POST" and seldom(draw)):
            headers[name] = draw(st.sampled_from(tricks[name]))
    return Sent(method, path, body, headers)


@st.composite
def call(draw: Any, fn: dict[str, Any]) -> Sent:
    """A call of one of the page's functions, by the page's way or, where there is one, by name."""
    value: dict[str, Any] = {"data": fn["data"]}
    path = "queue/join"
    if fn["api_visibility"] == "public" and draw(st.booleans()):
        path = f"call/{'none' if seldom(draw, 12) else fn['api_name']}"
    else:
        session = draw(st.sampled_from(["s0", "s1", "s2"]))
        value |= {"fn_index": fn["id"], "session_hash": session, "trigger_id": 1}
    body = json.dumps(draw(changed(value))).encode("utf-8", "surrogatepass")
    body = draw(st.sampled_from(DEEP) if seldom(draw, 16) else spoilt(body))
    return draw(headed("POST", f"/gradio_api/{path}", body, JSON))


@st.composite
def named_call(draw: Any) -> Sent:
    """A call as the API's page shows it: its parameters by name."""
    name = draw(st.sampled_from(["generate", "variations", "sample", "none"]))
    right = {"model": "digits", "drawing": None, "seed": 7, "label": "3", "file": "tflite-int8"}
    right |= {"look": "dawn", "count": 2}
    kept = draw(st.sets(st.sampled_from(sorted(right))))
    value = draw(changed({key: right[key] for key in sorted(kept)}))
    body = draw(spoilt(json.dumps(value).encode("utf-8", "surrogatepass")))
    return draw(headed("POST", f"/gradio_api/call/v2/{name}", body, JSON))


@st.composite
def upload(draw: Any) -> Sent:
    """A form with files, most of them not as a form should be."""
    names = ["a.png", "..", "", "a\0.png", "a" * 3000, "../../a", "ñ\\b", "C:\\a", ".", "\r\n"]
    name = draw(st.sampled_from(names) | st.text(max_size=20))
    heads = [
        *[f'Content-Disposition: form-data; name="files"; filename="{name}"'] * 4,
        f'Content-Disposition: form-data; name="{name}"',
        "Content-Disposition: form-data",
        "Content-Disposition: attachment; filename*=utf-8''%00%ff",
        *("X: y", "X: " + "y" * 9000),
    ]
    content = draw(st.binary(max_size=50) | st.sampled_from(picture_files()))
    part = f"--b\r\n{draw(st.sampled_from(heads))}\r\n\r\n".encode() + content + b"\r\n"
    body = part * draw(st.sampled_from([1, 1, 1, 2, 50]))
    body += draw(st.sampled_from([b"--b--\r\n", b"--b--\r\n", b"--b", b""]))
    kinds = ["multipart/form-data; boundary=b"] * 5
    kinds += ["multipart/form-data", "multipart/form-data; boundary=b; charset=none", "a/b"]
    kinds += ["multipart/form-data; boundary=" + "b" * 500, "multipart/form-datax; boundary=b"]
    kind = draw(st.sampled_from(kinds))
    return draw(headed("POST", "/gradio_api/upload", draw(spoilt(body)), kind))


@cache
def picture_files() -> list[bytes]:
    """Pictures of every mode and of odd sizes, and some that are larger than they look."""
    pictures = [Image.new("RGB", size, "red") for size in ((64, 64), (4000, 1), (2001, 2000))]
    pictures += [Image.new(mode, (40, 30), 1) for mode in ("1", "L", "LA", "P", "RGBA", "I;16")]
    pictures.append(Image.new("1", (9000, 9000)))  # A hundred kilobytes that become 243 megabytes.
    content = []
    for picture in pictures:
        for kind in ("PNG", "WEBP", "TIFF", "GIF") if picture.size == (64, 64) else ("PNG",):
            file = io.BytesIO()
            picture.save(file, kind)
            content.append(file.getvalue())
    return content


@st.composite
def drawing(draw: Any) -> Sent:
    """A request for a picture: of a drawing, or of noise."""
    rows = np.random.default_rng(0).standard_normal((9, 8)).astype("<f4")
    noise = [rows[:count].tobytes() for count in (1, 8, 9)]
    strange = [noise[0][:-1], b"", b"\xff" * len(noise[0]), b"GIF89a" + noise[0]]
    body = draw(st.sampled_from([*picture_files(), *noise, *strange]) | st.binary(max_size=64))
    name = draw(st.sampled_from(["flowers", "looks", "digits", "none", "%00", "%C3%B1"]))
    files = ["tflite-int8", "tflite-int8", "tflite-float16", "", "x", "..", "%00"]
    labels = ["", "", "3", "-1", "10", "99999", "x", "3.0", "%C2%B3", "%D9%A3"]
    looks = ["", "dawn", "dawn;1,2,3;7", "1,2", "999,0,0", ";" * 9, "%00", "%D9%A3"]
    query = f"file={draw(st.sampled_from(files))}&label={draw(st.sampled_from(labels))}"
    query += f"&look={draw(st.sampled_from(looks))}"
    return draw(headed("POST", f"/pictures/{name}?{query}", draw(spoilt(body)), "image/png"))


@st.composite
def other(draw: Any) -> Sent:
    """Any path by any method; some paths are those of files, written with tricks."""
    method = draw(st.sampled_from(METHODS))
    path = draw(st.sampled_from(PATHS))
    if seldom(draw, 4):
        at = draw(st.integers(1, len(path)))
        trick = st.sampled_from(["/..", "/", "%2e", "%00", "?", "\\", ";", "%ff", "a" * 3000])
        path = path[:at] + draw(trick) + path[at:]
    return draw(headed(method, path, draw(st.binary(max_size=9)) if method == "POST" else b"", ""))
