"""Listening: nobody hears what the rules forbid, what is destroyed stops, and the evidence says how much was heard."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ivr.domain.access import AccessRequest, Action, Actor, Audience, Role
from ivr.errors import ArchiveError, ComplianceError, HostError
from ivr.recording.opus import OpusCodec
from ivr.services.export.access_gate import Gate
from ivr.services.listening.listening import Listening, ListeningRoom
from tests.databases import fresh_url
from tests.retention_rig import CALLED, RetentionRig, settings

SECOND = b"\x10\x00\x00\x01" * 8000


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RetentionRig]:
    monkeypatch.setattr("tests.retention_rig.SOUND", SECOND * 20)
    rig = RetentionRig(fresh_url("sqlite", tmp_path))
    rig.record("one")
    rig.record("sale", tag="sales_audio")
    rig.clock.at = CALLED + timedelta(days=1)
    yield rig
    rig.close()


def room(rig: RetentionRig) -> ListeningRoom:
    gate = Gate(rig.ledger, rig.audit, rig.clock, policy=settings().access, table=rig.table, profile=rig.profile)
    ids = itertools.count(1)
    return ListeningRoom(gate, rig.vault.ports, new_id=lambda: f"listening-{next(ids)}")


def ask(role: Role = Role.QUALITY_ANALYST, reason: str = "évaluation", **more: Any) -> AccessRequest:
    return AccessRequest(Actor("someone", role), Action.LISTEN, reason=reason, **more)


def open_one(rig: RetentionRig) -> Listening:
    return room(rig).open(ask(), "one")


def told(rig: RetentionRig, kind: str) -> list[dict[str, Any]]:
    return [dict(event.body) for event in rig.audit.events() if event.kind == kind]


def test_what_is_played_piece_by_piece_is_the_recording_and_each_second_counts_once(rig: RetentionRig) -> None:
    listening = open_one(rig)
    assert told(rig, "recording.listening") == [
        {
            "actor": "someone",
            "role": "quality_analyst",
            "purpose": "quality_audio",
            "reason": "évaluation",
            "listening_id": "listening-1",
        }
    ]
    played, at = b"", 0
    while at < listening.size:
        piece = listening.piece(f"bytes={at}-", most=1000)
        assert (piece.range.status, piece.range.start, piece.media_type[:9]) == (206, at, "audio/ogg")
        played += piece.body
        at += len(piece.body)
    assert OpusCodec().decode(played).duration_ms == 20_000
    listening.piece("bytes=0-")
    assert listening.piece(f"bytes={listening.size}-").range.status == 416
    assert listening.heard_ms == 20_000
    listening.close()
    listening.close()
    (ended,) = told(rig, "recording.listened")
    assert (ended["heard_ms"], ended["given_ms"], ended["duration_ms"], ended["ended"]) == (
        20_000, 20_000, 20_000, "closed",
    )  # fmt: skip
    assert (ended["listening_id"], ended["actor"], ended["purpose"]) == ("listening-1", "someone", "quality_audio")
    with pytest.raises(ArchiveError, match="has ended"):
        listening.piece()


def test_what_was_fetched_ahead_and_not_played_is_not_heard_and_nothing_counts_that_was_not_given(
    rig: RetentionRig,
) -> None:
    listening = open_one(rig)
    listening.piece(most=listening.offset(10_000))
    given = listening.given_ms
    assert listening.heard_ms == given
    assert abs(given - 10_000) <= 1_000
    listening.played([])
    assert listening.heard_ms == 0
    listening.played([(0, 2_000)])
    listening.played([(1_000, 3_000), (given - 500, 20_000)])
    assert listening.heard_ms == 3_500
    listening.leave([(5_000, 5_250)])
    listening.leave([(0, 20_000)])
    (ended,) = told(rig, "recording.listened")
    assert (ended["heard_ms"], ended["given_ms"], ended["ended"]) == (3_750, given, "closed")


def test_a_player_that_tells_what_it_played_learns_that_it_may_not_go_on(rig: RetentionRig) -> None:
    listening = open_one(rig)
    listening.piece()
    rig.vault.discard_stored("one", rule_id="REC-005", reason="objection")
    with pytest.raises((ArchiveError, ComplianceError), match=r"destroyed|PURGED"):
        listening.played([(0, 4_000)])
    (ended,) = told(rig, "recording.listened")
    assert ended["heard_ms"] == 4_000


def test_peaks_are_given_to_whoever_may_hear_and_are_no_sound_that_was_heard(rig: RetentionRig) -> None:
    listening = open_one(rig)
    caller, agent = listening.peaks().lanes
    assert (len(caller), len(agent)) == (200, 200)
    assert listening.given_ms == 0
    rig.vault.discard_stored("one", rule_id="REC-005", reason="objection")
    with pytest.raises((ArchiveError, ComplianceError), match=r"destroyed|PURGED"):
        listening.peaks()
    assert told(rig, "recording.listened")[0]["ended"] in ("gone", "denied")


def test_only_what_was_handed_over_counts(rig: RetentionRig) -> None:
    listening = open_one(rig)
    start = listening.offset(10_000)
    assert listening.heard_ms == 0
    listening.piece(f"bytes={start}-", most=listening.offset(15_000) - start)
    assert abs(listening.heard_ms - 5_000) <= 1_000
    assert OpusCodec().decode(listening.from_moment(18_000)).duration_ms >= 1_000
    assert abs(listening.heard_ms - 7_000) <= 1_600


@pytest.mark.parametrize(
    ("request_", "recording_id"),
    [
        (ask(reason=" "), "one"),
        (ask(), "sale"),
        (ask(Role.OPERATOR), "one"),
        (ask(Role.AGENT), "one"),
        (ask(audience=Audience.SUBJECT, reference="D-1"), "one"),
        (ask(purpose="sales_audio"), "one"),
    ],
)
def test_who_may_not_hears_nothing(request_: AccessRequest, recording_id: str, rig: RetentionRig) -> None:
    with pytest.raises(ComplianceError) as refused:
        room(rig).open(request_, recording_id)
    assert refused.value.rules
    assert told(rig, "recording.listening") == []


def test_what_is_destroyed_while_it_plays_stops_and_says_so(rig: RetentionRig) -> None:
    listening = open_one(rig)
    listening.piece(most=1000)
    heard = listening.heard_ms
    assert heard > 0
    rig.vault.discard_stored("one", rule_id="REC-005", reason="objection")
    with pytest.raises((ArchiveError, ComplianceError), match=r"destroyed|PURGED"):
        listening.piece()
    (ended,) = told(rig, "recording.listened")
    assert (ended["ended"] in ("gone", "denied"), ended["heard_ms"]) == (True, heard)
    with pytest.raises(ArchiveError, match="has ended"):
        listening.from_moment(0)
    listening.close()
    assert len(told(rig, "recording.listened")) == 1


def test_a_key_that_is_gone_stops_it_even_before_the_rest_of_the_destruction(rig: RetentionRig) -> None:
    listening = open_one(rig)
    rig.catalogue.destroy_keys(["one"])
    with pytest.raises(ArchiveError):
        listening.piece()
    assert told(rig, "recording.listened")[0]["ended"] == "gone"


def test_a_file_that_is_gone_stops_it(rig: RetentionRig) -> None:
    listening = open_one(rig)
    rig.store.delete("one")
    with pytest.raises(ArchiveError, match="missing"):
        listening.piece()
    assert listening.ended == "gone"


def test_a_purpose_that_ends_while_it_plays_stops_it(rig: RetentionRig) -> None:
    listening = open_one(rig)
    rig.clock.at = CALLED + timedelta(days=400)
    with pytest.raises(ComplianceError):
        listening.piece()
    assert listening.ended == "denied"
    assert told(rig, "access.denied")


def test_a_restriction_that_comes_while_it_plays_stops_it_and_says_so(
    rig: RetentionRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening = open_one(rig)
    stored = rig.ledger.stored

    def restricted(ids: Any) -> Any:
        return [replace(one, artefact=replace(one.artefact, restricted=True)) for one in stored(ids)]

    monkeypatch.setattr(rig.ledger, "stored", restricted)
    with pytest.raises(ComplianceError, match="restricted"):
        listening.piece()
    assert listening.ended == "denied"
    with pytest.raises(ComplianceError, match="restricted"):
        open_one(rig)


def test_nothing_is_heard_when_that_cannot_be_written_down(rig: RetentionRig, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    opened = rig.store.sound

    def watched(*given: Any) -> Any:
        sound = opened(*given)
        monkeypatch.setattr(sound, "close", lambda: closed.append(True))
        return sound

    def full(*_: object, **__: object) -> None:
        raise HostError("no room")

    monkeypatch.setattr(rig.store, "sound", watched)
    monkeypatch.setattr(rig.audit, "append", full)
    with pytest.raises(HostError):
        open_one(rig)
    assert closed == [True]


def test_a_database_that_is_away_for_a_moment_ends_nothing(rig: RetentionRig, monkeypatch: pytest.MonkeyPatch) -> None:
    listening = open_one(rig)

    def away(_: object) -> None:
        raise HostError("the database does not answer")

    with monkeypatch.context() as gone:
        gone.setattr(rig.ledger, "stored", away)
        with pytest.raises(HostError):
            listening.piece()
    assert listening.piece().body
    assert listening.ended == ""


def test_a_listening_shows_no_sound(rig: RetentionRig) -> None:
    listening = open_one(rig)
    assert repr(listening) == "Listening('listening-1', 'one', open)"
    assert "body" not in repr(listening.piece())
