"""A server on loopback that answers as servers at their worst do: with parts, faults, redirects."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class OddServer:
    """Answers each path as `answers` has it, and 404 where it has nothing, until it is stopped.

    An answer is a body; or a status, with the address to go to where it is a redirect; or a body
    with how many bytes it is said to have. `asked` has the paths in order.
    """

    def __init__(self, answers: dict[str, Any], certificate: Path | None = None) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                match answers.get(self.path, 404):
                    case bytes() as body:
                        self._send(body, len(body))
                    case (bytes() as body, int() as promised):
                        self._send(body, promised)
                    case (int() as status, str() as place):
                        self.send_response(status)
                        self.send_header("Location", place)
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                    case status:
                        self.send_error(status)

            def _send(self, body: bytes, promised: int) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(promised))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.address = self.address.replace("http", "https")
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
