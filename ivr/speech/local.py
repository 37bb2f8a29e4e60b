"""Port Ear inside this process, without ZeroMQ: for `ivr listen` and for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ivr.domain.hearing.verdict import Verdict
from ivr.errors import SpeechError
from ivr.services.ports.hearing import Speech


class LocalEar:
    """Judges on a thread of its own, one piece after the other, in the order asked.

    Raises SpeechError when the verdict would come after the deadline, like an ear process does.
    """

    def __init__(self, judge: Callable[[Speech], Verdict], forget: Callable[[str], None] | None = None) -> None:
        self._judge, self._forget = judge, forget
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ear")
        self._closed = False

    async def judge(self, speech: Speech) -> Verdict:
        if self._closed:
            raise SpeechError("the ear was closed", where="ear")
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._safely, speech)
        try:
            async with asyncio.timeout(speech.deadline_s):
                return await work
        except TimeoutError:
            raise SpeechError("no verdict before the deadline", where="ear") from None

    async def forget(self, call_id: str) -> None:
        if self._forget is not None:
            self._forget(call_id)

    async def close(self) -> None:
        self._closed = True
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    def _safely(self, speech: Speech) -> Verdict:
        try:
            return self._judge(speech)
        except SpeechError:
            raise
        except Exception as error:
            raise SpeechError(f"judging failed ({type(error).__name__})", where="ear") from None
