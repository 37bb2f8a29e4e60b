"""What the desk does with what was found: a copy, an erasure with its certificate, a restriction, a bar, a hold.

Each act belongs to a request of somebody who is identified, concerns a recording found by their own numbers, and stands
in the evidence with the request's reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ivr.domain.access import AccessRequest, Action, Audience
from ivr.domain.consent.bar import KnownBy
from ivr.domain.evidence.events.destruction import Certificate
from ivr.domain.evidence.events.house import Denied
from ivr.domain.evidence.events.objection import Barred
from ivr.domain.evidence.events.rights import RequestActed
from ivr.domain.retention.legal_hold import LegalHold
from ivr.domain.rights.acts import Act
from ivr.domain.rights.request import RequestState, RightsRequest
from ivr.domain.rights.third_voice import VoiceGround, decide_third_voice
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.consent import barring
from ivr.services.export.exporter import Exporter
from ivr.services.export.lane_silence import with_silence
from ivr.services.ports.cases import Case, CaseBook, Content
from ivr.services.ports.evidence import DoNotCallRegister, Entry
from ivr.services.ports.retention import RetentionLedger
from ivr.services.retention.legal_holds import Holds
from ivr.services.rights.findings import Findings, FoundRecording
from ivr.services.rights.request_file import acts_of, request_of, requester_of
from ivr.services.rights.requests import ROOM
from ivr.services.vault.vault import Vault

#: By which rule the vault destroys at a person's request: article 17.
ERASURE = "GDP-002"
#: A person's objection to sales calls, noted by the desk.
OBJECTION = "CAN-012"
_FREEZE = "DSAR pending"
_REVIEW = timedelta(days=90)


@dataclass(frozen=True)
class Acting:
    """`scopes` are those of the programmes that call people."""

    book: CaseBook
    findings: Findings
    vault: Vault
    exporter: Exporter
    ledger: RetentionLedger
    register: DoNotCallRegister
    holds: Holds
    scopes: Sequence[str]

    def erase(self, asked: AccessRequest, case_id: str, recording_id: str) -> str:
        """Destroy a recording and return the place of its certificate in the evidence.

        Every method raises ComplianceError when the rules forbid it, ArchiveError for a recording that was not found by
        the numbers of the case.
        """
        request, found = self._judged(asked, case_id, recording_id, Act.ERASE, Action.DISCARD)
        # First of all: whatever happens from here on, the file knows for which recording a certificate is due.
        self._note(asked, case_id, Act.ERASE.value, found)
        try:
            self.vault.discard_stored(recording_id, rule_id=ERASURE, reason=request.reference)
        except (ComplianceError, ArchiveError):
            # It is kept, or was gone before: then there is nothing to tell the person of this erasure.
            self._close_erasure(asked, case_id, recording_id)
            raise
        return self._close_erasure(asked, case_id, recording_id)

    def finish(self, asked: AccessRequest, case_id: str) -> None:
        """Put the certificates into the file of erasures in the middle of which a node went away."""
        self.findings.gate.check(asked)
        for recording_id in _erasing(self.book.get(case_id, ROOM)[1]):
            if self._certificate(recording_id):
                self._close_erasure(asked, case_id, recording_id)

    def _close_erasure(self, asked: AccessRequest, case_id: str, recording_id: str) -> str:
        """Write the place of the certificate into the file; without one there was no erasure, nor a line of it."""
        certificate = self._certificate(recording_id)

        def closed(act: list[str]) -> list[list[str]]:
            if act[:2] != [Act.ERASE.value, recording_id] or act[3]:
                return [act]
            return [[*act[:3], certificate]] if certificate else []

        def change(case: Case, content: Content) -> tuple[Case, Content]:
            return case, {**content, "acts": [new for act in acts_of(content) for new in closed(act)]}

        self._change(asked, case_id, change, Act.ERASE.value, recording_id, certificate or "kept")
        return certificate

    def _certificate(self, recording_id: str) -> str:
        written = self.findings.audit.first_of([recording_id], Certificate.kind).get(recording_id)
        return f"{written.node_id}/{written.seq}" if written else ""

    def restrict(self, asked: AccessRequest, case_id: str, recording_id: str, *, lift: bool = False) -> None:
        """Restrict the processing of a recording, or lift that (GDP-004)."""
        act = Act.UNRESTRICT if lift else Act.RESTRICT
        _, found = self._judged(asked, case_id, recording_id, act, Action.RIGHTS)
        with self.vault.ports.catalogue.together():
            self.ledger.restrict(recording_id, "" if lift else case_id, at=self.findings.clock.now())
            self._note(asked, case_id, act.value, found)

    def copy(
        self, asked: AccessRequest, case_id: str, recording_id: str, *, person: str, ground: VoiceGround | None
    ) -> Mapping[str, bytes]:
        """Return the files of a copy for the person who speaks on the lane `person`: sound, manifest, signature."""
        request, found = self._judged(asked, case_id, recording_id, Act.COPY, Action.RIGHTS)
        voice = decide_third_voice(found.row.tag.channels, person, ground)
        for_person = replace(
            asked,
            action=Action.EXPORT,
            reason=request.reference,
            audience=Audience.SUBJECT,
            reference=request.reference,
        )
        files = self.exporter.packed(for_person, recording_id, treat=lambda wav: with_silence(wav, voice.silenced))
        how = "silenced" if voice.silenced else (ground.value if ground else "alone")
        self._note(asked, case_id, Act.COPY.value, found, how=how)
        return files

    def bar(self, asked: AccessRequest, case_id: str) -> int:
        """Never call the person again, for every scope; return how many entries are new (CAN-012)."""
        self.findings.gate.check(asked)
        case, content = self.book.get(case_id, ROOM)
        _identified(case)
        phone = requester_of(content).phone
        if not phone:
            raise ComplianceError(
                "no telephone number stands in the file", rules=(OBJECTION,), remedy="open a request with the number"
            )
        new = 0
        for scope in self.scopes:
            entry = self.register.entry_of(phone, scope=scope)
            known = self.register.known([entry])
            barred = Barred(entry=entry, rule=OBJECTION, scope=scope, known_by=KnownBy.IDENTIFIED.value)
            barring.bar(self.vault.ports, self.register, barred, call_id=f"{case_id}/{scope}", recording_id="")
            new += not known
        self._note(asked, case_id, "bar", how=str(new))
        return new

    def freeze(self, asked: AccessRequest, case_id: str) -> LegalHold:
        """Ask for a hold on all that was found, so that nothing of it goes while the request is open (GDP-003)."""
        found = self.findings.find(asked, case_id)
        case, _ = self.book.get(case_id, ROOM)
        request = request_of(case)
        self.findings.gate.check(replace(asked, action=Action.HOLD, reason=request.reference))
        hold = self.holds.request(
            case=request.reference,
            owner=asked.actor.id,
            basis=_FREEZE,
            items=[one.item.recording_id for one in found.recordings if one.item.readable],
            by=asked.actor.id,
            review_at=self.findings.clock.now() + _REVIEW,
        )
        self._note(asked, case_id, "freeze", how=hold.id)
        return hold

    def _judged(
        self, asked: AccessRequest, case_id: str, recording_id: str, act: Act, action: Action
    ) -> tuple[RightsRequest, FoundRecording]:
        found = self._one(asked, case_id, recording_id)
        request = _identified(self.book.get(case_id, ROOM)[0])
        self.findings.gate.check(replace(asked, action=action, reason=request.reference))
        decision = found.acts[act]
        if not decision.allowed:
            denied = Denied(
                actor=asked.actor.id[:200],
                role=asked.actor.role.value,
                action=act.value,
                rules=decision.reasons,
                detail=decision.detail[:200],
            )
            self.findings.audit.append(denied, call_id=found.row.tag.call_id, recording_id=recording_id)
            raise ComplianceError(
                decision.detail,
                rules=decision.reasons,
                where=f"recording {recording_id}",
                remedy="tell the person what is kept, and by which rule",
            )
        return request, found

    def _one(self, asked: AccessRequest, case_id: str, recording_id: str) -> FoundRecording:
        found = self.findings.find(asked, case_id).recordings
        one = next((one for one in found if one.item.recording_id == recording_id), None)
        if one is None:
            raise ArchiveError(
                "there is no such recording", where=f"recording {recording_id}", remedy="search the request anew"
            )
        return one

    def _note(
        self, asked: AccessRequest, case_id: str, act: str, found: FoundRecording | None = None, *, how: str = ""
    ) -> None:
        """Write the act into file and evidence; the letters tell it."""
        recording_id = found.item.recording_id if found else ""
        opened_on = self.findings.profile.day_of(found.row.tag.opened_at).isoformat() if found else ""

        def change(case: Case, content: Content) -> tuple[Case, Content]:
            acts = acts_of(content)
            if act == Act.ERASE.value and recording_id in _erasing(content):
                return case, content
            return case, {**content, "acts": [*acts, [act, recording_id, opened_on, how]]}

        self._change(asked, case_id, change, act, recording_id, how)

    def _change(
        self,
        asked: AccessRequest,
        case_id: str,
        change: Callable[[Case, Content], tuple[Case, Content]],
        act: str,
        recording_id: str,
        how: str,
    ) -> None:
        def entry(case: Case) -> Entry:
            event = RequestActed(
                case_id=case.id,
                reference=request_of(case).reference,
                actor=asked.actor.id[:200],
                role=asked.actor.role.value,
                act=act,
                how=how,
            )
            return Entry(event, recording_id=recording_id)

        self.book.change(case_id, ROOM, change, entry)


def _erasing(content: Content) -> list[str]:
    """Recordings of which an erasure was begun, and whose certificate is not in the file."""
    return [recording_id for act, recording_id, _, how in acts_of(content) if act == Act.ERASE.value and not how]


def _identified(case: Case) -> RightsRequest:
    request = request_of(case)
    if request.state is not RequestState.IDENTIFIED:
        raise ComplianceError(
            "nothing is done before it is known who asks, nor once the request is closed",
            rules=("GDP-003",),
            where=f"request {request.reference}",
            remedy="note the identity check first",
        )
    return request
