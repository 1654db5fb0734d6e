"""A `python -m demo studio` in a process of its own, and who talks to it as its page does."""

import contextlib
import http.client
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from demo.studio import jobs
from demo.studio.projects import Projects
from tests.demo_server import REPOSITORY, free_port
from tests.pictures import pairs

# What a training takes that is tiny, and asks nobody for weights.
TINY = ("--squeezenet", "none", "--width", "8", "--discriminator-width", "4", "--batch", "4")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.content)


@dataclass
class Studio:
    place: Path
    port: int
    link: str
    process: subprocess.Popen[str]
    headers: dict[str, str] = field(default_factory=dict)  # Of every request.

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request as the page does; headers by name, with _ for -, empty for none."""
        sent = {"Host": f"127.0.0.1:{self.port}"} | self.headers
        if method != "GET":
            sent["X-Garabato"] = "1"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value:
                    connection.putheader(name, value)
            if method != "GET":
                connection.putheader("Content-Length", str(len(content)))
            connection.endheaders(content if method != "GET" else None)
            answer = connection.getresponse()
            got = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, got, answer.read())
        finally:
            connection.close()

    def tell(self, method: str, path: str, body: Any = None) -> Any:
        """Ask for what has to work, and return what was told."""
        answer = self.ask(method, f"/api{path}", body)
        assert answer.status == 200, answer.content
        return answer.told

    def send(self, project: str, name: str, content: bytes) -> Answer:
        return self.ask("POST", f"/api/projects/{project}/photos", content, X_Name=name)


@contextlib.contextmanager
def studio(place: Path, *options: str) -> Iterator[Studio]:
    """Serve a folder of projects until the block is left; its jobs end then, too."""
    port = free_port()
    command = [sys.executable, "-m", "demo", "studio", str(place), "--port", str(port)]
    process = subprocess.Popen(
        [*command, *options, "--", *TINY],
        cwd=REPOSITORY,
        env=os.environ | {"DISPLAY": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert "http://" in line, line
        made = Studio(place, port, line.split()[4], process)
        wait(lambda: _answers(made))
        yield made
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        for project in Projects(place).folders():
            for folder in ("jobs", "showing"):
                for job in jobs.jobs_of(project, folder):
                    job.cancel()


def _answers(made: Studio) -> bool:
    with contextlib.suppress(OSError):
        return made.ask("GET", "/").status > 0
    return False


def wait(until: Callable[[], Any], seconds: float = 180) -> Any:
    """Wait until something is so, and return it."""
    end = time.monotonic() + seconds
    while not (found := until()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
    return found


def png(seed: int = 0, size: int = 72) -> bytes:
    """A picture of a flower."""
    _, photos = pairs(1, size, seed)
    content = io.BytesIO()
    Image.fromarray(photos[0]).save(content, "PNG")
    return content.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name, each in files.items():
            packed.writestr(name, each)
    return content.getvalue()
