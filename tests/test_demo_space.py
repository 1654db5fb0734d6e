"""The folder for a hosted space: what is in it, and that it runs by itself."""

import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

import numpy as np
import pytest
import yaml
from gradio_client import Client, handle_file
from PIL import Image

from demo.browser import engines
from demo.bundles import load_generator
from demo.cards import load_card
from demo.errors import UserError
from demo.examples import EXAMPLES
from demo.space import write_space
from tests.demo_bundle import change_card, write_bundle, write_latent_bundle
from tests.demo_server import free_port, wait_for

SHIPPED = EXAMPLES.parent


@pytest.fixture
def bundle(tmp_path) -> Path:
    return write_bundle(tmp_path / "petals", "petals")


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files(folder)}


def test_all_that_a_space_needs_is_there_and_no_more(bundle, tmp_path):
    write_space(tmp_path / "space", [bundle])
    found = files(tmp_path / "space")
    needed = "app.py README.md requirements.txt demo/app.py demo/pad/pad.js demo/texts.json"
    assert set(needed.split()) <= found
    assert {"bundles/petals/card.json", "bundles/petals/generator.int8.tflite"} <= found
    assert not [name for name in found if "models/" in name or "/src/" in name or "cache" in name]
    front = (tmp_path / "space" / "README.md").read_text().split("---")[1]
    assert "sdk: gradio" in front and "sdk_version: 6." in front and "app_file: app.py" in front


def test_what_a_licence_asks_for_goes_with_the_model(page, tmp_path):
    for static in (False, True):
        write_space(tmp_path / str(static), [SHIPPED.parent / "objects"], static=static)
        readme = tmp_path / str(static) / "bundles" / "objects" / "README.md"
        assert "Fluent Emoji, Copyright (c) Microsoft Corporation" in readme.read_text()


def test_what_a_card_calls_its_data_is_shown_and_not_followed(bundle, tmp_path):
    change_card(bundle, data={"name": "two\nlines <script>", "licence": "<b>", "sketch": "mixed"})
    write_space(tmp_path / "space", [bundle])
    last = (tmp_path / "space" / "README.md").read_text().splitlines()[-1]
    assert last == "- `petals`: trained on two lines &lt;script&gt; (licence: &lt;b&gt;)"
    change_card(bundle, title="My <b>petals</b>", author="Ada")
    write_space(tmp_path / "space", [bundle])
    last = (tmp_path / "space" / "README.md").read_text().splitlines()[-1]
    assert last.startswith("- My &lt;b&gt;petals&lt;/b&gt; (`petals`), by Ada: trained on ")


def test_the_card_tells_of_the_files_that_are_there(bundle, tmp_path):
    digits = write_latent_bundle(tmp_path / "digits", "digits", ("0", "1"))
    write_space(tmp_path / "space", [bundle, digits])
    copied = tmp_path / "space" / "bundles" / "digits"
    kept = {"tflite-float16", "tflite-float32"}
    card = json.loads((copied / "card.json").read_text())
    assert set(card["files"]) == set(card["parity"]) == kept
    assert "saved-model" in json.loads((digits / "card.json").read_text())["files"]
    assert list(load_card(copied).files) == sorted(kept)
    assert files(copied) == {
        "card.json",
        "generator.float16.tflite",
        "generator.float32.tflite",
    }


def test_it_is_written_again_around_what_is_not_its_own(bundle, tmp_path):
    space = tmp_path / "space"
    write_space(space, [bundle])
    (space / ".git").mkdir()
    (space / ".git" / "HEAD").write_text("kept")
    (space / "demo" / "gone.py").write_text("")
    write_space(space, [bundle])
    assert (space / ".git" / "HEAD").exists() and not (space / "demo" / "gone.py").exists()


@pytest.mark.parametrize(
    "readme",
    [
        "my diary",
        "A space's README says `sdk: gradio`.\n",
        "---\ntitle: Chess\nsdk: gradio\n---\n",
        "# Notes\n---\ntitle: Garabato\nsdk: gradio\n---\n",
        "---\ntitle: Garabato\n---\nsdk: gradio\n---\n",
        "---\ntitle: Garabato\nsdk: gradio\n",
        b"---\n\xff\xfe",
    ],
)
def test_somebody_elses_folder_is_left_alone(bundle, tmp_path, readme):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "README.md").write_bytes(readme if isinstance(readme, bytes) else readme.encode())
    before = contents(mine)
    with pytest.raises(UserError, match="holds something else than a space"):
        write_space(mine, [bundle])
    assert contents(mine) == before


def test_a_file_in_the_place_of_the_folder_is_refused(bundle, tmp_path):
    (tmp_path / "space").write_text("mine")
    with pytest.raises(UserError, match="is a file"):
        write_space(tmp_path / "space", [bundle])


def test_a_space_is_written_again_from_its_own_bundle(bundle, tmp_path):
    space = tmp_path / "space"
    write_space(space, [bundle])
    shutil.rmtree(bundle)  # The space has the only copy.
    (space / "notes.txt").write_text("mine")
    before = contents(space)
    write_space(space, [space / "bundles" / "petals"])
    assert contents(space) == before


def test_a_bundle_that_cannot_be_read_leaves_the_space_as_it_was(bundle, tmp_path):
    space = tmp_path / "space"
    write_space(space, [bundle])
    before = contents(space)
    (bundle / "check" / "gone.png").symlink_to("nowhere")
    with pytest.raises(UserError, match="cannot write .* what was there is as it was"):
        write_space(space, [bundle])
    assert contents(space) == before
    with pytest.raises(UserError, match="cannot write"):
        write_space(tmp_path / "other", [bundle])
    assert not (tmp_path / "other").exists()


def test_a_full_disk_leaves_the_space_as_it_was(bundle, tmp_path):
    space = tmp_path / "space"
    write_space(space, [bundle])
    before = contents(space)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        with pytest.raises(UserError, match="cannot write .*File too large"):
            write_space(space, [bundle])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert contents(space) == before


@pytest.mark.parametrize("after", range(13))
def test_a_write_killed_at_any_step_is_undone_or_done_by_the_next(
    bundle, tmp_path, monkeypatch, after
):
    """The process ends before one of the renames; the next write ends before one of its own."""
    space = tmp_path / "space"
    write_space(space, [bundle])
    (space / "app.py").write_text("old")
    write_space(tmp_path / "new", [bundle])
    old, new = contents(space), contents(tmp_path / "new")

    class Killed(BaseException):
        pass

    def killed_after(steps: int) -> None:
        count = iter(range(steps))

        def rename(path: Path, target: Path) -> None:
            if next(count, None) is None:
                raise Killed
            os.rename(path, target)

        monkeypatch.setattr(Path, "rename", rename)

    for steps in (after, after * 5 % 13):  # Twelve renames are a whole write.
        killed_after(steps)
        with contextlib.suppress(Killed):
            write_space(space, [bundle])
    monkeypatch.undo()
    (bundle / "check" / "gone.png").symlink_to("nowhere")  # The last write undoes, and fails.
    with pytest.raises(UserError, match="cannot write"):
        write_space(space, [bundle])
    assert contents(space) in (old, new)


def test_damaged_bundles_and_equal_names_are_refused(bundle, tmp_path):
    with pytest.raises(UserError, match="two bundles are named petals, petals"):
        write_space(tmp_path / "space", [bundle, bundle])
    path = bundle / "generator.int8.tflite"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="was altered"):
        write_space(tmp_path / "space", [bundle])
    assert not (tmp_path / "space").exists()


def test_it_brings_what_runs_in_a_browser(bundle, tmp_path, monkeypatch):
    built = tmp_path / "demo" / "web" / "dist" / "page"
    (built / "wasm").mkdir(parents=True)
    for name in (
        "litert-worker.js",
        "wasm/litert.wasm.gz",
        "page.js",
        "tfjs-worker.js",
        "icon.png",
    ):
        (built / name).write_text(name)
    monkeypatch.setattr("demo.browser.ENGINES", built)
    monkeypatch.setattr("demo.space._HERE", tmp_path / "demo")
    (tmp_path / "demo" / "requirements.txt").write_text("")
    write_space(tmp_path / "space", [bundle])
    found = {name for name in files(tmp_path / "space") if "/web/" in name}
    assert found == {
        "demo/web/dist/page/litert-worker.js",
        "demo/web/dist/page/wasm/litert.wasm.gz",
    }


@pytest.fixture
def page(tmp_path, monkeypatch) -> Path:
    """What `npm run build` makes, as far as a space knows of it."""
    built = tmp_path / "dist"
    (built / "page").mkdir(parents=True)
    for name in ("index.html", "service-worker.js", "page/page.js"):
        (built / name).write_text(name)
    monkeypatch.setattr("demo.browser.ENGINES", built / "page")
    return built


def test_a_static_space_is_the_page_and_bundles(bundle, page, tmp_path):
    digits = write_latent_bundle(tmp_path / "digits", "digits", ("0", "1"))
    (bundle / "tfjs").mkdir()
    (bundle / "tfjs" / "model.json").write_text("{}")
    told = json.loads((bundle / "card.json").read_text())["files"]
    change_card(bundle, files=told | {"tfjs": {"path": "tfjs/model.json"}})
    space = tmp_path / "space"
    write_space(space, [bundle, digits], static=True)
    found = files(space)
    assert {name for name in found if not name.startswith("bundles/")} == {
        *("README.md", "index.html", "models.json", "page/page.js", "service-worker.js")
    }
    assert json.loads((space / "models.json").read_text()) == ["bundles/petals/", "bundles/digits/"]
    assert "bundles/petals/tfjs/model.json" in found and "bundles/petals/check/answer.png" in found
    assert "tfjs" in json.loads((space / "bundles" / "petals" / "card.json").read_text())["files"]
    head = yaml.safe_load((space / "README.md").read_text().split("---")[1])
    assert head["sdk"] == "static" and head["custom_headers"] == {
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "cross-origin",
    }


def test_one_kind_of_space_becomes_the_other_and_nothing_of_it_stays(bundle, page, tmp_path):
    space = tmp_path / "space"
    for static in (True, False):
        write_space(tmp_path / f"{static}", [bundle], static=static)
    write_space(space, [bundle])
    for static in (True, False):
        write_space(space, [space / "bundles" / "petals"], static=static)
        assert contents(space) == contents(tmp_path / f"{static}")


def test_a_static_space_needs_the_page_and_a_file_for_every_browser(tmp_path, page, monkeypatch):
    wanting = write_bundle(tmp_path / "petals", "petals", ("tflite-float16",))
    with pytest.raises(UserError, match="no file that every browser runs; complete it by"):
        write_space(tmp_path / "space", [wanting], static=True)
    monkeypatch.setattr("demo.browser.ENGINES", tmp_path / "nowhere" / "page")
    with pytest.raises(UserError, match="npm run build"):
        write_space(tmp_path / "space", [wanting], static=True)
    assert not (tmp_path / "space").exists()


@pytest.mark.release
def test_it_runs_in_an_environment_of_its_own_and_generates_a_flower(tmp_path):
    space = tmp_path / "space"
    command = [sys.executable, "-m", "demo", "space", str(space)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{space} is ready" in told.stdout

    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    requirements = ["-r", str(space / "requirements.txt")]
    install = [str(python), "-m", "pip", "install", "--quiet", *requirements]
    subprocess.run(install, check=True, timeout=280)

    # A space is started in its own folder, and told where to listen by the environment.
    port = free_port()
    own = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
    loopback = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    process = subprocess.Popen(
        [str(python), "app.py"],
        cwd=space,
        env=kept | own | loopback,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        client = Client(f"http://127.0.0.1:{port}", verbose=False)
        example = EXAMPLES / "2-cosmos.png"
        answer = client.predict(handle_file(example), api_name="/generate")
        if engines():  # Which `npm run build` in demo/web builds.
            served = urllib.request.urlopen(
                f"http://127.0.0.1:{port}/browser/page/litert-worker.js"
            )
            assert served.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        client.close()
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout
        process.stdout.close()
    with Image.open(answer) as picture, Image.open(example) as drawing:
        expected = load_generator(SHIPPED)(np.asarray(drawing.convert("RGB")))
        np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), expected)
