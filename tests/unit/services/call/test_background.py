"""Work of a call that nobody waits for."""

from __future__ import annotations

import asyncio

from ivr.services.call.background import Background, cancelled


def test_what_fails_is_a_fault_of_the_call_and_what_is_ended_is_none() -> None:
    async def scene() -> None:
        faults: list[BaseException] = []
        background = Background(faults.append)

        async def fails() -> None:
            raise ZeroDivisionError

        background.start(fails())
        endless = background.start(asyncio.Event().wait())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await background.close()
        assert [type(fault) for fault in faults] == [ZeroDivisionError]
        assert endless.cancelled()

    asyncio.run(scene())


def test_whoever_cancels_waits_until_the_work_has_ended() -> None:
    async def scene() -> None:
        ended: list[str] = []

        async def slow_to_end() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                ended.append("ended")

        task = asyncio.create_task(slow_to_end())
        await asyncio.sleep(0)
        await cancelled(None, task)
        assert ended == ["ended"]

    asyncio.run(scene())
