"""Accounts through which an authority looks at what its request lists: opened with an end, and ended (RET-004)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.domain.access import AccessRequest
from ivr.domain.account.account import VIEWER_PREFIX
from ivr.domain.authority import requisition as domain
from ivr.domain.authority.requisition import Requisition, Viewer, must_be_as_seen
from ivr.domain.evidence.events import authority as events
from ivr.domain.redaction.redactor import Redactor
from ivr.domain.rights.desk_words import kept_line
from ivr.errors import ConfigurationError
from ivr.services.account.invitations import Invitations
from ivr.services.authority.requisition_file import ROOM, CaseFiles, export_of, holders_of, requisition_of
from ivr.services.export.access_gate import Gate
from ivr.services.ports.cases import Case, CaseBook, Content
from ivr.services.ports.evidence import Entry
from ivr.services.ports.runtime import Clock

_LONGEST = 200


@dataclass(frozen=True)
class Viewers:
    """Both raise ComplianceError after a denial was noted, ArchiveError for an unknown case."""

    book: CaseBook
    gate: Gate
    clock: Clock
    files: CaseFiles
    invitations: Invitations
    redactor: Redactor
    new_id: Callable[[], str]
    longest_view: timedelta

    def admit(self, asked: AccessRequest, case_id: str, holder: str, until: datetime) -> tuple[str, str]:
        """Open an account for the authority; return its login and the token of its one-time link, shown this once.

        Raises ComplianceError, as the export does, for whoever may not hand out what is listed, or approved it, and
        before it is approved; ConfigurationError for an end too far away, or no holder.
        """
        self.gate.check(asked)
        name = kept_line("holder", holder, redactor=self.redactor)
        if not name:
            raise ConfigurationError("who asks must be said", key="holder", remedy="write their name as they give it")
        allowed = requisition_of(self.book.get(case_id, ROOM)[0])
        # Whoever holds the link hears what is listed: it is for the one who may hand out a copy of it.
        self.gate.check(export_of(asked, allowed), allowed.items)
        login = f"{VIEWER_PREFIX}{self.new_id()[-8:]}"

        def change(case: Case, content: Content) -> tuple[Case, Content]:
            must_be_as_seen(requisition_of(case).granted == allowed.granted)
            viewer = Viewer(login, until)
            admitted = domain.admit(requisition_of(case), viewer, longest=self.longest_view, now=self.clock.now())
            return self.files.case_of(admitted), {**content, "holders": {**holders_of(content), login: name}}

        self.book.change(case_id, ROOM, change, lambda case: _entry(events.ViewerAdmitted, asked, case, login))
        # Afterwards: a link that the file does not know would open what nobody can end from its page.
        return login, self.invitations.invite_viewer(login, asked.actor, case_id=case_id, expires_at=until)

    def dismiss(self, asked: AccessRequest, case_id: str, login: str) -> None:
        """End an account of the authority and its sessions at once."""
        self.gate.check(asked)

        def ended(case: Case) -> Requisition:
            return domain.dismiss(requisition_of(case), login, now=self.clock.now())

        reference = ended(self.book.get(case_id, ROOM)[0]).reference
        # First of all: a file that says so of an account that goes on would mislead whoever reads it.
        self.invitations.end_viewer(login, reference, asked.actor)
        self.book.change(
            case_id,
            ROOM,
            lambda case, content: (self.files.case_of(ended(case)), content),
            lambda case: _entry(events.ViewerDismissed, asked, case, login),
        )


def _entry(kind: type[events.ViewerStep], asked: AccessRequest, case: Case, login: str) -> Entry:
    it = requisition_of(case)
    until = next(one.until for one in it.viewers if one.login == login)
    event = kind(
        case_id=it.id,
        reference=it.reference,
        actor=asked.actor.id[:_LONGEST],
        role=asked.actor.role.value,
        login=login,
        until=until,
    )
    return Entry(event)
