"""A member calls the hotline and nobody objects."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ivr.domain.call.state import CallState
from ivr.domain.recording.state import RecordingState
from ivr.services.ports.telephony import IncomingCall
from tests.fakes.exchange import DISCLOSURE_MS, Exchange, play


def test_a_call_without_objection_is_told_recorded_sealed_and_reported(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((4000, 6000))
        await x.media(12_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.disposition, row.sip_status, row.ended_by) == ("ANSWERED", 200, "caller")
        assert row.recording_state == "SEALED"
        assert row.recording_id == x.recording.tag.recording_id
        assert x.recording.state is RecordingState.SEALED
        assert x.said == ["hotline-disclosure", "hotline-menu"]
        assert x.call.state is CallState.REPORTED
        assert x.audit.kinds() == ["disclosure.played", "recording.started", "recording.sealed", "call.reported"]
        assert x.audit.verify() == []
        assert x.written[0] >= DISCLOSURE_MS
        assert x.written == list(range(x.written[0], 12_000, 20))

    play(tmp_path, scene)


def test_the_tag_tells_program_policy_rules_deadline_and_consent(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(5000)
        x.line.peer_hangs_up("a")
        await x.over()
        row = x.recording
        assert (row.tag.program, row.tag.activities, row.tag.retention) == (
            "hotline-quality",
            ("quality",),
            "quality_audio",
        )
        assert (row.tag.policy_id, row.tag.policy_version) == (x.deps.profile.id, x.deps.profile.version)
        assert {"REC-001", "REC-004"} <= set(row.tag.rule_ids)
        assert row.deadline == datetime(2027, 5, 21, 8, 0, tzinfo=UTC)
        assert row.consent["caller"]["state"] == "NOTIFIED"  # type: ignore[index]
        (move,) = row.consent["caller"]["moves"]  # type: ignore[index]
        assert move["prompt_id"] == "hotline-disclosure"
        assert row.gaps == [], row.gaps

    play(tmp_path, scene)


def test_the_evidence_of_the_disclosure_says_what_was_heard_of_it(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(3000)
        x.line.peer_hangs_up("a")
        await x.over()
        (played,) = x.of_audit("disclosure.played")
        assert played["heard_ms"] == DISCLOSURE_MS
        assert played["completed"] is True
        assert played["prompt_sha256"] == "0" * 64

    play(tmp_path, scene)


def test_a_caller_who_hangs_up_during_the_disclosure_leaves_nothing_stored(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((0, 1400))
        await x.media(1500)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.disposition, row.recording_state, row.recording_id) == ("ANSWERED", "WITHHELD", None)
        assert x.catalogue.rows == {}
        (played,) = x.of_audit("disclosure.played")
        assert (played["completed"], played["heard_ms"]) == (False, 1500)
        assert len(x.commands("play")) == 1

    play(tmp_path, scene)


def test_a_call_that_is_not_drawn_for_recording_is_told_and_never_recorded(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((3000, 4000))
        await x.media(8000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.recording_state, row.recording_id) == ("WITHHELD", None)
        assert x.said == ["hotline-disclosure", "hotline-menu"]
        assert x.written == []
        assert x.audit.kinds() == ["disclosure.played", "call.reported"]

    play(tmp_path, scene, changes={"sampling_rate": 0.0, "systematic_basis": ""})


def test_hold_pauses_the_recording_and_leaves_a_gap(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((3000, 4000), (6500, 7500), (10_000, 11_000))
        await x.media(6000)
        x.line.hold("a")
        await x.media(9000)
        x.line.hold("a", held=False)
        await x.media(15_000)
        x.line.peer_hangs_up("a")
        await x.over()
        (gap,) = x.recording.gaps
        assert gap == {"start_ms": 6000, "end_ms": 9000, "cause": "hold"}
        assert not [at for at in x.written if 6000 <= at < 9000]
        assert {5980, 9000, 14_980} <= set(x.written)
        assert "recording.held" in x.audit.kinds()
        assert "recording.resumed" in x.audit.kinds()
        states = [item["state"] for item in x.feed.of("recording.state")]
        assert states == ["CAPTURING", "PAUSED", "CAPTURING", "SEALED"]

    play(tmp_path, scene)


def test_what_is_forbidden_to_keep_is_written_as_silence(tmp_path: Path) -> None:
    from dataclasses import replace

    from ivr.domain.audio.channel import Channel
    from ivr.domain.hearing.verdict import SensitiveSpan
    from tests.fakes.ear import NOTHING

    async def scene(x: Exchange) -> None:
        card = replace(NOTHING, sensitive=(SensitiveSpan("card", 12_000, 13_000),))
        x.ear.when_said(Channel.CALLER, 12_000, 13_000, card)
        x.ring((11_900, 13_200))
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "SEALED"
        assert not [at for at in x.written if 9000 < at < 15_000]
        assert {8000, 16_000} <= set(x.written)
        assert [mask["kind"] for mask in x.recording.masks] == ["card"]
        assert x.of_audit("sensitive.masked")[0]["kind"] == "card"

    play(tmp_path, scene)


def test_a_caller_beyond_capacity_hears_busy(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line._capacity = 1
        x.ring()
        await x.until("call.rejected")
        assert x.commands("reject") == [("reject", "a", 503)]
        assert x.control.active == 0

    play(tmp_path, scene, changes={"agent_uri": "sip:conseil@agents.invalid"})


def test_a_program_that_does_not_exist_refuses_that_call_and_serves_the_next(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.control._routes.users["odd"] = "no-such-program"  # type: ignore[index]
        x.line.feed(IncomingCall("odd", "odd@fake", "sip:x@y", "sip:odd@fake.invalid", 0.0))
        await x.until("call.rejected", sip_status=500)
        x.ring()
        await x.media(3000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"

    play(tmp_path, scene)


def test_gaps_of_one_cause_that_touch_are_one_in_whatever_order_they_were_noted(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(4000)
        capture = x.call.capture
        for start_ms in (2000, 2040, 2020, 2100):
            capture.lost(start_ms, start_ms + 20)
        assert [(gap.start_ms, gap.end_ms, gap.cause) for gap in capture.gaps] == [
            (2000, 2060, "overflow"), (2100, 2120, "overflow")
        ]  # fmt: skip
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene)
