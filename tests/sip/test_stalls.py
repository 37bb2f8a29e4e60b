"""A network that stalls and then brings everything at once: what follows lies where it was said."""

from __future__ import annotations

import asyncio

import pytest

from tests.sip.rig import level_at, rigged, run
from tests.sip.udp_phone import ALAW_SILENCE, FRAME_S, LOUD, UdpPhone, paced

_EVERY = 50
"""A loud frame every second: where it lies in the audio tells how late the audio is."""


def _frame(number: int) -> bytes:
    return LOUD if number % _EVERY == 0 else ALAW_SILENCE


async def _places(*, stall_s: float, after_s: float) -> tuple[int, list[int]]:
    """Return in which place of their second the loud frames lay before a stall, and in which they lay after it."""
    async with rigged() as rig, UdpPhone(rig.line.port) as phone:
        leg_id = await phone.dial(rig)
        spoken = b""

        async def listen() -> None:
            nonlocal spoken
            while True:
                spoken += (await rig.hear(leg_id, 0.2))[0]

        listening = asyncio.create_task(listen())
        loop = asyncio.get_running_loop()
        before = 3 * _EVERY
        await paced(phone.send_rtp, [_frame(number) for number in range(before)])
        begin = loop.time()
        await asyncio.sleep(stall_s)
        late = round((loop.time() - begin) / FRAME_S)
        for number in range(before, before + late):
            phone.send_rtp(_frame(number))
        stalled_until = len(spoken) // 320
        after = range(before + late, before + late + round(after_s / FRAME_S))
        await paced(phone.send_rtp, [_frame(number) for number in after])
        await asyncio.sleep(0.3)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        loud = [at for at in range(len(spoken) // 320) if level_at(spoken[320 * at : 320 * at + 320], 1000) > 4000]
        return loud[1] % _EVERY, [at % _EVERY for at in loud if at > stalled_until]


def _late(place: int, usual: int) -> int:
    """By how many frames, in either direction."""
    return abs((place - usual + _EVERY // 2) % _EVERY - _EVERY // 2)


@pytest.mark.parametrize("stall_s", [0.8, 2.0])
def test_after_a_stall_and_its_burst_the_audio_is_aligned_again_within_60_ms(stall_s: float) -> None:
    async def scenario() -> None:
        usual, after = await _places(stall_s=stall_s, after_s=6.0)
        # By how much differs: a busy machine sends the burst less densely. It must be more than is allowed at the end.
        assert max(_late(place, usual) for place in after[:2]) > 3, "the burst has filled the jitter buffer"
        assert [_late(place, usual) <= 3 for place in after[-2:]] == [True, True], (usual, after)

    run(scenario())
