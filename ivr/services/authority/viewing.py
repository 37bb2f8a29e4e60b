"""What an authority's own account sees: the items of its one request, until its date (RET-004)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from ivr.domain.access import AccessDecision, AccessRequest, Action, Audience
from ivr.domain.account.account import Account
from ivr.domain.authority.requisition import OPEN, Requisition
from ivr.domain.evidence.events.rights import CaseShown
from ivr.domain.text.told import Told
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.authority.requisition_file import ROOM, requisition_of
from ivr.services.export.access_gate import Gate
from ivr.services.ports.cases import CaseBook
from ivr.services.ports.signing import EvidenceChain
from ivr.services.ports.vault import Catalogue, RecordingRow
from ivr.services.search.sheet import Sheet, Sheets


@dataclass(frozen=True)
class Viewing:
    book: CaseBook
    gate: Gate
    catalogue: Catalogue
    chain: EvidenceChain
    sheets: Sheets

    def items(self, account: Account) -> tuple[Requisition, Sequence[RecordingRow]]:
        """Return what the account's request lists, once it is written down that it is shown.

        Raises ComplianceError after a denial was noted, ArchiveError when the request is gone, or is not approved.
        """
        requisition = self._mine(account)
        rows = [self.catalogue.get(item) for item in requisition.items]
        self.chain.append(
            CaseShown(
                actor=account.login,
                role=account.role.value,
                room=ROOM,
                reason=requisition.asked_reference,
                count=len(rows),
                case_id=requisition.id,
            )
        )
        return requisition, rows

    def sheet(self, account: Account, recording_id: str) -> tuple[AccessRequest, Sheet]:
        """Return the facts of one item, and with which request it is listened to.

        Raises ArchiveError for whatever is not listed, after noting the denial: it looks like what is not there.
        """
        requisition = self._mine(account)
        request = AccessRequest(
            account.actor,
            Action.LISTEN,
            reason=requisition.asked_reference,
            audience=Audience.AUTHORITY,
            authority=requisition.granted,
        )
        if recording_id not in requisition.items:
            self._refuse(request, recording_id)
        return request, self.sheets.show(request, recording_id)

    def _refuse(self, request: AccessRequest, recording_id: str) -> NoReturn:
        detail = Told("It is not among the items of the request: an authority is given what it listed.")
        try:
            self.gate.refuse(request, AccessDecision(False, ("RET-004",), detail), recording_id)
        except ComplianceError:
            raise ArchiveError(
                "there is no such recording", where=f"recording {recording_id}", remedy="see the list of the request"
            ) from None

    def _mine(self, account: Account) -> Requisition:
        self.gate.check(AccessRequest(account.actor, Action.VIEW, reason=account.case_id))
        requisition = requisition_of(self.book.get(account.case_id, ROOM)[0])
        if requisition.state not in OPEN:
            raise ArchiveError("there is no such case", where=f"case {account.case_id}", remedy="see the list of cases")
        return requisition
