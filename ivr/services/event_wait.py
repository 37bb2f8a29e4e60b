"""A wait for an event that ends at the latest after a time."""

from __future__ import annotations

import asyncio


async def is_set_within(event: asyncio.Event, timeout_s: float) -> bool:
    """Wait for `event`, or for `timeout_s`; return whether it is set.

    Not `asyncio.wait_for`: on Python 3.11 that loses a cancellation which comes together with the event, and whoever
    was to end goes on.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await event.wait()
    except TimeoutError:
        return event.is_set()
