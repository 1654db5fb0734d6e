"""A reverse proxy as web servers are set up: a server's pages below a path of another address.

python -m tests.reverse_proxy http://127.0.0.1:7860 /rooms/garabato 8080
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.demo_server import REPOSITORY, free_port, wait_for

_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
_OWN = {"host", "connection", "transfer-encoding", "content-length"}  # Of each connection its own.


@contextlib.contextmanager
def behind_a_proxy(address: str, prefix: str) -> Iterator[str]:
    """Serve `address` below `prefix`, which the server behind never sees; give the new address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.reverse_proxy", address, prefix, str(port)]
    process = subprocess.Popen(command, cwd=REPOSITORY, text=True)
    try:
        new = f"http://127.0.0.1:{port}{prefix}"
        wait_for(new, process)
        yield new
    finally:
        process.kill()
        process.wait()


def main() -> None:
    address, prefix, port = sys.argv[1:]
    client = httpx.AsyncClient(base_url=address, trust_env=False, timeout=None)

    async def pass_on(request: Request) -> Response:
        path = request.url.path
        if path == prefix:  # As nginx does of itself.
            return RedirectResponse(f"{prefix}/", 301)
        if not path.startswith(f"{prefix}/"):
            return PlainTextResponse("what else there is, such as an icon")
        headers = {name: value for name, value in request.headers.items() if name not in _OWN}
        headers |= {
            "X-Forwarded-Host": request.headers["host"],
            "X-Forwarded-Proto": "http",
            "X-Forwarded-For": "127.0.0.1",
        }
        url = httpx.URL(path.removeprefix(prefix), query=request.url.query.encode())
        content = await request.body() if request.method == "POST" else None
        sent = client.build_request(request.method, url, headers=headers, content=content)
        answer = await client.send(sent, stream=True)
        kept = {name: value for name, value in answer.headers.items() if name != "connection"}
        done = BackgroundTask(answer.aclose)
        return StreamingResponse(answer.aiter_raw(), answer.status_code, kept, background=done)

    app = Starlette(routes=[Route("/{path:path}", pass_on, methods=_METHODS)])
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
