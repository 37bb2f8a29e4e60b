"""Pages of recordings for who may see them, each in the evidence; the same as a CSV file; searches that are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from ivr.domain.access import AccessRequest, Action
from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.events.base import ABSENT
from ivr.domain.evidence.events.house import Listed
from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.domain.search.query import PERSONAL, SCORES, RecordingQuery, parse_query
from ivr.errors import ConfigurationError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.runtime import Clock
from ivr.services.ports.search import RecordingPage, RecordingSearch, SavedSearch, SavedSearches
from ivr.services.ports.signing import EvidenceChain
from ivr.services.ports.vault import RecordingRow
from ivr.services.search.csv_text import CsvText

COLUMNS = (
    "recording_id",
    "call_id",
    "state",
    "program",
    "purpose",
    "opened_at",
    "duration_ms",
    "deadline",
    "gaps",
    "masks",
)
#: Rows of one file: more is no list that a person reads.
LONGEST_FILE = 100_000
_PAGE = 1_000
_LONGEST = 200
_LONGEST_NAME = 60
_MOST_SAVED = 100


@dataclass(frozen=True)
class ListFile:
    """A list as CSV (RFC 4180, UTF-8); `whole` is false when there were more rows than a file holds."""

    content: bytes
    rows: int
    whole: bool


class Listing:
    def __init__(
        self,
        gate: Gate,
        search: RecordingSearch,
        saved: SavedSearches,
        chain: EvidenceChain,
        clock: Clock,
        *,
        redactor: Redactor = REDACTOR,
    ) -> None:
        self._gate = gate
        self._search = search
        self._saved = saved
        self._chain = chain
        self._clock = clock
        self._redactor = redactor

    def open_to(self, request: AccessRequest, filters: Mapping[str, str]) -> None:
        """Raise ComplianceError, after noting a denial, for who may not list at all, or not by these filters."""
        self._gate.must_have(request)
        self._may_ask(request, {name for name, text in filters.items() if text.strip()})

    def page(self, request: AccessRequest, query: RecordingQuery) -> RecordingPage:
        """Return a page of what the actor may see; that it was shown stands in the evidence before it is returned.

        With `request.purpose` only recordings of that purpose are found; scores are looked for by who supervises.
        Raises ComplianceError after noting a denial, ArchiveError when `after` names no recording.
        """
        query = self._allowed(request, query)
        page = self._search.page(query)
        self._note(request, query, len(page.rows))
        return page

    def file(self, request: AccessRequest, query: RecordingQuery, *, longest: int = LONGEST_FILE) -> ListFile:
        """Return all that `page` would show from its beginning, as CSV. Raises what `page` raises."""
        query = replace(self._allowed(request, query), after="", limit=_PAGE)
        out = CsvText(COLUMNS)
        written, page = 0, self._search.page(query)
        while True:
            rows = page.rows[: longest - written]
            for row in rows:
                out.add(_cells(row))
            written += len(rows)
            left = len(rows) < len(page.rows) or bool(page.after)
            if not page.after or written >= longest:
                break
            page = self._search.page(replace(query, after=page.after))
        content = out.content
        self._note(request, query, written, hashlib.sha256(content).hexdigest())
        return ListFile(content, written, not left)

    def save(
        self,
        request: AccessRequest,
        name: str,
        filters: Mapping[str, str],
        *,
        zone: tzinfo,
        purposes: Collection[str],
    ) -> None:
        """Keep these filters under a name of the actor's. Raises what `open_to` raises, and ConfigurationError for what
        is no search, for one by a number (nobody's number is kept with a search), a name that is none, or one search
        too many."""
        self.open_to(request, filters)
        owner = request.actor.id
        title = " ".join(name.split())
        if not title or len(title) > _LONGEST_NAME or not title.isprintable():
            raise ConfigurationError(
                "that is no name for a search", key="name", remedy=f"give 1 to {_LONGEST_NAME} characters"
            )
        asked = {key: text.strip() for key, text in filters.items() if text.strip()}
        parse_query(asked, zone=zone, purposes=purposes)
        for key in sorted(PERSONAL & asked.keys()):
            raise ConfigurationError("a search by a number is not kept", key=key, remedy="save it without the number")
        known = self._saved.of(owner)
        if len(known) >= _MOST_SAVED and title not in {one.name for one in known}:
            raise ConfigurationError(
                f"{_MOST_SAVED} searches are kept already", key="name", remedy="remove one that is not used"
            )
        kept = {key: self._redactor.text(text) for key, text in asked.items()}
        self._saved.put(SavedSearch(owner, title, kept, self._clock.now()))

    def saved(self, owner: str) -> Sequence[SavedSearch]:
        """Searches of this owner, by name; nobody sees another's."""
        return self._saved.of(owner)

    def forget(self, owner: str, name: str) -> None:
        self._saved.remove(owner, name)

    def _may_ask(self, request: AccessRequest, filters: Collection[str]) -> None:
        if SCORES & {*filters}:
            self._gate.must_have(replace(request, action=Action.SUPERVISE))

    def _allowed(self, request: AccessRequest, query: RecordingQuery) -> RecordingQuery:
        self._gate.check_listing(request)
        self._may_ask(request, query.filters)
        if not request.purpose:
            return query
        if query.purpose not in ("", request.purpose):
            raise ConfigurationError(
                f"the list is for the purpose '{request.purpose}'",
                key="purpose",
                value=query.purpose,
                remedy="act for that other purpose, if it is open to you",
            )
        return replace(query, purpose=request.purpose)

    def _note(self, request: AccessRequest, query: RecordingQuery, count: int, sha256: str = "") -> None:
        listed = Listed(
            actor=request.actor.id[:_LONGEST],
            role=request.actor.role.value,
            purpose=request.purpose,
            reason=request.reason[:_LONGEST],
            filters=query.filters,
            count=count,
            sha256=sha256 or ABSENT,
        )
        self._chain.append(listed)


def _cells(row: RecordingRow) -> list[object]:
    tag = row.tag
    cells: list[object] = [
        tag.recording_id,
        tag.call_id,
        row.state.value,
        tag.program,
        tag.retention,
        stamp(tag.opened_at),
        row.sealed.duration_ms if row.sealed else "",
        _stamp(row.deadline),
        len(row.gaps),
        len(row.masks),
    ]
    return cells


def _stamp(at: datetime | None) -> str:
    return stamp(at) if at is not None else ""
