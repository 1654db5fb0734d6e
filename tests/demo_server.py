"""A `python -m demo` in a process of its own, for the tests that talk to it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serve(*bundles: Path | str, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve bundles, or what is at their addresses; give the server's address and the process.

    Keywords are variables of the server's environment.
    """
    port = free_port()
    command = [sys.executable, "-m", "demo", *map(str, bundles), "--port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        # Whatever proxy a machine has is not for its own loopback.
        env=os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, process)
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def wait_for(address: str, process: subprocess.Popen[str]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {process.stdout and process.stdout.read()}")
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            opener.open(address, timeout=5).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"no answer from {address}")


@dataclass(frozen=True)
class Held:
    """What a process holds of its machine."""

    megabytes: float
    files: int  # Open ones, connections too.


def held(process: int) -> Held:
    """Tell of the process of this number, on Linux."""
    folder = Path(f"/proc/{process}")
    lines = (folder / "status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS"))
    return Held(int(kilobytes) / 1000, len(list((folder / "fd").iterdir())))
