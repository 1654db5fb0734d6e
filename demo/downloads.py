"""Get a file by https: whole, of a bounded size, and from nowhere that https does not lead to."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from demo.errors import UserError

SILENCE = 20.0  # Seconds in which nothing comes, after which a download is given up.
MOST_REDIRECTS = 5
LOOPBACK = ("127.0.0.1", "::1", "localhost")  # Nobody listens on the way there.


class NotReached(UserError):
    """Nothing came, or not all of it: a fault of the network or the server, which may pass."""


@contextmanager
def connection(first: httpx.URL) -> Iterator[httpx.Client]:
    """Give a client for the files at an address, which follows redirects to https alone.

    Where `first` is http on this machine, its redirects may be so, too.

    Raises:
        UserError: an address that would be asked is neither.
    """

    def check(request: httpx.Request) -> None:
        here = first.scheme == "http" and request.url.host in LOOPBACK
        if request.url.scheme != "https" and not (here and request.url.scheme == "http"):
            raise UserError(f"expected https, got {request.url}; http is for this machine alone")

    # What is counted is what travels: nothing is unpacked here.
    with httpx.Client(
        headers={"Accept-Encoding": "identity"},
        timeout=SILENCE,
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        event_hooks={"request": [check]},
    ) as client:
        yield client


def get(client: httpx.Client, url: httpx.URL, most: int) -> bytes:
    """Return a file of up to `most` bytes.

    Raises:
        NotReached: the server cannot be reached, has a fault, or sends only a part.
        UserError: it has no such file, or one that is larger, or leads elsewhere than https does.
    """
    try:
        with client.stream("GET", url) as response:
            if response.is_server_error:
                raise NotReached(f"cannot download {url}: the server answers {_told(response)}")
            if not response.is_success:
                raise UserError(f"cannot download {url}: {_told(response)}; is the address right?")
            return _read(response, url, most)
    except httpx.TransportError as error:
        raise NotReached(f"cannot download {url}: {_reason(error)}") from None
    except httpx.TooManyRedirects:
        raise UserError(f"cannot download {url}: more than {MOST_REDIRECTS} redirects") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UserError(f"cannot download {url}: {_reason(error)}") from None


def _read(response: httpx.Response, url: httpx.URL, most: int) -> bytes:
    content = bytearray()
    for part in response.iter_raw():
        content += part
        if len(content) > most:
            raise UserError(f"{url} is larger than expected: it has more than {most} bytes")
    return bytes(content)


def _told(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}".strip()


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
