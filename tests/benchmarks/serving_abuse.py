"""What a server makes of a great many requests that nobody should send, and of visitors who hang.

    python -m tests.benchmarks.serving_abuse [--requests 10000] [--streams 500] [--bodies 100]

The tests of the suite send some hundreds of the same. Fails at the first answer of 500 or more, or
that tells a path of this machine; prints what was answered, and what the server holds after it.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.demo_bundle import DIGITS, write_bundle, write_latent_bundle
from tests.demo_server import REPOSITORY, Held, held, serve
from tests.hanging import hang, wait_until_back
from tests.malformed import throw
from tests.raw_client import RawClient

BATCH = 1000  # Requests between two looks at the server.


def told(now: Held) -> str:
    return f"{now.megabytes:.0f} MB, {now.files} files open"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--bodies", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        digits = write_latent_bundle(folder / "digits", "digits", DIGITS)
        secrets = [str(REPOSITORY), sys.prefix, place, "Traceback", "site-packages"]
        with serve(write_bundle(folder / "flowers"), digits) as (address, process):
            client = RawClient(address)
            seen: Counter[int] = Counter()
            for number in range(0, options.requests, BATCH):
                seen += throw(client, BATCH, secrets, seed=number)
                print(f"after {seen.total()} requests: {told(held(process.pid))}", flush=True)
            print("answers:", ", ".join(f"{count} x {status}" for status, count in seen.items()))
            before = held(process.pid)
            with hang(address, options.streams, options.bodies) as hanging:
                start = time.perf_counter()
                assert client.get("/healthz")[0] == 200
                milliseconds = 1000 * (time.perf_counter() - start)
                print(f"while visitors hang: {told(held(process.pid))}, {milliseconds:.0f} ms")
                cut = Counter(answer.split(b" ")[1].decode() for answer in hanging.answers())
                print("bodies that did not come:", dict(cut))
            print("when they have gone:", told(wait_until_back(process.pid, before)))


if __name__ == "__main__":
    main()
