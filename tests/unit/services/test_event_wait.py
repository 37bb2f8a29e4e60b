"""A wait that ends by its event, by its time, or by being cancelled, whatever comes together."""

from __future__ import annotations

import asyncio

import pytest

from ivr.services.event_wait import is_set_within


def test_it_ends_with_its_event_or_its_time() -> None:
    async def scenario() -> None:
        event = asyncio.Event()
        assert not await is_set_within(event, 0)
        waiting = asyncio.create_task(is_set_within(event, 60))
        await asyncio.sleep(0)
        event.set()
        assert await waiting

    asyncio.run(scenario())


@pytest.mark.parametrize("turns", range(5))
def test_who_is_cancelled_together_with_the_event_is_cancelled(turns: int) -> None:
    """Whatever the loop has done of it by then, unless the wait is over."""

    async def scenario() -> None:
        event = asyncio.Event()
        waiting = asyncio.create_task(is_set_within(event, 60))
        await asyncio.sleep(0)
        event.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        if waiting.cancel():
            with pytest.raises(asyncio.CancelledError):
                await waiting
        else:
            assert turns
            assert await waiting

    asyncio.run(scenario())
