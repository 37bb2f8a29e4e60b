"""Calls from the line to sipp: answered, busy, declined, ringing for ever, not there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ivr.services.ports.telephony import LegConfirmed, LegDisconnected, LegProgress
from tests.ports import free_port
from tests.sip.raw_peer import HANGS_S
from tests.sip.rig import Rig, Sipp, rigged, run


async def _outcome(rig: Rig, uri: str, *, ring_timeout_s: float = HANGS_S) -> LegDisconnected:
    rig.line.place("out", uri, ring_timeout_s=ring_timeout_s)
    end = await rig.expect(LegDisconnected)
    assert end.leg_id == "out"
    await rig.all_free()
    return end


def test_a_party_that_answers_is_up_and_can_hang_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("callee_hangs_up", tmp_path) as sipp:
            rig.line.place("out", sipp.uri, ring_timeout_s=HANGS_S)
            assert (await rig.expect(LegProgress)).sip_status == 180
            assert (await rig.expect(LegConfirmed)).codec == "PCMA/8000"
            end = await rig.expect(LegDisconnected)
            assert (end.sip_status, end.by_peer, end.was_confirmed) == (200, True, True)
            assert end.hangup_cause == 31, "the Reason header of the BYE says so"
            await sipp.passed()

    run(scenario())


def test_the_engine_hangs_up_on_a_party_it_called(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("callee_waits", tmp_path) as sipp:
            rig.line.place("out", sipp.uri, ring_timeout_s=HANGS_S)
            await rig.expect(LegConfirmed)
            rig.line.hangup("out")
            end = await rig.expect(LegDisconnected)
            assert (end.sip_status, end.hangup_cause, end.by_peer) == (200, 16, False)
            await sipp.passed()

    run(scenario())


@pytest.mark.parametrize(
    ("party", "sip_status", "hangup_cause"),
    [("callee_busy", 486, 17), ("callee_declines", 603, 21), ("callee_refuses_with_reason", 500, 38)],
)
def test_a_party_that_refuses_gives_its_status_and_cause(
    tmp_path: Path, party: str, sip_status: int, hangup_cause: int
) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp(party, tmp_path) as sipp:
            end = await _outcome(rig, sipp.uri)
            assert (end.sip_status, end.hangup_cause) == (sip_status, hangup_cause)
            assert (end.by_peer, end.was_confirmed) == (True, False)
            await sipp.passed()

    run(scenario())


def test_a_party_that_never_answers_is_cancelled_and_ends_with_408(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("callee_never_answers", tmp_path) as sipp:
            start = time.monotonic()
            end = await _outcome(rig, sipp.uri, ring_timeout_s=0.8)
            assert (end.sip_status, end.hangup_cause, end.by_peer) == (408, 102, False)
            assert end.at - start > 0.7
            await sipp.passed()

    run(scenario())


def test_giving_up_a_call_that_rings_cancels_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("callee_never_answers", tmp_path) as sipp:
            rig.line.place("out", sipp.uri, ring_timeout_s=HANGS_S)
            await rig.expect(LegProgress)
            rig.line.hangup("out")
            end = await rig.expect(LegDisconnected)
            assert (end.sip_status, end.by_peer, end.was_confirmed) == (487, False, False)
            await sipp.passed()

    run(scenario())


def test_a_party_that_is_not_there_ends_soon() -> None:
    async def scenario() -> None:
        async with rigged() as rig:
            gone = await _outcome(rig, f"sip:nobody@127.0.0.1:{free_port()};transport=tcp", ring_timeout_s=5)
            assert (gone.sip_status, gone.was_confirmed) == (503, False)
            rig.line.place("mute", f"sip:nobody@127.0.0.1:{free_port()}", ring_timeout_s=0.5)
            end = await rig.expect(LegDisconnected)
            assert (end.sip_status, end.was_confirmed) == (408, False)
            assert rig.line.free_legs == rig.line.capacity - 1, "the library still waits for a first answer"

    run(scenario())


def test_what_is_not_a_sip_uri_is_not_dialled() -> None:
    async def scenario() -> None:
        async with rigged() as rig:
            end = await _outcome(rig, "+33 1 00 00 00 00")
            assert (end.sip_status, end.hangup_cause) == (484, 28)
            for length in (600, 1200, 20_000):
                assert (await _outcome(rig, f"sip:{'p' * length}@127.0.0.1")).sip_status == 484

    run(scenario())


def test_a_call_beyond_the_capacity_is_not_placed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged(max_calls=1) as rig, Sipp("callee_waits", tmp_path) as sipp:
            rig.line.place("out", sipp.uri, ring_timeout_s=HANGS_S)
            await rig.expect(LegConfirmed)
            rig.line.place("over", sipp.uri, ring_timeout_s=HANGS_S)
            end = await rig.expect(LegDisconnected)
            assert (end.leg_id, end.sip_status, end.hangup_cause) == ("over", 503, 34)
            rig.line.hangup("out")
            await sipp.passed()

    run(scenario())
