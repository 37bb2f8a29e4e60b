"""Details of calls and their legs (CDR) for who may see them, each look in the evidence: docs/cdr.md."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from ivr.domain.access import CALL_REPORT, AccessRequest
from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.events.base import ABSENT
from ivr.domain.evidence.events.house import CallsListed
from ivr.domain.search.query import parse_query
from ivr.errors import ConfigurationError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.call_details import CallDetail, CallDetails, DetailQuery
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import EvidenceChain
from ivr.services.search.csv_text import CsvText
from ivr.services.search.listing import LONGEST_FILE
from ivr.services.search.report_term import ReportTerm

FILTERS = ("since", "until", "program", "disposition")
#: A field of the call: its name in a record, and in CallRow.
_OF_CALL = {
    "call_id": "call_id",
    "program": "program",
    "call_direction": "direction",
    "disposition": "disposition",
    "call_began_at": "started_at",
    "call_answered_at": "answered_at",
    "call_ended_at": "ended_at",
    "call_ended_by": "ended_by",
    "queue_wait_ms": "queue_wait_ms",
    "agent": "agent",
    "recording_id": "recording_id",
    "recording_state": "recording_state",
    "node_id": "node_id",
}
_OF_LEG = (
    "leg_id",
    "role",
    "direction",
    "peer",
    "began_at",
    "answered_at",
    "ended_at",
    "ended_by",
    "sip_status",
    "hangup_cause",
    "codec",
    "received",
    "lost",
    "discarded",
    "jitter_ms",
    "jitter_max_ms",
    "buffer_ms",
    "sent",
    "far_lost",
    "far_jitter_ms",
    "round_trip_ms",
    "mos",
    "far_mos",
)
COLUMNS = (*_OF_CALL, *_OF_LEG)
_LONGEST = 200


@dataclass(frozen=True)
class Details:
    """A page of calls, and `after`, where the next one begins; empty when there are no more."""

    calls: tuple[CallDetail, ...]
    after: str


@dataclass(frozen=True)
class DetailFile:
    """So many calls and legs as CSV (RFC 4180, UTF-8); `whole` is false when there were more than a file holds."""

    content: bytes
    calls: int
    legs: int
    whole: bool


class CallDetailListing:
    """`due` returns when the report of a call that began then is to be destroyed: it is shown to nobody any more."""

    def __init__(
        self, gate: Gate, details: CallDetails, chain: EvidenceChain, clock: Clock, due: Callable[[datetime], datetime]
    ) -> None:
        self._gate = gate
        self._details = details
        self._chain = chain
        self._clock = clock
        self._due = due

    def open_to(self, request: AccessRequest) -> None:
        """Raise ComplianceError, after noting a denial, for who has no right to see any, whatever the reason."""
        self._gate.must_have(replace(request, purpose=CALL_REPORT))

    def page(self, request: AccessRequest, query: DetailQuery) -> Details:
        """Return a page; that it was shown stands in the evidence before it is returned.

        It is shown for the purpose of call reports. Raises ComplianceError after noting a denial, ConfigurationError
        for a request for another purpose.
        """
        request = self._allowed(request)
        term = ReportTerm.at(self._clock.now(), self._due)
        found = self._details.page(_within(term, query))
        shown = tuple(detail for detail in found if term.holds(detail.call.started_at))
        self._note(request, query, len(shown))
        return Details(shown, _place(found[-1]) if len(found) == query.limit else "")

    def file(self, request: AccessRequest, query: DetailQuery, *, longest: int = LONGEST_FILE) -> DetailFile:
        """Return all calls of a query as CSV, one row for each leg. Raises what `page` raises."""
        request = self._allowed(request)
        term = ReportTerm.at(self._clock.now(), self._due)
        out = CsvText(COLUMNS)
        rows = calls = legs = 0
        whole = True
        for detail in self._details.each(_within(term, query)):
            if not term.holds(detail.call.started_at):
                continue
            if rows >= longest:
                whole = False
                break
            calls += 1
            legs += len(detail.legs)
            for record in records_of(detail):
                rows += 1
                out.add(_cell(value) for value in record.values())
        self._note(request, query, calls, hashlib.sha256(out.content).hexdigest())
        return DetailFile(out.content, calls, legs, whole)

    def _allowed(self, request: AccessRequest) -> AccessRequest:
        asked = replace(request, purpose=CALL_REPORT)
        self._gate.check(asked)
        if request.purpose not in ("", CALL_REPORT):
            raise ConfigurationError(
                f"the list is for the purpose '{CALL_REPORT}'",
                key="purpose",
                value=request.purpose,
                remedy="act for that purpose, or for none",
            )
        return asked

    def _note(self, request: AccessRequest, query: DetailQuery, count: int, sha256: str = "") -> None:
        given = dict(zip(FILTERS, (query.since, query.until, query.program, query.dispositions), strict=True))
        self._chain.append(
            CallsListed(
                actor=request.actor.id[:_LONGEST],
                role=request.actor.role.value,
                purpose=request.purpose,
                reason=request.reason[:_LONGEST],
                filters=tuple(name for name in FILTERS if given[name]),
                count=count,
                sha256=sha256 or ABSENT,
            )
        )


def records_of(detail: CallDetail) -> Iterator[dict[str, object]]:
    """Return a record for each leg of a call, with the fields of `COLUMNS`; without legs one without theirs."""
    call = {name: getattr(detail.call, field) for name, field in _OF_CALL.items()}
    for leg in detail.legs or (None,):
        yield call | {name: getattr(leg, name, None) for name in _OF_LEG}


def detail_query(given: Mapping[str, str], *, zone: tzinfo, after: str = "", limit: int = 50) -> DetailQuery:
    """Return what these filters ask for, as people type them; `after` is where the page before ended.

    Raises ConfigurationError with the filter's name, as `parse_query`.
    """
    for name in given:
        if name not in FILTERS:
            raise ConfigurationError("there is no such filter", key=name, remedy=", ".join(FILTERS))
    asked = parse_query(given, zone=zone, purposes=(), limit=limit)
    return DetailQuery(
        since=asked.since,
        until=asked.until,
        program=asked.program,
        dispositions=tuple(one.value for one in asked.dispositions),
        after=_moment_and_id(after) if after else None,
        limit=limit,
    )


def _within(term: ReportTerm, query: DetailQuery) -> DetailQuery:
    return replace(query, since=max(query.since, term.oldest) if query.since else term.oldest)


def _place(last: CallDetail) -> str:
    return f"{stamp(last.call.started_at)}/{last.call.call_id}"


def _moment_and_id(place: str) -> tuple[datetime, str]:
    moment, _, call_id = place.partition("/")
    try:
        found = datetime.fromisoformat(moment)
        if found.tzinfo is None:
            raise ValueError(moment)
        return found.astimezone(UTC), call_id
    except (ValueError, OverflowError):
        raise ConfigurationError(
            "that is no place in a list", key="after", remedy="give what the page before gave"
        ) from None


def _cell(value: object) -> object:
    return "" if value is None else stamp(value) if isinstance(value, datetime) else value
