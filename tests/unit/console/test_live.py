"""Streams: as many as may be and no more, let go by whoever leaves, ended by what ends them, silent without news."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest
from fastapi import Response

from ivr.console.live import AWAY, CrowdedError, Fresh, LiveStreams, Over
from ivr.errors import HostError


class Reader:
    """Who reads a stream, until it leaves; `events` are what came, as (name, text)."""

    def __init__(self) -> None:
        self.text = ""
        self.gone = asyncio.Event()
        self._came = asyncio.Condition()

    async def read(self, response: Response) -> None:
        await response({"type": "http", "method": "GET"}, self._receive, self._send)

    @property
    def events(self) -> list[tuple[str, str]]:
        found = []
        for block in self.text.split("\n\n"):
            fields = [line.partition(": ") for line in block.split("\n")]
            name = "".join(value for key, _, value in fields if key == "event")
            if name:
                found.append((name, "\n".join(value for key, _, value in fields if key == "data")))
        return found

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(30), self._came:
            await self._came.wait_for(holds)

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Mapping[str, Any]) -> None:
        async with self._came:
            self.text += message.get("body", b"").decode().replace("\r\n", "\n")
            self._came.notify_all()


def run(test: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test

    asyncio.run(bounded())


def away(error: object) -> str:
    return "la base est absente"


def test_what_changed_is_sent_and_what_did_not_is_not() -> None:
    async def scene() -> None:
        streams, reader, steps = LiveStreams(step_s=0.001), Reader(), []

        def look() -> Mapping[str, str]:
            steps.append(1)
            return {"calls": "one" if len(steps) < 5 else "two\nlines", "nodes": "same"}

        reading = asyncio.create_task(reader.read(streams.response("anne", look, away)))
        await reader.until(lambda: len(reader.events) == 3 and len(steps) > 8)
        assert reader.events == [("calls", "one"), ("nodes", "same"), ("calls", "two\nlines")]
        assert "retry: 3000" in reader.text
        reader.gone.set()
        await reading
        assert streams.count == 0

    run(scene())


def test_a_stream_ends_with_its_session_and_says_why() -> None:
    async def scene() -> None:
        streams, reader = LiveStreams(step_s=0.001), Reader()
        found: list[Mapping[str, str] | Over] = [{"calls": "one"}, Over("session terminée")]
        await reader.read(streams.response("anne", lambda: found.pop(0), away))
        assert reader.events == [("calls", "one"), ("over", "session terminée")]
        assert (streams.count, found) == (0, [])

    run(scene())


def test_a_database_that_is_away_is_told_once_and_its_return_too() -> None:
    async def scene() -> None:
        streams, reader, steps = LiveStreams(step_s=0.001), Reader(), []

        def look() -> Mapping[str, str]:
            steps.append(1)
            if 2 <= len(steps) <= 6:
                raise HostError("the database does not answer")
            return {"calls": "one"}

        reading = asyncio.create_task(reader.read(streams.response("anne", look, away)))
        await reader.until(lambda: len(reader.events) == 4)
        # The page has shown nothing meanwhile.
        assert reader.events == [("calls", "one"), (AWAY, "la base est absente"), ("calls", "one"), (AWAY, "")]
        reader.gone.set()
        await reading

    run(scene())


def test_an_account_has_so_many_streams_the_house_so_many_and_a_place_comes_back() -> None:
    async def scene() -> None:
        streams = LiveStreams(step_s=0.001, most=3, most_each=2)
        readers = [Reader() for _ in range(3)]
        tasks = [
            asyncio.create_task(reader.read(streams.response(who, lambda: {"calls": "one"}, away)))
            for who, reader in zip(("anne", "anne", "bruno"), readers, strict=True)
        ]
        for reader in readers:
            await reader.until(lambda reader=reader: bool(reader.events))  # type: ignore[misc]
        for who in ("anne", "chloe"):
            with pytest.raises(CrowdedError):
                streams.response(who, dict, away)
        readers[0].gone.set()
        await tasks[0]
        streams.response("anne", dict, away)
        for reader in readers[1:]:
            reader.gone.set()
        await asyncio.gather(*tasks)

    run(scene())


def test_a_place_is_taken_when_the_answer_is_made_and_given_back_when_its_reader_leaves_at_once() -> None:
    async def scene() -> None:
        streams = LiveStreams(step_s=3_600, most=3, most_each=2)
        answers = [streams.response("anne", dict, away) for _ in range(2)]
        with pytest.raises(CrowdedError):
            streams.response("anne", dict, away)
        for answer in answers:
            reader = Reader()
            reader.gone.set()
            await reader.read(answer)
        assert streams.count == 0

    run(scene())


def test_a_console_that_ends_ends_its_streams_at_once() -> None:
    async def scene() -> None:
        streams, reader = LiveStreams(step_s=3_600), Reader()
        reading = asyncio.create_task(reader.read(streams.response("anne", lambda: {"calls": "one"}, away)))
        await reader.until(lambda: bool(reader.events))
        streams.close()
        await reading
        late = Reader()
        await late.read(streams.response("anne", lambda: {"calls": "one"}, away))
        assert late.events == []

    run(scene())


def test_a_stream_remembers_what_it_sent_last_and_no_more() -> None:
    async def scene() -> None:
        streams, steps = LiveStreams(step_s=0.0001), itertools.count()
        stream = streams._events(lambda: {"calls": f"{next(steps):06}" * 200}, away)
        for _ in range(500):
            await anext(stream)
        assert stream.ag_frame is not None  # type: ignore[attr-defined]
        shown = stream.ag_frame.f_locals["shown"]  # type: ignore[attr-defined]
        assert list(shown) == ["calls"]
        await stream.aclose()  # type: ignore[attr-defined]
        assert streams.count == 0

    run(scene())


class TestFresh:
    def test_it_is_fetched_once_in_its_time(self) -> None:
        now, fetched = [0.0], itertools.count(1)
        fresh = Fresh(lambda: next(fetched), 10.0, lambda: now[0])
        assert [fresh.get(), fresh.get()] == [1, 1]
        now[0] = 10.0
        assert fresh.get() == 2

    def test_a_fault_is_raised_and_asked_again(self) -> None:
        answers: list[HostError | int] = [HostError("away"), 7]

        def fetch() -> int:
            answer = answers.pop(0)
            if isinstance(answer, HostError):
                raise answer
            return answer

        fresh = Fresh(fetch, 10.0, lambda: 0.0)
        with pytest.raises(HostError):
            fresh.get()
        assert fresh.get() == 7

    def test_while_one_fetches_the_others_are_given_the_old_one(self) -> None:
        now, begun, go = [0.0], threading.Event(), threading.Event()
        fetches = []

        def fetch() -> int:
            fetches.append(1)
            if len(fetches) > 1:
                begun.set()
                assert go.wait(30)
            return len(fetches)

        fresh = Fresh(fetch, 10.0, lambda: now[0])
        assert fresh.get() == 1
        now[0] = 20.0
        slow = threading.Thread(target=fresh.get)
        slow.start()
        assert begun.wait(30)
        assert fresh.get() == 1
        go.set()
        slow.join(30)
        assert fresh.get() == 2
