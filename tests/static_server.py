"""A plain file server on loopback, as any host of static files is one; it can be stopped."""

import contextlib
import threading
from collections.abc import Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _Counting(SimpleHTTPRequestHandler):
    sent: list[tuple[str, int]]  # One list a server.
    headers_sent: Mapping[str, str]

    def end_headers(self) -> None:
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        pass

    def copyfile(self, source: Any, outputfile: Any) -> None:
        body = source.read()
        self.sent.append((self.path, len(body)))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # A visitor who left.
            outputfile.write(body)


class StaticServer:
    """Serves a folder, with these headers, from a port of its own until it is stopped."""

    def __init__(self, folder: Path, headers: Mapping[str, str] | None = None) -> None:
        self.sent: list[tuple[str, int]] = []  # Path and bytes of each answer, in order.
        own = {"sent": self.sent, "headers_sent": headers or {}}
        handler = type("Handler", (_Counting,), own)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=folder))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._running = True

    def stop(self) -> None:
        """Close the port; stopping twice does nothing."""
        if self._running:
            self._running = False
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
