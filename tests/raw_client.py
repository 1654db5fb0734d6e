"""A client that sends a request as it is told, whatever a library would think of it."""

import http.client
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sent:
    """A request; `content-length` is added where it is a POST and its headers have none."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class RawClient:
    """What a server answers, one connection a request."""

    def __init__(self, address: str) -> None:
        self.address = address

    def send(self, sent: Sent) -> tuple[int, bytes]:
        """Return an answer's status and body; of an answer without an end only the status."""
        host = self.address.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=20)
        try:
            connection.putrequest(sent.method, sent.path, skip_accept_encoding=True)
            for name, value in sent.headers.items():
                connection.putheader(name, value)
            if sent.method == "POST" and "content-length" not in sent.headers:
                connection.putheader("content-length", str(len(sent.body)))
            connection.endheaders(sent.body)
            with connection.getresponse() as answer:
                return answer.status, b"" if "heartbeat" in sent.path else answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, bytes]:
        """Send a GET."""
        return self.send(Sent("GET", path))

    def call(self, path: str, value: Any) -> tuple[int, bytes]:
        """Post JSON to a path of Gradio's."""
        headers = {"content-type": "application/json"}
        return self.send(Sent("POST", f"/gradio_api/{path}", json.dumps(value).encode(), headers))
