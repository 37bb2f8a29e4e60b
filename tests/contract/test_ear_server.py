"""Line and ear over real sockets: every piece gets an answer, or an error that says why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import zmq

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Band, Ground, Label, PendingNumber, SensitiveSpan, Verdict
from ivr.errors import ConfigurationError, HostError, SpeechError
from ivr.services.ports.hearing import ListenContext, Speech
from ivr.speech.client import ZmqEar
from ivr.speech.server import EarServer
from ivr.speech.wire import VERSION, encode_request
from tests.fakes.ear_server import CLEAR, Gatekeeper, serving
from tests.fakes.telephone import speech_of

_SECOND = np.zeros(8000, np.float32)


def _piece(
    number: int = 1, *, final: bool = True, deadline_s: float = 20.0, call_id: str | None = None, **more: Any
) -> Speech:
    return speech_of(
        _SECOND, final=final, piece_id=number, call_id=call_id or f"call-{number}", deadline_s=deadline_s, **more
    )


async def _entered(gate: Gatekeeper) -> None:
    assert await asyncio.to_thread(gate.entered.acquire, timeout=60)


async def _until(condition: Callable[[], bool]) -> None:
    """The server runs in a thread of its own and tells no one what it counts: look until it has counted it."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def _received(server: EarServer, count: int) -> None:
    await _until(lambda: server.metrics().received == count)


def test_a_verdict_comes_back_whole() -> None:
    verdict = Verdict(
        Label.REFUSAL_CONTACT,
        Band.ACT,
        0.93,
        1200,
        (SensitiveSpan("nir", 5, 9),),
        "pas intéressé",
        True,
        ground=Ground.CONTACT_REFUSED,
    )

    async def scenario(endpoint: str) -> Verdict:
        ear = ZmqEar([endpoint])
        try:
            return await ear.judge(_piece())
        finally:
            await ear.close()

    with serving(lambda speech: verdict) as (_, endpoint):
        assert asyncio.run(scenario(endpoint)) == verdict


def test_an_overloaded_ear_says_so_at_once_and_keeps_what_it_had() -> None:
    gate = Gatekeeper()

    async def scenario(server: EarServer, endpoint: str) -> None:
        ear = ZmqEar([endpoint])
        first = asyncio.create_task(ear.judge(_piece(1)))
        await _entered(gate)
        waiting = asyncio.create_task(ear.judge(_piece(2)))
        await _received(server, 2)
        with pytest.raises(SpeechError, match="overloaded"):
            await ear.judge(_piece(3))
        gate.open.set()
        assert [await first, await waiting] == [CLEAR, CLEAR]
        await ear.close()

    with serving(gate, capacity=1) as (server, endpoint):
        asyncio.run(scenario(server, endpoint))
        assert server.metrics().overloaded == 1


def test_speech_after_a_disclosure_takes_the_place_of_a_waiting_partial() -> None:
    gate = Gatekeeper()

    async def scenario(server: EarServer, endpoint: str) -> None:
        ear = ZmqEar([endpoint])
        first = asyncio.create_task(ear.judge(_piece(1)))
        await _entered(gate)
        partial = asyncio.create_task(ear.judge(_piece(2, final=False)))
        await _received(server, 2)
        urgent = asyncio.create_task(ear.judge(_piece(3, context=ListenContext(after_disclosure=True))))
        with pytest.raises(SpeechError, match="overloaded"):
            await partial
        gate.open.set()
        assert [await first, await urgent] == [CLEAR, CLEAR]
        await ear.close()

    with serving(gate, capacity=1) as (server, endpoint):
        asyncio.run(scenario(server, endpoint))


def test_a_partial_that_a_newer_piece_replaces_is_answered_as_stale() -> None:
    gate = Gatekeeper()

    async def scenario(server: EarServer, endpoint: str) -> None:
        ear = ZmqEar([endpoint])
        first = asyncio.create_task(ear.judge(_piece(1)))
        await _entered(gate)
        partial = asyncio.create_task(ear.judge(_piece(2, final=False, call_id="call")))
        await _received(server, 2)
        final = asyncio.create_task(ear.judge(_piece(3, call_id="call")))
        with pytest.raises(SpeechError, match="newer piece"):
            await partial
        gate.open.set()
        assert [await first, await final] == [CLEAR, CLEAR]
        await ear.close()

    with serving(gate) as (server, endpoint):
        asyncio.run(scenario(server, endpoint))
        assert server.metrics().stale == 1


def test_a_piece_that_waits_past_its_deadline_is_late_and_never_judged() -> None:
    gate = Gatekeeper()

    async def scenario(server: EarServer, endpoint: str) -> None:
        ear = ZmqEar([endpoint])
        first = asyncio.create_task(ear.judge(_piece(1)))
        await _entered(gate)
        with pytest.raises(SpeechError, match="deadline"):
            await ear.judge(_piece(2, deadline_s=0.05))
        await _until(lambda: server.metrics().late == 1)
        gate.open.set()
        await first
        await ear.close()

    with serving(gate) as (server, endpoint):
        asyncio.run(scenario(server, endpoint))
    assert [speech.piece.id for speech in gate.judged] == [1]


def test_a_judge_that_fails_is_a_speech_error_without_the_words() -> None:
    def fails(speech: Speech) -> Verdict:
        raise RuntimeError("je m'oppose")

    async def scenario(endpoint: str) -> None:
        ear = ZmqEar([endpoint])
        with pytest.raises(SpeechError, match="RuntimeError") as caught:
            await ear.judge(_piece())
        assert "oppose" not in str(caught.value)
        await ear.close()

    with serving(fails) as (server, endpoint):
        asyncio.run(scenario(endpoint))
        assert server.metrics().failed == 1


def test_an_ear_that_ends_finishes_what_it_judges_fails_the_rest_and_another_takes_its_place() -> None:
    gate = Gatekeeper()

    async def scenario() -> None:
        first = serving(gate)
        server, endpoint = first.__enter__()
        ear = ZmqEar([endpoint], patience_s=10.0)
        judged = asyncio.create_task(ear.judge(_piece(1)))
        await _entered(gate)
        waiting = asyncio.create_task(ear.judge(_piece(2)))
        await _until(lambda: server.metrics().depth == 1)
        server.stop()
        with pytest.raises(SpeechError, match="ending"):
            await waiting
        gate.open.set()
        assert await judged == CLEAR
        await asyncio.to_thread(first.__exit__, None, None, None)
        impatient = ZmqEar([endpoint], patience_s=0.05)
        with pytest.raises(SpeechError, match="gone"):
            await impatient.judge(_piece(3))
        await impatient.close()
        with serving(lambda speech: CLEAR, endpoint):
            assert await ear.judge(_piece(4)) == CLEAR
            await ear.close()

    asyncio.run(scenario())


def test_no_ear_at_all_is_a_speech_error_within_the_patience() -> None:
    async def scenario() -> None:
        ear = ZmqEar(["tcp://127.0.0.1:9"], patience_s=0.05)
        assert not await ear.ready(0.01)
        with pytest.raises(SpeechError, match="gone"):
            await ear.judge(_piece())
        await ear.close()
        with pytest.raises(SpeechError, match="closed"):
            await ear.judge(_piece())

    asyncio.run(scenario())


def test_closing_the_client_fails_who_still_waits() -> None:
    gate = Gatekeeper()

    async def scenario(endpoint: str) -> None:
        ear = ZmqEar([endpoint])
        asked = asyncio.create_task(ear.judge(_piece()))
        await _entered(gate)
        await ear.close()
        with pytest.raises(SpeechError, match="closed"):
            await asked
        gate.open.set()

    with serving(gate) as (_, endpoint):
        asyncio.run(scenario(endpoint))


def test_several_ears_share_the_work_and_one_channel_stays_with_one_ear() -> None:
    first, second = Gatekeeper(), Gatekeeper()
    first.open.set()
    second.open.set()

    async def scenario(endpoints: list[str]) -> None:
        ear = ZmqEar(endpoints)
        assert await ear.ready(60)
        await _until(lambda: all(peer.up.is_set() for peer in ear._peers))
        for number in range(20):
            await ear.judge(_piece(number, call_id=f"call-{number % 10}"))
        await ear.close()

    with serving(first) as (_, one), serving(second) as (_, two):
        asyncio.run(scenario([one, two]))
    heard = [{speech.call_id for speech in gate.judged} for gate in (first, second)]
    assert heard[0]
    assert heard[1]
    assert not heard[0] & heard[1]


def test_many_lines_share_one_ear() -> None:
    async def scenario(endpoint: str) -> None:
        # Eight connections at once may take a busy machine longer than the half second of a live call.
        ears = [ZmqEar([endpoint], patience_s=20) for _ in range(8)]
        try:
            verdicts = await asyncio.gather(*(ear.judge(_piece(n)) for ear in ears for n in range(5)))
            assert verdicts == [CLEAR] * 40
            metrics = await ears[0].metrics()
            assert metrics[endpoint]["judged"] == 40
        finally:
            for ear in ears:
                await ear.close()

    with serving(lambda speech: CLEAR, workers=2) as (_, endpoint):
        asyncio.run(scenario(endpoint))


def test_garbage_never_hurts_the_ear() -> None:
    good = encode_request_frames()
    hostile = [
        [b""],
        [b"", b"", b"", b"", b"", b""],
        [b"\x01", *good[1:]],
        [VERSION, b"{", b"ab"],
        [VERSION, b'{"id": "x"}', b"ab"],
        [VERSION, b'{"id": "x", "ask": "secrets"}'],
        [VERSION, good[1], b"too short"],
        [VERSION, good[1].replace(b'"deadline_s": 20.0', b'"deadline_s": -1e9'), good[2]],
        [bytes(range(256)) * 40],
    ]

    async def scenario(endpoint: str) -> None:
        ear = ZmqEar([endpoint])
        assert await ear.judge(_piece()) == CLEAR
        await ear.close()

    with serving(lambda speech: CLEAR) as (server, endpoint):
        with zmq.Context() as context, context.socket(zmq.DEALER) as attacker:
            attacker.setsockopt(zmq.LINGER, 1000)
            attacker.connect(endpoint)
            for frames in hostile:
                attacker.send_multipart(frames)
            asyncio.run(scenario(endpoint))
            for _ in range(2):  # the two that had an id, and the one past its deadline, are answered
                assert attacker.poll(10_000)
                attacker.recv_multipart()
        metrics = server.metrics()
    assert metrics.judged == 1
    assert metrics.malformed == 8
    assert metrics.late == 1


def encode_request_frames() -> list[bytes]:
    from ivr.speech.wire import Request

    return encode_request(Request("1", _piece()))


def test_an_address_others_can_reach_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="own machine"):
        ZmqEar(["tcp://0.0.0.0:5555"])


def test_an_address_in_use_is_an_environment_error() -> None:
    with serving(lambda speech: CLEAR) as (_, endpoint):
        second = EarServer(lambda speech: CLEAR)
        with pytest.raises(HostError, match="cannot listen") as caught:
            second.bind(endpoint)
        second.stop()
        second.run()
    assert caught.value.exit_code == 3


def test_the_line_tells_every_ear_that_a_call_is_over() -> None:
    async def scenario(endpoint: str) -> None:
        ear = ZmqEar([endpoint], patience_s=10.0)
        await ear.judge(speech_of(_SECOND))
        await ear.forget("call-1")
        await ear.metrics()
        await ear.close()
        await ear.forget("call-1")

    forgotten: list[str] = []
    with serving(lambda speech: CLEAR, forget=forgotten.append) as (_, endpoint):
        asyncio.run(scenario(endpoint))
    assert forgotten == ["call-1"]


def test_in_the_middle_of_a_number_a_channel_stays_with_the_ear_that_heard_its_beginning() -> None:
    async def scenario(*endpoints: str) -> None:
        ear = ZmqEar(endpoints, patience_s=10.0)
        async with asyncio.timeout(60):
            while len(await ear.metrics()) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await ear.judge(speech_of(_SECOND))
        begun = ear._last["call-1", Channel.CALLER]
        loop = asyncio.get_running_loop()
        begun.waiting.update({f"other-{n}": loop.create_future() for n in range(12)})
        going_on = speech_of(_SECOND, start_ms=2000, context=ListenContext(pending=PendingNumber(500, 16_000)))
        await ear.judge(going_on)
        assert ear._last["call-1", Channel.CALLER] is begun
        await ear.judge(speech_of(_SECOND, start_ms=4000))
        assert ear._last["call-1", Channel.CALLER] is not begun, "with nothing going on, the freer ear is taken"
        begun.waiting.clear()
        await ear.close()

    with serving(lambda speech: CLEAR) as (_, one), serving(lambda speech: CLEAR) as (_, two):
        asyncio.run(scenario(one, two))
