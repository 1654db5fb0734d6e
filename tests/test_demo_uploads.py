"""The route that takes files: what it keeps, what it lets go of, what it refuses."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from demo import uploads
from demo.errors import UserError
from demo.uploads import Uploads, check_uploaded

META = {"_type": "gradio.FileData"}


@pytest.fixture
def listed() -> set[str]:
    return set()


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: set[str]) -> TestClient:
    monkeypatch.setattr(uploads, "folder", lambda: tmp_path / "kept")
    return TestClient(Starlette(routes=[Route("/", Uploads(listed).take, methods=["POST"])]))


def kept(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_kept_under_a_plain_name(client, tmp_path, listed):
    for name in ("a.png", "ñ.png", "../../a.png", "..", "C:\\b.png", "n" * 300, ".x", "a\0.png"):
        answer = client.post("/", files={"files": (name, name.encode())})
        (path,) = answer.json()
        assert Path(path).read_bytes() == name.encode()
        assert check_uploaded({"path": path, "meta": META})["path"] == path
    assert {str(path) for path in kept(tmp_path)} == listed


def test_the_oldest_go_when_there_is_no_room(client, tmp_path, monkeypatch, listed):
    monkeypatch.setattr(uploads, "MAX_KEPT", 1000)
    paths = []
    for number in range(10):
        paths += client.post("/", files={"files": ("a", bytes([number]) * 300)}).json()
    assert kept(tmp_path) == {Path(path) for path in paths[-3:]}
    assert listed == set(paths[-3:])


def test_the_oldest_go_when_there_are_too_many(client, tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_KEPT_FILES", 2)
    for number in range(5):
        client.post("/", files={"files": ("a", bytes([number]))})
    assert len(kept(tmp_path)) == len(list((tmp_path / "kept").iterdir())) == 2


def test_a_file_that_is_sent_again_takes_its_room_once_and_is_new(client, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_KEPT", 1000)
    first = client.post("/", files={"files": ("a", b"1" * 300)}).json()
    client.post("/", files={"files": ("a", b"2" * 300)})
    assert client.post("/", files={"files": ("a", b"1" * 300)}).json() == first
    client.post("/", files={"files": ("a", b"3" * 300)})
    client.post("/", files={"files": ("a", b"4" * 300)})
    assert Path(first[0]).exists()


def test_what_is_too_large_too_many_or_no_form_is_refused(client, tmp_path):
    assert client.post("/", files={"files": ("a", b"0" * (2 * 2**20 + 1))}).status_code == 413
    nine = [("files", ("a", b"0"))] * 9
    assert client.post("/", files=nine).status_code == 400
    assert client.post("/", files={"other": ("a", b"0")}).status_code == 400
    assert client.post("/", data={"files": "text"}).status_code == 415
    assert client.post("/", json={}).status_code == 415
    form = {"content-type": "multipart/form-data; boundary=b"}
    for body in (b"", b"--c", b"--b\r\n\r\n\r\n--b--", b"--b\r\nX: y\r\n\r\nz\r\n--b--"):
        assert client.post("/", content=body, headers=form).status_code == 400
    assert not kept(tmp_path)


def test_a_full_disk_is_told_and_leaves_nothing(client, tmp_path, monkeypatch):
    (tmp_path / "kept").write_text("a file where the folder should be")
    assert client.post("/", files={"files": ("a", b"0")}).status_code == 507


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "a.png", "", None, 3, ["/etc/passwd"], "\0", "/" + "a" * 5000]
)
def test_a_file_that_was_not_uploaded_is_refused(path):
    with pytest.raises(UserError, match="expected an uploaded file"):
        check_uploaded({"path": path, "meta": META})
