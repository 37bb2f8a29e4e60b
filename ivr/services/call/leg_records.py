"""What becomes of each leg of a call, for its report (docs/cdr.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from ivr.domain.call.masked_party import masked_party
from ivr.domain.call.party import Direction, PartyRole
from ivr.domain.call.voice_quality import estimate
from ivr.domain.evidence.chain import stamp
from ivr.services.call.agent_label import agent_label
from ivr.services.ports.evidence import LegRow
from ivr.services.ports.telephony import LegConfirmed, LegDisconnected, LegMedia

BY_PEER, BY_ENGINE = "peer", "engine"
#: G.711 as it is sent here: one packet holds 20 ms, which its sender has waited for.
_PACKET_MS = 20
_TIMES = ("began_at", "answered_at", "ended_at")


@dataclass
class _Leg:
    role: PartyRole
    direction: Direction
    peer: str
    began_at: datetime
    answered_at: datetime | None = None
    codec: str = ""
    ended_at: datetime | None = None
    end: LegDisconnected | None = None


class LegRecords:
    """One per call; legs are known by their id, in the order in which they began."""

    def __init__(self) -> None:
        self._legs: dict[str, _Leg] = {}

    def began(self, leg_id: str, role: PartyRole, direction: Direction, uri: str, at: datetime) -> None:
        """A leg came in or is placed. Of `uri` the label of an agent is kept, or what masking leaves."""
        peer = agent_label(uri) if role is PartyRole.AGENT else masked_party(uri)
        self._legs.setdefault(leg_id, _Leg(role, direction, peer, at))

    def answered(self, event: LegConfirmed, at: datetime) -> None:
        if leg := self._legs.get(event.leg_id):
            leg.answered_at, leg.codec = at, event.codec

    def ended(self, event: LegDisconnected, at: datetime) -> None:
        if leg := self._legs.get(event.leg_id):
            leg.ended_at, leg.end = at, event

    def rows(self, call_id: str, at: datetime) -> tuple[LegRow, ...]:
        """Return what is reported of them. A leg whose end nobody told ends with its call, `at`, with status 0."""
        return tuple(_row(leg_id, call_id, leg, at) for leg_id, leg in self._legs.items())


def legs_body(rows: Sequence[LegRow]) -> list[dict[str, object]]:
    """Return legs as a note holds them, for `legs_in`."""
    return [
        {name: stamp(value) if isinstance(value, datetime) else value for name, value in vars(row).items()}
        for row in rows
    ]


def legs_in(body: object) -> tuple[LegRow, ...]:
    """Read what `legs_body` wrote; a note of before there were legs has none."""
    if not isinstance(body, list):
        return ()
    return tuple(LegRow(**_read(leg)) for leg in body if isinstance(leg, Mapping))


def _read(leg: Mapping[str, Any]) -> dict[str, Any]:
    known = {field.name for field in fields(LegRow)}
    found = {name: value for name, value in leg.items() if name in known}
    return found | {name: datetime.fromisoformat(found[name]) for name in _TIMES if found.get(name)}


def _row(leg_id: str, call_id: str, leg: _Leg, at: datetime) -> LegRow:
    end = leg.end
    ended_by = "" if end is None else BY_PEER if end.by_peer else BY_ENGINE
    row = LegRow(
        leg_id=leg_id,
        call_id=call_id,
        role=leg.role.value,
        direction=leg.direction.value,
        peer=leg.peer,
        began_at=leg.began_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at or at,
        ended_by=ended_by,
        sip_status=end.sip_status if end is not None else 0,
        hangup_cause=end.hangup_cause if end is not None else 0,
        codec=leg.codec,
    )
    return row if end is None or end.media is None else _with_media(row, end.media)


def _with_media(row: LegRow, media: LegMedia) -> LegRow:
    """Add what RTP and RTCP told, and what they let one think of the sound."""
    half_way_ms = (media.round_trip_ms or 0.0) / 2
    heard = media.received + media.lost
    mos = far_mos = None
    if heard:
        share = (media.lost + media.discarded) / heard
        mos = estimate(media.codec, loss=share, delay_ms=half_way_ms + _PACKET_MS + (media.buffer_ms or 0.0))
    if media.sent and media.far_lost is not None:
        # How long audio waits in the party's own jitter buffer is told by nobody.
        far_mos = estimate(media.codec, loss=media.far_lost / media.sent, delay_ms=half_way_ms + _PACKET_MS)
    told = {name: value for name, value in vars(media).items() if name != "codec"}
    return LegRow(**vars(row) | told | {"codec": media.codec or row.codec, "mos": mos, "far_mos": far_mos})
