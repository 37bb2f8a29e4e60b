"""What a line costs: CPU of this process per call, with both taps drained. Run by `make bench`.

Alone: `python -m ivr.sip.benchmark`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from ivr.services.ports.telephony import IncomingCall, LegConfirmed, PromptEnded
from ivr.sip.line import PjsuaLine
from ivr.sip.settings import SipSettings
from ivr.sip.softphone_process import SoftphoneProcess

_DRAIN_S = 0.1
_SETTLE_S = 1.0


@dataclass(frozen=True)
class LineCost:
    """Percentages are of one core. `frames` were drained in `seconds`, `lost` were not there to be drained."""

    calls: int
    seconds: float
    idle_percent: float
    busy_percent: float
    frames: int
    lost: int

    @property
    def percent_per_call(self) -> float:
        """The whole process divided by its calls, idle cost included."""
        return self.busy_percent / self.calls


async def measure_line(
    *, calls: int = 4, seconds: float = 10.0, prompt: Path | None = None, settings: SipSettings | None = None
) -> LineCost:
    """Hold `calls` calls from softphones in processes of their own, and measure this process alone.

    With `prompt`, every leg is played it over and over meanwhile. Only loopback is used; at most the line's capacity
    of calls is held.
    """
    line = await PjsuaLine.open(settings or SipSettings())
    try:
        idle_percent, _, _ = await _measured(line, [], seconds / 2)
        calls = min(calls, line.capacity)
        async with AsyncExitStack() as stack:
            legs = []
            for _ in range(calls):
                phone = await stack.enter_async_context(SoftphoneProcess())
                await phone.call(line.uri)
                legs.append(await _up(line))
            if prompt is not None:
                for leg_id in legs:
                    line.play(leg_id, "prompt", prompt, loop=True)
            await asyncio.sleep(_SETTLE_S)
            for leg_id in legs:
                line.drain(leg_id)
            busy_percent, frames, lost = await _measured(line, legs, seconds)
        return LineCost(calls, seconds, idle_percent, busy_percent, frames, lost)
    finally:
        await line.close()


async def _up(line: PjsuaLine) -> str:
    while True:
        event = await line.next_event()
        if isinstance(event, IncomingCall):
            line.answer(event.leg_id)
        elif isinstance(event, LegConfirmed):
            return event.leg_id
        elif not isinstance(event, PromptEnded):
            raise RuntimeError(f"a benchmark call went wrong: {event}")


async def _measured(line: PjsuaLine, legs: list[str], seconds: float) -> tuple[float, int, int]:
    frames = lost = 0
    cpu, start = time.process_time(), time.monotonic()
    while time.monotonic() - start < seconds:
        await asyncio.sleep(_DRAIN_S)
        for leg_id in legs:
            while audio := line.drain(leg_id):
                frames += len(audio.spoken)
                lost += audio.lost_before
    return 100 * (time.process_time() - cpu) / (time.monotonic() - start), frames, lost


def main() -> None:
    prompt = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    cost = asyncio.run(measure_line(prompt=prompt))
    print(
        f"{cost.calls} calls, {cost.frames} frames, {cost.lost} lost: {cost.percent_per_call:.2f} % of a core per call "
        f"({cost.busy_percent:.2f} % in all, {cost.idle_percent:.2f} % idle)"
    )


if __name__ == "__main__":
    main()
