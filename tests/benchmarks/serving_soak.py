"""What a server holds after an hour of visitors who come and go.

    python -m tests.benchmarks.serving_soak [--minutes 60] [--visitors 30]

Starts `python -m demo` with the models that ship. So many visitors are there at a time: each opens
the page, draws for five seconds to two minutes, a stroke a second as the page sends them, and
leaves, one in four of them with a drawing under way; somebody else then takes the place. Prints,
every five minutes, how many have been, what they waited, and the server's memory and open files.
"""

import argparse
import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field

import numpy as np

from demo.bundles import shipped
from tests.benchmarks.serving_load import Drawer
from tests.demo_server import held, serve

COLUMNS = "| minutes | visitors | pictures | lost | p50 ms | p95 ms | MB | open files |"
FILE = "tflite-int8"


@dataclass
class Seen:
    """What all visitors have seen since the table's last row, and since the start."""

    visitors: int = 0
    pictures: int = 0
    lost: int = 0
    times: list[float] = field(default_factory=list)


async def open_page(address: str) -> None:
    """Ask for the page, as a browser that comes."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with contextlib.closing(writer):
        writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        head = await reader.readline()
        if b" 200 " not in head:
            raise RuntimeError(f"the page is answered with {head.decode().strip()}")
        await reader.read()


async def visit(address: str, drawings: list[bytes], end: float, seen: Seen) -> None:
    """Come, draw, and go."""
    await open_page(address)
    drawer = Drawer(address, FILE, drawings)
    stay = random.uniform(5, 120)
    with contextlib.suppress(TimeoutError):
        if random.random() < 0.25:  # Closes the lid in the middle of a drawing.
            async with asyncio.timeout(stay):
                await drawer.draw(end)
        else:
            await drawer.draw(min(end, time.perf_counter() + stay))
    drawer.leave()
    seen.visitors += 1
    seen.pictures += len(drawer.times)
    seen.lost += drawer.lost
    seen.times += drawer.times


async def place(address: str, drawings: list[bytes], end: float, seen: Seen) -> None:
    """One visitor after another until `end`."""
    while time.perf_counter() < end:
        await visit(address, drawings, end, seen)


async def crowd(
    address: str, drawings: list[bytes], places: int, minutes: float, process: int
) -> None:
    """Let them come and go for so long, and print the table."""
    seen = Seen()
    start = time.perf_counter()
    end = start + 60 * minutes
    print(f"{COLUMNS}\n|{'---:|' * COLUMNS.count(' | ')}---:|", flush=True)
    visits = [asyncio.create_task(place(address, drawings, end, seen)) for _ in range(places)]
    told = 0.0
    while any(not each.done() for each in visits):
        await asyncio.wait(visits, timeout=max(1.0, min(60.0, end - time.perf_counter())))
        passed = (time.perf_counter() - start) / 60
        if seen.times and (told == 0 or passed >= told + 5 or passed >= minutes):
            told = passed
            p50, p95 = np.percentile(seen.times, [50, 95])
            now = held(process)
            print(
                f"| {passed:.0f} | {seen.visitors} | {seen.pictures} | {seen.lost} | {p50:.0f} | "
                f"{p95:.0f} | {now.megabytes:.0f} | {now.files} |",
                flush=True,
            )
            seen.times.clear()
    await asyncio.gather(*visits)  # Raises what one of them met.


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--visitors", type=int, default=30, help="at a time")
    options = parser.parse_args()
    flowers = shipped()[0]
    drawings = [path.read_bytes() for path in sorted((flowers / "examples").glob("*.png"))]
    with serve(*shipped()) as (address, process):
        before = held(process.pid)
        print(f"at the start: {before.megabytes:.0f} MB, {before.files} files open")
        asyncio.run(crowd(address, drawings, options.visitors, options.minutes, process.pid))
        time.sleep(10)  # Connections that were left close.
        after = held(process.pid)
        print(f"when all have gone: {after.megabytes:.0f} MB, {after.files} files open")


if __name__ == "__main__":
    main()
