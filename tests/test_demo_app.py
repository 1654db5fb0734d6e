"""The server of `python -m demo`: its API, limits and memory, and one line for each mistake."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demo.texts import TEXTS
from tests.demo_bundle import SIZE, write_bundle
from tests.demo_server import REPOSITORY, free_port, serve

pytestmark = pytest.mark.slow

API = "/generate"


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    return [
        write_bundle(folder / "one"),
        write_bundle(folder / "two", "shoes", ("tflite-float16",)),
    ]


@pytest.fixture(scope="module")
def server(bundles: list[Path]) -> Iterator[tuple[str, int]]:
    with serve(*bundles) as (address, process):
        yield address, process.pid


@pytest.fixture(scope="module")
def client(server: tuple[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    client = Client(server[0], verbose=False, download_files=tmp_path_factory.mktemp("answers"))
    yield client
    client.close()


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    path = tmp_path / "drawing.png"
    Image.new("RGB", (SIZE, SIZE), (200, 100, 40)).save(path)
    return path


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo", *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )


def call(address: str, *data: object) -> str:
    """Call the endpoint by hand, as no honest client would; return the stream of its answer."""
    url = f"{address}/gradio_api/call/generate"
    event = httpx.post(url, json={"data": data}, trust_env=False).json()["event_id"]
    return httpx.get(f"{url}/{event}", trust_env=False, timeout=30).text


def read(answer: str) -> np.ndarray:
    with Image.open(answer) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(int)


def test_a_drawing_gives_the_file_of_a_picture(client, drawing):
    picture = read(client.predict(handle_file(drawing), api_name=API))
    assert picture.shape == (SIZE, SIZE, 3)
    assert np.abs(picture[9, 9] - (40, 100, 200)).max() <= 2  # The tiny model swaps red and blue.


def test_a_client_chooses_the_model_and_the_file(client, drawing):
    answer = client.predict(
        handle_file(drawing), model="shoes", file="tflite-float16", api_name=API
    )
    assert read(answer).shape == (SIZE, SIZE, 3)


def test_the_api_has_one_endpoint(client):
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == [API]
    assert client.view_api(return_format="dict")["unnamed_endpoints"] == {}


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (Image.new("RGB", (64, 64)), "expected a drawing, got nothing, or background only"),
        (Image.new("RGBA", (64, 64)), "expected a drawing, got nothing, or background only"),
        (Image.new("1", (20_000, 20_000)), "expected at most 4 megapixels"),
        (None, "expected a PNG, JPEG or WebP picture"),
    ],
    ids=["all black", "transparent", "too large", "no picture"],
)
def test_a_bad_drawing_is_answered_in_one_line(client, tmp_path, image, message):
    path = tmp_path / "drawing.png"
    image.save(path) if image else path.write_text("no picture")
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(path), api_name=API)


def test_no_drawing_is_answered_in_one_line(client):
    with pytest.raises(AppError, match="expected a drawing, got nothing"):
        client.predict(None, api_name=API)


def test_a_file_that_the_model_does_not_have_is_answered_in_one_line(client, drawing):
    with pytest.raises(AppError, match="shoes has no tflite-int8; it has tflite-float16"):
        client.predict(handle_file(drawing), model="shoes", api_name=API)


def test_the_server_fetches_no_url(server):
    meta = {"_type": "gradio.FileData"}
    for url in ("http://127.0.0.1:1/a.png", "HTTPS://example.org/a.png"):
        answer = call(server[0], {"path": url, "meta": meta}, "flowers", "tflite-int8", "")
        assert "expected an uploaded file, got a URL" in answer


def test_the_server_reads_no_file_that_was_not_uploaded(server, drawing):
    file = {"path": str(drawing), "meta": {"_type": "gradio.FileData"}}
    answer = call(server[0], file, "flowers", "tflite-int8", "")
    assert "event: error" in answer and "complete" not in answer


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/file=http://example.org/a.png",
        "gradio_api/file=%68ttp://example.org/a.png",
        "gradio_api/file=HTTPS://example.org/a.png",
        "gradio_api/proxy=https://example.org/a.png",
        "gradio_api/deep_link",
        "gradio_api/run-history/records",
        "gradio_api/file/http://example.org/a.png",
        "gradio_api/file/etc/passwd",
        "gradio_api/file=/etc/passwd",
        "gradio_api/queue/status",
        "gradio_api/openapi.json",
        "gradio_api/upload_progress?upload_id=a",
        "Config",
        "config/",
        "/config",
        "monitoring",
        "docs",
    ],
)
def test_routes_that_the_page_does_not_need_are_closed(server, path):
    assert httpx.get(f"{server[0]}/{path}", trust_env=False).status_code == 404


def test_a_page_that_lost_its_server_can_ask_whether_it_is_the_same(server):
    told = httpx.get(f"{server[0]}/gradio_api/app_id", trust_env=False).json()
    config = httpx.get(f"{server[0]}/config", trust_env=False).json()
    assert told["app_id"] == config["app_id"]


def test_components_take_no_blobs(server):
    url = f"{server[0]}/gradio_api/component_server"
    assert httpx.post(url, json={}, trust_env=False).status_code == 404


def test_monitoring_is_off(server):
    assert httpx.get(f"{server[0]}/monitoring/summary", trust_env=False).status_code == 404


@pytest.mark.parametrize(
    ("content", "status"), [(b"x" * 4_000_001, 413), ((b"x" for _ in range(2)), 411)]
)
def test_a_body_too_large_or_of_no_length_is_refused(server, content, status):
    url = f"{server[0]}/gradio_api/queue/join"
    assert httpx.post(url, content=content, trust_env=False).status_code == status


def test_an_upload_of_more_than_two_megabytes_is_refused(server):
    url = f"{server[0]}/gradio_api/upload"
    files = {"files": ("large.png", b"0" * 2_200_000)}
    assert httpx.post(url, files=files, trust_env=False).status_code == 413


def test_nothing_on_the_page_comes_from_elsewhere(server):
    page = httpx.get(server[0], trust_env=False).text
    assert "fonts.googleapis" not in page and "cdnjs" not in page


def test_the_page_of_nine_tabs_is_light():
    """Scripts, words and examples are fetched once, and only by the tabs that show them."""
    with serve() as (address, _):  # Those that ship.
        page = httpx.get(address, trust_env=False).text
        assert page.count("tabitem") >= 9
        assert len(page.encode()) < 300_000
        for path in ("browser/pad/tab.js", "browser/pad/texts.js"):
            assert httpx.get(f"{address}/{path}", trust_env=False).status_code == 200
        example = f"{address}/browser/bundles/flowers/examples/2-cosmos.png"
        assert httpx.get(example, trust_env=False).headers["content-type"] == "image/png"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the process's size in /proc")
def test_the_server_is_small(server, client, drawing):
    client.predict(handle_file(drawing), api_name=API)
    status = Path(f"/proc/{server[1]}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < 600_000, peak


def test_it_starts_in_ten_seconds(bundles):
    with serve(*bundles) as (_, process):
        # Of a core's work: how busy the machine is with other things is not what is tested.
        told = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")")[-1].split()
        assert sum(map(int, told[11:13])) / os.sysconf("SC_CLK_TCK") < 10


def test_no_training_framework_is_loaded(bundles, drawing):
    code = f"""
import json, sys
from PIL import Image
from demo.app import build
from demo.serving import Models
build({[str(b) for b in bundles]})
Models([{str(bundles[0])!r}]).run(Image.open({str(drawing)!r}), "flowers", "tflite-int8", "")
print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    loaded = set(json.loads(run.stdout.splitlines()[-1]))
    assert not loaded & {"tensorflow", "keras", "tf_keras", "jax", "torch", "training", "export"}


def test_importing_the_app_builds_no_page_before_it_is_asked_for(bundles):
    code = (
        "import demo.app as app; assert 'demo' not in vars(app)\n"
        "import pathlib, demo.bundles\n"
        f"demo.bundles.MODELS = pathlib.Path({str(bundles[0].parent)!r})\n"
        "assert app.demo is app.demo\n"
        "assert isinstance(app.demo, app.App)\n"
        "app.nothing"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert "has no attribute 'nothing'" in run.stderr


def test_a_taken_port_is_one_line_that_names_the_option(bundles):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        run = command(bundles[0], "--port", taken.getsockname()[1])
    last = run.stderr.splitlines()[-1]
    assert run.returncode == 2 and last.startswith("error: ") and "--port" in last
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "is not a bundle"),
        (["--port", "70000"], "--port"),
        (["--workers", "0"], "--workers"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(arguments, message):
    run = command(*arguments)
    assert run.returncode == 2 and run.stderr.count("\n") == 1
    assert run.stderr.startswith("error: ") and message in run.stderr


def test_two_bundles_of_one_name_are_refused(bundles):
    run = command(bundles[0], bundles[0])
    assert run.returncode == 2 and "are both named flowers" in run.stderr


def test_an_altered_bundle_is_refused_at_the_start(tmp_path):
    bundle = write_bundle(tmp_path / "bundle")
    path = bundle / "generator.float16.tflite"
    path.write_bytes(path.read_bytes()[::-1])
    run = command(bundle)
    assert run.returncode == 2 and "was altered: its sha256" in run.stderr


def test_both_languages_have_the_same_words():
    english, spanish = TEXTS["en"], TEXTS["es"]
    assert english.keys() == spanish.keys()
    for key in english:
        assert english[key].count("{") == spanish[key].count("{"), key


@pytest.mark.parametrize("language, picture", [("en", "picture"), ("es", "imagen")])
def test_what_is_promised_over_a_canvas_is_true_of_any_bundle(language, picture):
    """One line stands over all models that learned from sketches, and not all give photographs."""
    tagline = TEXTS[language]["tagline"].lower()
    assert picture in tagline and "photo" not in tagline and "foto" not in tagline
