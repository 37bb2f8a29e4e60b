"""What must be written is written in order, tried again, and told when it cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ivr.errors import ArchiveError, TransitionError
from ivr.services.call.write_queue import WriteQueue
from tests.fakes.runtime import ListFeed
from tests.fakes.virtual_time import run_virtual


def failing(times: int, done: list[str], name: str, error: Exception | None = None) -> Callable[[], Awaitable[None]]:
    left = iter([True] * times)

    async def write() -> None:
        if next(left, False):
            raise error or ArchiveError("locked")
        done.append(name)

    return write


def test_a_write_that_fails_is_tried_again_with_growing_pauses_and_the_next_waits() -> None:
    async def scene() -> tuple[list[str], float, ListFeed]:
        feed, done = ListFeed(), list[str]()
        writes = WriteQueue("call-1", feed)
        writes.add("first", failing(3, done, "first"))
        writes.add("second", failing(0, done, "second"))
        await writes.close()
        return done, asyncio.get_running_loop().time(), feed

    done, took_s, feed = run_virtual(scene())
    assert done == ["first", "second"]
    assert took_s == 0.25 + 0.5 + 1.0
    assert [item["attempt"] for item in feed.of("act.failed")] == [1, 2, 3]


def test_a_write_that_fails_for_good_is_named_and_the_next_goes_on() -> None:
    async def scene() -> tuple[list[str], list[str], ListFeed]:
        feed, done = ListFeed(), list[str]()
        writes = WriteQueue("call-1", feed, tries=3)
        writes.add("first", failing(9, done, "first"))
        writes.add("second", failing(0, done, "second"))
        await writes.written()
        failed = list(writes.failed)
        await writes.close()
        return done, failed, feed

    done, failed, feed = run_virtual(scene())
    assert (done, failed) == (["second"], ["first"])
    assert [item["for_good"] for item in feed.of("act.failed")] == [False, False, True]


def test_our_own_mistake_is_not_tried_again() -> None:
    async def scene() -> tuple[list[str], float]:
        writes = WriteQueue("call-1", ListFeed())
        writes.add("wrong", failing(1, [], "wrong", TransitionError("no such move")))
        await writes.close()
        return writes.failed, asyncio.get_running_loop().time()

    assert run_virtual(scene()) == (["wrong"], 0.0)


def test_a_foreign_exception_is_told_by_its_kind_only() -> None:
    async def scene() -> ListFeed:
        feed = ListFeed()
        writes = WriteQueue("call-1", feed, tries=2)
        writes.add("odd", failing(1, [], "odd", ValueError("je m'oppose")))
        await writes.close()
        return feed

    (item,) = run_virtual(scene()).of("act.failed")
    assert item["what"] == "ValueError"


def test_an_obligatory_write_is_tried_until_it_succeeds_with_pauses_that_stop_growing() -> None:
    async def scene() -> tuple[list[str], float, ListFeed]:
        feed, done = ListFeed(), list[str]()
        writes = WriteQueue("call-1", feed, tries=3, longest_pause_s=2.0)
        writes.add("destroy", failing(12, done, "destroy", TransitionError("not now")), obligatory=True)
        writes.add("next", failing(0, done, "next"))
        await writes.close()
        return done, asyncio.get_running_loop().time(), feed

    done, took_s, feed = run_virtual(scene())
    assert done == ["destroy", "next"]
    assert took_s == 0.25 + 0.5 + 1.0 + 9 * 2.0
    assert not any(item["for_good"] for item in feed.of("act.failed"))


def test_an_obligatory_write_is_given_up_only_when_the_process_ends_and_is_named_then() -> None:
    async def scene() -> tuple[WriteQueue, list[str], float]:
        done = list[str]()
        writes = WriteQueue("call-1", ListFeed())
        writes.add("destroy", failing(1_000_000, done, "destroy"), obligatory=True)
        writes.add("report", failing(0, done, "report"))
        await asyncio.sleep(500)
        assert (writes.failed, done) == ([], [])
        writes.abandon()
        await writes.close()
        return writes, done, asyncio.get_running_loop().time()

    writes, done, took_s = run_virtual(scene())
    assert (writes.failed, writes.unmet, done) == (["destroy"], ["destroy"], ["report"])
    assert took_s == 500
