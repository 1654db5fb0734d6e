"""How many can draw at a server at once, on this machine, in one run.

    python -m tests.benchmarks.serving_load [--drawers 1 10 50 200] [--seconds 20] [--soak 100000]

Starts `python -m demo` with the model that ships, and plays drawers as the page does: each has a
stroke a second, one drawing under way, and of what comes meanwhile only the newest waits. Server
and drawers share the machine. `--soak` then asks for so many pictures, and tells the server's
memory.
"""

import argparse
import asyncio
import itertools
import random
import shutil
import statistics
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from demo.bundles import load_generator, shipped
from tests.browser.conftest import QUIET
from tests.browser.pad import point, record_waits, stroke
from tests.demo_server import held, serve

COLUMNS = "| drawers | pictures/s | p50 ms | p95 ms | lost | own older strokes dropped |"


class Drawer:
    """Somebody who draws: a connection that stays open, and one drawing under way on it."""

    def __init__(self, address: str, file: str, drawings: list[bytes]) -> None:
        self._host, port = address.removeprefix("http://").split(":")
        self._port = int(port)
        self._head = (
            f"POST /pictures/flowers?file={file} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"X-Visitor: {random.getrandbits(64):x}\r\nContent-Length: "
        )
        self._drawings = itertools.cycle(drawings)
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.times: list[float] = []  # ms from a stroke to its picture
        self.lost = self.dropped = 0

    async def ask(self) -> None:
        """Send a drawing, and read the picture that comes back."""
        if self._open is None:
            self._open = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._open
        body = next(self._drawings)
        writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        [length] = [
            int(line.split(b":")[1])
            for line in head.lower().splitlines()
            if line.startswith(b"content-length")
        ]
        await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            self.lost += 1

    async def draw(self, end: float) -> None:
        """A stroke a second until `end`."""
        await asyncio.sleep(random.random())
        wanted: float | None = None
        due = time.perf_counter()
        while due < end:
            await asyncio.sleep(due - time.perf_counter())
            wanted = time.perf_counter()
            await self.ask()
            self.times.append(1000 * (time.perf_counter() - wanted))
            due += 1
            while due < time.perf_counter() - 1:  # Strokes that a newer one has replaced.
                self.dropped += 1
                due += 1

    async def hurry(self, end: float) -> None:
        """One drawing after another until `end`."""
        while time.perf_counter() < end:
            await self.ask()
            self.times.append(0.0)

    def leave(self) -> None:
        """Close the connection."""
        if self._open:
            self._open[1].close()


async def play(
    address: str, file: str, drawings: list[bytes], count: int, seconds: float, hurry: bool = False
) -> list[Drawer]:
    """Let so many draw for so long; returns them with what they have seen."""
    drawers = [Drawer(address, file, drawings) for _ in range(count)]
    end = time.perf_counter() + seconds
    await asyncio.gather(*(each.hurry(end) if hurry else each.draw(end) for each in drawers))
    for each in drawers:
        each.leave()
    return drawers


def alone(bundle: Path, file: str, cores: int, seconds: float = 3.0) -> float:
    """Pictures a second of the interpreters, with nothing around them."""
    generator = load_generator(bundle, file, cores)
    drawing = np.asarray(Image.open(next((bundle / "examples").glob("*.png"))).convert("RGB"))
    counts = [0] * cores
    end = time.perf_counter() + seconds

    def work(core: int) -> None:
        while time.perf_counter() < end:
            generator(drawing)
            counts[core] += 1

    threads = [threading.Thread(target=work, args=(core,)) for core in range(cores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def in_a_browser(address: str, seconds: float = 5.0) -> tuple[float, float]:
    """Median ms from a stroke's end to its picture, and pictures a second while the pen moves."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        return float("nan"), float("nan")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(address)
        page.locator(".studio[data-engine]").first.wait_for(state="attached")
        record_waits(page)
        for turn in range(20):
            stroke(page, (0.2, 0.1 + 0.04 * turn), (0.8, 0.1 + 0.04 * turn))
            page.wait_for_timeout(400)
        waits = [wait for wait in page.evaluate("window.waits") if wait is not None]
        painted = "+document.querySelector('.view').dataset.painted"
        page.mouse.move(*point(page, 0.2, 0.5))
        page.mouse.down()
        before, start, turn = page.evaluate(painted), time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            turn += 1
            page.mouse.move(*point(page, 0.2 + 0.6 * (turn % 50) / 50, 0.5 + 0.2 * (turn % 2)))
        rate = (page.evaluate(painted) - before) / (time.perf_counter() - start)
        page.mouse.up()
        browser.close()
    return statistics.median(waits), rate


def row(drawers: list[Drawer], seconds: float) -> str:
    """A line of the table, of what they have seen."""
    times = np.concatenate([each.times for each in drawers])
    p50, p95 = np.percentile(times, [50, 95])
    lost, dropped = (sum(getattr(each, name) for each in drawers) for name in ("lost", "dropped"))
    rate = len(times) / seconds
    return f"| {len(drawers)} | {rate:.1f} | {p50:.0f} | {p95:.0f} | {lost} | {dropped} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=shipped()[0])
    parser.add_argument("--file", default="tflite-int8")
    parser.add_argument("--drawers", type=int, nargs="*", default=[1, 10, 50, 200])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--soak", type=int, default=0, help="pictures to ask for at the end")
    options = parser.parse_args()
    drawings = [path.read_bytes() for path in sorted((options.bundle / "examples").glob("*.png"))]
    cores = 2
    rate = alone(options.bundle, options.file, cores)
    print(f"interpreters alone, {cores} of one thread: {rate:.0f} pictures/s")
    with serve(options.bundle) as (address, process):
        told = address, options.file, drawings
        asyncio.run(play(*told, 2, 2, hurry=True))
        median, rate = in_a_browser(address)
        print(
            f"one drawer in Chromium, from a stroke's end to its picture: {median:.0f} ms (median)"
        )
        print(f"one drawer in Chromium, while the pen moves: {rate:.0f} pictures/s")
        busy = asyncio.run(play(*told, 8, 8, hurry=True))
        print(f"as fast as it goes: {sum(len(each.times) for each in busy) / 8:.0f} pictures/s")
        print(f"\n{COLUMNS}\n|---:|---:|---:|---:|---:|---:|")
        for count in options.drawers:
            print(
                row(asyncio.run(play(*told, count, options.seconds)), options.seconds), flush=True
            )
        done = 0
        for goal in (1000, options.soak):
            while done < goal:
                drawers = asyncio.run(play(*told, 8, 5, hurry=True))
                done += sum(len(each.times) for each in drawers)
            if options.soak:
                now = held(process.pid)
                line = f"{now.megabytes:.0f} MB, {now.files} files open"
                print(f"after {done} pictures: {line}", flush=True)


if __name__ == "__main__":
    main()
