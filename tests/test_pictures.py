"""A drawing's own way: one request carries it, and brings back its picture."""

import io
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from demo.bundles import load_generator, load_sampler, shipped
from demo.latents import noise
from tests.demo_bundle import DIGITS, LATENT, LATENT_SIZE, SIZE, write_bundle, write_latent_bundle
from tests.demo_server import serve

pytestmark = pytest.mark.slow


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def picture(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.content)) as image:
        return np.asarray(image.convert("RGB"))


def sketch(seed: int, size: int = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    return [
        write_bundle(folder / "flowers"),
        write_latent_bundle(folder / "digits", "digits", DIGITS),
        write_latent_bundle(folder / "clouds", "clouds"),
    ]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def started(bundles: list[Path], place: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    with serve(*bundles, TMPDIR=str(place)) as (address, process):
        yield address, process


@pytest.fixture
def ask(started):
    with httpx.Client(base_url=started[0], trust_env=False, timeout=30) as client:
        yield client


def test_a_drawing_comes_back_as_its_picture(ask, bundles):
    drawing = sketch(0)
    answer = ask.post("/pictures/flowers?file=tflite-int8", content=png(drawing))
    assert (picture(answer) == load_generator(bundles[0])(drawing)).all()
    assert answer.headers["content-type"] == "image/png"  # Small ones are exact.
    assert "model;dur=" in answer.headers["server-timing"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_large_picture_is_a_jpeg_unless_a_png_is_asked_for():
    flowers = shipped()[0]
    drawing = np.asarray(Image.open(next((flowers / "examples").glob("*.png"))).convert("RGB"))
    expected = load_generator(flowers)(drawing).astype(int)
    with serve(flowers) as (address, _):
        url = f"{address}/pictures/flowers?file=tflite-int8"
        one = httpx.post(url, content=png(drawing), trust_env=False)
        exact = httpx.post(
            url, content=png(drawing), headers={"Accept": "image/png"}, trust_env=False
        )
    assert one.headers["content-type"] == "image/jpeg"
    assert exact.headers["content-type"] == "image/png"
    assert (picture(exact) == expected).all()
    error = np.square(picture(one) - expected).mean()
    assert 10 * np.log10(255**2 / error) > 38  # dB: nearer than the file is to Keras.
    assert len(one.content) < 60_000


def test_nothing_drawn_is_no_picture(ask):
    for body in (b"", png(np.zeros((SIZE, SIZE, 3), np.uint8))):
        answer = ask.post("/pictures/flowers?file=tflite-int8", content=body)
        assert (answer.status_code, answer.content) == (204, b"")


def test_noise_comes_back_as_a_row_of_pictures(ask, bundles):
    rows = [noise(seed, LATENT) for seed in range(3)]
    body = b"".join(row.tobytes() for row in rows)
    answer = ask.post("/pictures/digits?file=tflite-float16&label=4", content=body)
    sampler = load_sampler(bundles[1], "tflite-float16")
    expected = np.concatenate([sampler(row, 4) for row in rows], axis=1)
    assert expected.shape == (LATENT_SIZE, 3 * LATENT_SIZE, 3)
    assert (picture(answer) == expected).all()
    one = ask.post("/pictures/clouds?file=tflite-float16", content=rows[0].tobytes())
    assert picture(one).shape == (LATENT_SIZE, LATENT_SIZE, 3)


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("none?file=tflite-int8", b"", "expected a model of flowers"),
        ("flowers?file=tfjs", png(sketch(0)), "flowers has no tfjs"),
        ("flowers", png(sketch(0)), "flowers has no "),
        ("flowers?file=tflite-int8", b"GIF89a", "expected a PNG, JPEG or WebP picture"),
        ("digits?file=tflite-float16", b"\0" * 47, "expected 1 to 8 rows of 12 float32"),
        ("digits?file=tflite-float16", b"\0" * 48 * 9, "expected 1 to 8 rows"),
        ("digits?file=tflite-float16", b"", "expected 1 to 8 rows"),
        ("digits?file=tflite-float16", b"\xff" * 48, "expected finite numbers"),
        ("digits?file=tflite-float16&label=10", b"\0" * 48, "expected a label below 10"),
        ("digits?file=tflite-float16&label=x", b"\0" * 48, "expected a label's number"),
        ("clouds?file=tflite-float16&label=1", b"\0" * 48, "expected a label below 1"),
    ],
)
def test_a_mistake_is_one_sentence(ask, path, body, message):
    answer = ask.post(f"/pictures/{path}", content=body)
    assert answer.status_code == 400 and message in answer.text
    assert "\n" not in answer.text


def test_health_counts_what_was_done(ask):
    before = ask.get("/healthz").json()
    assert before["models"] >= 3 and before["up"] > 0 and before["waiting"] == 0
    for seed in range(3):
        ask.post("/pictures/flowers?file=tflite-int8", content=png(sketch(seed)))
    rows = 2 * noise(0, LATENT).tobytes()
    ask.post("/pictures/clouds?file=tflite-float16", content=rows)
    after = ask.get("/healthz").json()
    assert after["pictures"] == before["pictures"] + 5
    assert 0 < after["milliseconds"]["p50"] <= after["milliseconds"]["p95"]


def test_no_visitor_gets_anothers_picture(ask, started, bundles):
    generator = load_generator(bundles[0])
    drawings = [sketch(seed) for seed in range(24)]
    wrong: list[int] = []

    def draw(number: int) -> None:
        with httpx.Client(base_url=started[0], trust_env=False, timeout=30) as client:
            for index in range(number, len(drawings), 6):
                headers = {"X-Visitor": f"visitor-{number}"}
                answer = client.post(
                    "/pictures/flowers?file=tflite-int8",
                    content=png(drawings[index]),
                    headers=headers,
                )
                if not (picture(answer) == generator(drawings[index])).all():
                    wrong.append(index)

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_no_request_leaves_a_file(ask, started, place):
    folder = Path(f"/proc/{started[1].pid}")
    if not folder.is_dir():
        pytest.skip("reads what a process has open in /proc")
    ask.post("/pictures/flowers?file=tflite-int8", content=png(sketch(0)))
    before = len(list((folder / "fd").iterdir()))
    files = sorted(place.rglob("*"))
    assert files  # The folder that it made for itself.
    for seed in range(50):
        ask.post("/pictures/flowers?file=tflite-int8", content=png(sketch(seed)))
    assert len(list((folder / "fd").iterdir())) <= before + 5  # A connection more or less.
    assert sorted(place.rglob("*")) == files


@pytest.mark.parametrize(
    "proxy",
    ["http://127.0.0.1:{port}", "socks5://127.0.0.1:1", "no proxy at all"],
)
def test_a_proxy_in_the_environment_is_nothing_to_it(bundles, proxy):
    with socket.socket() as refusing:  # It takes connections, and answers each with 503.
        refusing.bind(("127.0.0.1", 0))
        refusing.listen()
        threading.Thread(target=_refuse, args=(refusing,), daemon=True).start()
        value = proxy.format(port=refusing.getsockname()[1])
        names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY")
        environment = dict.fromkeys(names, value) | {"no_proxy": "", "NO_PROXY": ""}
        with serve(bundles[2], **environment) as (address, _):
            body = noise(0, LATENT).tobytes()
            answer = httpx.post(
                f"{address}/pictures/clouds?file=tflite-float16", content=body, trust_env=False
            )
            assert picture(answer).shape == (LATENT_SIZE, LATENT_SIZE, 3)


def _refuse(listening: socket.socket) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")


def test_a_temporary_folder_of_somebody_else_is_left_alone(bundles, tmp_path):
    """Gradio's own place is taken by a file, as by another user's folder."""
    (tmp_path / "gradio").write_text("not yours")
    with serve(bundles[0], TMPDIR=str(tmp_path)) as (address, process):
        [own] = [path for path in tmp_path.iterdir() if path.name != "gradio"]
        files = {"files": ("a.png", png(sketch(0)))}
        [path] = httpx.post(f"{address}/gradio_api/upload", files=files, trust_env=False).json()
        assert Path(path).is_relative_to(own) and own.stat().st_mode & 0o77 == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert list(tmp_path.iterdir()) == [tmp_path / "gradio"]


def test_a_clock_that_jumps_and_a_laptop_that_slept_change_nothing(bundles, tmp_path):
    """The clock is set a day on, then two days back, under a server that is at work."""
    clock = tmp_path / "clock"
    clock.write_text("0")
    (tmp_path / "sitecustomize.py").write_text(  # Python runs it first.
        "import time, pathlib\n"
        f"clock, now = pathlib.Path({str(clock)!r}), time.time\n"
        "time.time = lambda: now() + int(clock.read_text() or 0)\n"
    )
    with serve(bundles[0], PYTHONPATH=str(tmp_path)) as (address, _):
        for seconds in (0, 86_400, -86_400):
            clock.write_text(str(seconds))
            url = f"{address}/pictures/flowers?file=tflite-int8"
            answer = httpx.post(url, content=png(sketch(1)), trust_env=False)
            assert (picture(answer) == load_generator(bundles[0])(sketch(1))).all()
            health = httpx.get(f"{address}/healthz", trust_env=False).json()
            assert 0 <= health["up"] < 60 and health["milliseconds"]["p50"] is not None
            client = Client(address, verbose=False, download_files=tmp_path)
            (tmp_path / "a.png").write_bytes(png(sketch(1)))
            drawn = client.predict(handle_file(tmp_path / "a.png"), api_name="/generate")
            client.close()
            assert Path(drawn).is_file()


def test_no_temporary_folder_is_one_line(bundles, tmp_path):
    (tmp_path / "file").write_text("no folder")  # Root may write where nobody else may.
    code = (
        f"import tempfile; tempfile.tempdir = {str(tmp_path / 'file')!r};"
        "from demo.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(bundles[0])], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("error: cannot make a temporary folder") and "TMPDIR" in line


def test_sigterm_answers_what_is_under_way_and_ends(bundles):
    with serve(bundles[0]) as (address, process):
        host, port = address.removeprefix("http://").split(":")
        body = png(sketch(0))
        with socket.create_connection((host, int(port))) as drawing:
            head = f"POST /pictures/flowers?file=tflite-int8 HTTP/1.1\r\nHost: {host}\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n"
            drawing.sendall(head.encode() + body[:-5])
            stream = httpx.Client(trust_env=False)  # A page that waits for news.
            with stream.stream("GET", f"{address}/gradio_api/heartbeat/abc"):
                time.sleep(0.3)
                start = time.monotonic()
                process.send_signal(signal.SIGTERM)
                time.sleep(0.2)
                drawing.sendall(body[-5:])
                drawing.settimeout(5)
                assert drawing.recv(100).startswith(b"HTTP/1.1 200")
                assert process.wait(10) == 0
                assert time.monotonic() - start < 5
            stream.close()
