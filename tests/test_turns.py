"""Who is next where many want a picture: visitors take turns, and only their newest wish waits."""

import asyncio
import threading

import pytest

from demo.health import Health
from demo.turns import Full, Replaced, Turns
from tests.event_loop import run


class Work:
    """Something to do that waits until the test lets it end."""

    def __init__(self, done: list[str], name: str) -> None:
        self.started, self.may_end = threading.Event(), threading.Event()
        self._done, self._name = done, name

    def __call__(self) -> str:
        self.started.set()
        assert self.may_end.wait(10)
        self._done.append(self._name)
        return self._name


async def ticks() -> None:
    """Let everything that can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_visitors_take_turns_and_of_each_only_the_newest_waits():
    async def scene() -> None:
        turns, done = Turns(1), list[str]()
        first = Work(done, "a1")
        tasks = {"a1": asyncio.create_task(turns.take("a", first))}
        await asyncio.to_thread(first.started.wait, 10)
        for name in ("a2", "b1", "a3", "c1", "a4", "b2"):
            work = Work(done, name)
            work.may_end.set()
            tasks[name] = asyncio.create_task(turns.take(name[0], work))
            await ticks()
        assert turns.waiting == 3
        for name in ("a2", "a3", "b1"):  # Told at once, not when their turn would have come.
            assert isinstance(tasks[name].exception(), Replaced)
        first.may_end.set()
        kept = ("a1", "a4", "b2", "c1")
        assert [await tasks[name] for name in kept] == list(kept)
        assert done == ["a1", "a4", "b2", "c1"], "the newer one takes the older one's place"

    run(scene())


def test_as_many_are_at_work_as_there_are_workers():
    async def scene() -> None:
        turns, done = Turns(3), list[str]()
        works = [Work(done, str(number)) for number in range(5)]
        tasks = [asyncio.create_task(turns.take(work, work)) for work in works]
        for work in works[:3]:
            await asyncio.to_thread(work.started.wait, 10)
        assert turns.waiting == 2 and not works[3].started.is_set()
        for work in works:
            work.may_end.set()
        assert sorted(await asyncio.gather(*tasks)) == ["0", "1", "2", "3", "4"]
        assert turns.waiting == 0

    run(scene())


def test_who_leaves_or_fails_blocks_nobody():
    async def scene() -> None:
        turns, done = Turns(1), list[str]()
        first = Work(done, "first")
        at_work = asyncio.create_task(turns.take("a", first))
        await asyncio.to_thread(first.started.wait, 10)
        waiting = asyncio.create_task(turns.take("b", first))
        await ticks()
        waiting.cancel()
        await ticks()
        assert turns.waiting == 0
        first.may_end.set()
        assert await at_work == "first"
        with pytest.raises(ZeroDivisionError):
            await turns.take("c", lambda: 1 // 0)
        assert await turns.take("d", lambda: "after") == "after"

    run(scene())


def test_a_line_has_an_end(monkeypatch):
    monkeypatch.setattr("demo.turns.MAX_WAITING", 1)

    async def scene() -> None:
        turns = Turns(1)
        first = Work([], "first")
        tasks = [asyncio.create_task(turns.take("a", first))]
        await asyncio.to_thread(first.started.wait, 10)
        tasks.append(asyncio.create_task(turns.take("b", first)))
        await ticks()
        with pytest.raises(Full):
            await turns.take("c", first)
        first.may_end.set()
        assert await asyncio.gather(*tasks) == ["first", "first"]

    run(scene())


def test_health_tells_of_the_last_minute(monkeypatch):
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    health = Health()
    assert health.told()["milliseconds"] == {"p50": None, "p95": None}
    health.note(5000.0)
    now = 170.0
    for milliseconds in range(1, 101):
        health.note(float(milliseconds), pictures=2)
    told = health.told()
    assert told == {"up": 70.0, "pictures": 201, "milliseconds": {"p50": 50.5, "p95": 95.0}} or (
        told["pictures"] == 201 and 94 < told["milliseconds"]["p95"] < 97
    )
