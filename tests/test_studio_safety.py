"""Who may ask the studio: no other site's page, no other name, no path that leads out."""

import asyncio
import errno
import json
import os
from collections.abc import Iterator

import pytest
from starlette.requests import Request

from demo.studio.server import _broken
from tests.studio_server import Studio, png, studio

pytestmark = pytest.mark.slow

CREATE = ("POST", "/api/projects", {"name": "roses"})


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory) -> Iterator[Studio]:
    with studio(tmp_path_factory.mktemp("studio")) as made:
        made.tell("POST", "/projects", {"name": "Roses"})
        assert made.send("roses", "a.png", png()).status == 200
        yield made


@pytest.fixture(scope="module")
def locked(tmp_path_factory) -> Iterator[Studio]:
    with studio(tmp_path_factory.mktemp("locked"), "--token") as made:
        yield made


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Garabato": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
def test_what_another_site_asks_for_is_refused(open_to_all, headers):
    before = open_to_all.tell("GET", "/state")
    answer = open_to_all.ask(*CREATE, **headers)
    assert answer.status == 403 and answer.told["error"]
    assert open_to_all.tell("GET", "/state")["projects"] == before["projects"]


def test_what_its_own_page_asks_for_is_done(open_to_all):
    origin = f"http://127.0.0.1:{open_to_all.port}"
    answer = open_to_all.ask(*CREATE, Origin=origin, Sec_Fetch_Site="same-origin")
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/api/state", "/files/roses/data/sheet.png", "/page/x.js"])
def test_another_site_reads_nothing(open_to_all, path):
    assert open_to_all.ask("GET", path, Sec_Fetch_Site="cross-site").status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.2:7861", "["]
)
def test_a_name_that_was_made_to_lead_here_is_refused(open_to_all, host):
    assert open_to_all.ask("GET", "/api/state", Host=host).status == 421


@pytest.mark.parametrize("host", ["localhost", "localhost:9999", "[::1]:80", "127.0.0.1"])
def test_every_name_of_loopback_is_answered(open_to_all, host):
    assert open_to_all.ask("GET", "/api/state", Host=host).status == 200


def test_every_answer_says_what_a_page_may_do(open_to_all):
    for path in ("/", "/api/state", "/nowhere", "/api/projects/nobody"):
        headers = open_to_all.ask("GET", path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy and "'unsafe-eval'" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/files/roses/project.json",
        "/files/roses/settings.json",
        "/files/roses/photos/a.png",
        "/files/roses/jobs/0001/log.txt",
        "/files/roses/run/../project.json",
        "/files/roses/run/%2e%2e/project.json",
        "/files/roses/run/..%2fproject.json",
        "/files/roses/run//project.json",
        "/files/roses/run/.hidden.json",
        "/files/roses/run/secret.json",
        "/files/roses/run/away/secret.json",
        "/files/roses/run/page.html",
        "/files/../roses/run/own.json",
        "/files/trash/run/own.json",
        "/files/roses/thumbs/..%2f..%2fproject.jpg",
        "/files/roses/thumbs/0000.jpg",
        "/page/..%2f..%2f__init__.py",
        "/page/../server.py",
        "/engines/..%2f..%2fbuild.js",
        "/pad/..%2fapp.py",
    ],
)
def test_no_path_leads_to_what_is_not_shown(open_to_all, path):
    project = open_to_all.place / "roses"
    run = project / "run"
    if not run.exists():
        run.mkdir()
        for name in ("own.json", ".hidden.json", "page.html"):
            (run / name).write_text("{}")
        outside = open_to_all.place.parent / "outside"
        outside.mkdir(exist_ok=True)
        (outside / "secret.json").write_text("{}")
        os.symlink(outside / "secret.json", run / "secret.json")
        os.symlink(outside, run / "away")
    assert open_to_all.ask("GET", "/files/roses/run/own.json").content == b"{}"
    assert open_to_all.ask("GET", path).status == 404


def test_a_file_that_is_opened_by_itself_is_nobodys_page(open_to_all):
    shown = open_to_all.tell("GET", "/projects/roses")["photos"]["thumbnails"]
    answer = open_to_all.ask("GET", shown[0]["url"])
    assert answer.status == 200 and answer.headers["content-type"] == "image/jpeg"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_with_a_token_only_its_link_opens_the_studio(locked):
    token, name = locked.link.partition("?token=")[2], f"garabato-studio-{locked.port}"
    assert len(token) >= 24 and locked.link.startswith(f"http://127.0.0.1:{locked.port}/?")
    refused = [
        locked.ask("GET", "/api/state"),
        locked.ask("GET", "/"),
        locked.ask("GET", "/?token="),
        locked.ask("GET", f"/?token={token[:-1]}"),
        locked.ask("GET", f"/api/state?token={token}"),
        locked.ask("GET", "/api/state", Cookie=f"{name}={token[:-1]}"),
        locked.ask("GET", "/api/state", Cookie=f"{name}="),
        locked.ask(*CREATE),
    ]
    assert [answer.status for answer in refused] == [401] * len(refused)
    assert all("error" in answer.told for answer in refused)

    entered = locked.ask("GET", f"/?token={token}")
    cookie = entered.headers["set-cookie"]
    assert entered.status == 200 and "url=/" in entered.content.decode()
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
    kept = cookie.partition(";")[0]
    # Another studio of this host, on another port, keeps its own beside it.
    assert kept == f"{name}={token}"
    other = f"garabato-studio-{locked.port + 1}=another; {kept}"
    assert locked.ask("GET", "/api/state", Cookie=other).status == 200
    assert locked.ask("GET", "/api/state", Cookie=kept).status == 200
    assert locked.ask(*CREATE, Cookie=kept).status == 200
    assert locked.ask(*CREATE, Cookie=kept, Origin="http://evil.example").status == 403
    # No name is wrong there: without the cookie another site's page has nothing to say.
    assert locked.ask("GET", "/api/state", Cookie=kept, Host="studio.local").status == 200


def test_what_is_no_request_of_ours_is_a_sentence(open_to_all):
    for method, path, body in (
        ("POST", "/api/projects", b"{"),
        ("POST", "/api/projects", b"[]"),
        ("POST", "/api/projects", {"name": 3}),
        ("POST", "/api/projects", {"name": ""}),
        ("POST", "/api/projects/roses/train", {"size": "../x"}),
        ("POST", "/api/projects/roses/train", {"size": 64, "minutes": "long"}),
        ("POST", "/api/projects/roses/train", {"size": 64, "minutes": 1, "style": "--run"}),
        ("POST", "/api/projects/roses/train", {"size": 64, "minutes": 1, "start": "../../x"}),
        ("POST", "/api/projects/roses/more", {"minutes": 1}),
        ("POST", "/api/projects/roses/export", {}),
        ("DELETE", "/api/projects/roses/photos/nothing", {}),
        ("POST", "/api/trash/..%2froses/restore", {}),
    ):
        answer = open_to_all.ask(method, path, body)
        assert answer.status in (400, 404), (path, body, answer.content)
        assert answer.told["error"]
    assert open_to_all.ask("POST", "/api/projects", b" " * 70_000).status == 413
    assert open_to_all.ask("GET", "/api/projects/nobody").status == 404
    assert open_to_all.ask("GET", "/api/projects/roses/download/bundle").status == 409
    assert open_to_all.tell("GET", "/state")["line"] == []


@pytest.mark.parametrize(
    ("number", "status", "word"),
    [
        (errno.ENOSPC, 507, "no room"),
        (errno.EDQUOT, 507, "no room"),
        (errno.EACCES, 500, "mistake"),
        (errno.EIO, 500, "mistake"),
    ],
)
def test_no_fault_but_a_full_disk_is_called_one(number, status, word):
    answer = asyncio.run(_broken(Request({"type": "http"}), OSError(number, "odd")))
    assert answer.status_code == status and word in json.loads(bytes(answer.body))["error"]
