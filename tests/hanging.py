"""Visitors who open connections to a server and then say nothing more."""

import contextlib
import socket
import time
from collections.abc import Iterator

from tests.demo_server import Held, held

_STREAM = "GET /gradio_api/heartbeat/s{number} HTTP/1.1\r\nHost: {host}\r\n\r\n"
_BODIES = [
    "POST /pictures/flowers?file=tflite-int8 HTTP/1.1",
    "POST /gradio_api/queue/join HTTP/1.1\r\nContent-Type: application/json",
    "POST /gradio_api/call/generate HTTP/1.1\r\nContent-Type: application/json",
    "POST /gradio_api/upload HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b",
]
_BODY = "{head}\r\nHost: {host}\r\nContent-Length: 9999\r\n\r\nhalf"


class Hanging:
    """What they hold open: streams of events, and requests whose body does not come."""

    def __init__(self, streams: list[socket.socket], bodies: list[socket.socket]) -> None:
        self.streams, self.bodies = streams, bodies

    def answers(self) -> list[bytes]:
        """Wait until the server has had enough of those bodies; return what it says."""
        return [_read_until_closed(each) for each in self.bodies]


@contextlib.contextmanager
def hang(address: str, streams: int, bodies: int) -> Iterator[Hanging]:
    """Open so many of each, and close them when the block is left."""
    host = address.removeprefix("http://")
    name, port = host.split(":")
    with contextlib.ExitStack() as opened:

        def send(request: str) -> socket.socket:
            connection = opened.enter_context(socket.create_connection((name, int(port)), 60))
            connection.sendall(request.encode())
            return connection

        half = [_BODY.format(head=_BODIES[n % len(_BODIES)], host=host) for n in range(bodies)]
        waiting = [send(request) for request in half]
        events = [send(_STREAM.format(number=number, host=host)) for number in range(streams)]
        for stream in events:
            assert stream.recv(64).startswith(b"HTTP/1.1 200")
        yield Hanging(events, waiting)


def wait_until_back(process: int, before: Held, seconds: float = 20) -> Held:
    """Wait until a process has about as many files open as before; return what it holds then."""
    end = time.monotonic() + seconds
    while (now := held(process)).files > before.files + 5 and time.monotonic() < end:
        time.sleep(0.2)
    return now


def _read_until_closed(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(4096):
        parts.append(part)
    return b"".join(parts)
