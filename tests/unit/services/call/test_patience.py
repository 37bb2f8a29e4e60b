"""A node that stops waits for no far end longer than it was told to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes.exchange import Exchange, play


def deaf_to_bye(x: Exchange) -> None:
    """From now on the far end takes no BYE, and the library tells of no end."""
    x.line.hangup = lambda leg_id: x.line._note("hangup", leg_id)  # type: ignore[method-assign]


async def closed_in_s(x: Exchange) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await x.control.close()
    return loop.time() - began


@pytest.mark.parametrize("close_timeout_s", [5.0, 15.0])
def test_a_far_end_that_takes_no_bye_is_waited_for_so_long_and_no_longer(
    tmp_path: Path, close_timeout_s: float
) -> None:
    async def scene(x: Exchange) -> None:
        x.ring(talk_ms=600_000)
        await x.media(20_000)
        deaf_to_bye(x)
        assert close_timeout_s <= await closed_in_s(x) <= close_timeout_s + 4.0
        assert x.recording.state.value == "SEALED"
        assert x.call_log.rows[0].ended_by == "shutdown"
        assert any("goodbye" in prompt for prompt in x.said)

    play(tmp_path, scene, options={"close_timeout_s": close_timeout_s})


def test_nor_is_one_that_neither_answers_nor_takes_a_cancel(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        deaf_to_bye(x)
        x.line.place = lambda leg_id, uri, *, ring_timeout_s: x.line._note("place", leg_id, uri)  # type: ignore[method-assign]
        await x.control.place("sip:+33100000002@carrier.invalid", "prospecting")
        await asyncio.sleep(5)
        assert await closed_in_s(x) <= 15.0 + 4.0
        assert x.call_log.rows[0].disposition == "FAILED"

    play(tmp_path, scene)


def test_a_far_end_that_goes_is_not_waited_for(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring(talk_ms=600_000)
        await x.media(20_000)
        assert await closed_in_s(x) < 5.0

    play(tmp_path, scene)
