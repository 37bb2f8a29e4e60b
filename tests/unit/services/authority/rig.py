"""The authority's desk on a SQLite file, with two recordings of sales and one that nobody asks for."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.domain.account.account import Account, AccountState
from ivr.domain.authority.requisition import CheckedBy
from ivr.domain.redaction.redactor import REDACTOR
from ivr.services.account.invitations import Invitations
from ivr.services.authority.desk import AuthorityDesk
from ivr.services.authority.handing_out import HandingOut
from ivr.services.authority.requisition_file import ROOM, CaseFiles, requisition_of
from ivr.services.authority.viewers import Viewers
from ivr.services.authority.viewing import Viewing
from ivr.services.export.exporter import Exporter
from ivr.services.search.sheet import Sheets
from ivr.storage.accounts import SqlAccounts
from tests.fakes.accounts import SEALER, Random
from tests.retention_rig import SIGNER
from tests.unit.services.rights.rig import DeskRig

OFFICER = AccessRequest(Actor("ines", Role.COMPLIANCE_OFFICER), Action.AUTHORITY, reason="courrier 88")
DPO = replace(OFFICER, actor=Actor("karim", Role.DPO))
ASKED = {
    "authority": "ACPR",
    "asked_reference": "ACPR-2026-88",
    "basis": "CMF L612-24",
    "official": "Zoé Contrôle",
    "service": "Contrôle des pratiques",
    "contact": "01 49 95 40 00",
    "items": "sale-1 sale-2",
}


class AuthorityRig(DeskRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        numbers = itertools.count(1)
        for name in ("sale-1", "sale-2", "sale-3"):
            self.record(name, tag="sales_audio", at=self.clock.at)
        self.accounts = SqlAccounts(self.database, self.audit)
        new_id = lambda: f"{next(numbers):032x}"  # noqa: E731
        self.desk = AuthorityDesk(
            self.book,
            self.gate,
            self.audit,
            self.clock,
            self.ledger,
            self.holds,
            files := CaseFiles(self.table, self.profile, self.clock),
            profile=self.profile,
            redactor=REDACTOR,
            new_id=new_id,
        )
        invitations = Invitations(self.accounts, SEALER, self.clock, random=Random(), new_id=new_id)
        self.viewers = Viewers(
            self.book, self.gate, self.clock, files, invitations, REDACTOR, new_id, timedelta(days=30)
        )
        exporter = Exporter(self.vault, self.audit, SIGNER, self.clock, self.gate, self.table)
        self.handing = HandingOut(self.desk, exporter, b"verifier", b"guide")
        self.viewing = Viewing(
            self.book, self.gate, self.catalogue, self.audit, Sheets(self.gate, self.catalogue, self.audit)
        )

    def asked(self, **given: str) -> str:
        return self.desk.take_in(OFFICER, self.clock.at - timedelta(hours=1), {**ASKED, **given}).id

    def seen(self, case_id: str) -> str:
        """The digest of the list as it is now, as the forms of the page bear it."""
        return requisition_of(self.book.get(case_id, ROOM)[0]).items_sha256

    def check(self, by: AccessRequest, case_id: str, how: CheckedBy) -> None:
        self.desk.check(by, case_id, how, self.seen(case_id))

    def approve(self, by: AccessRequest, case_id: str) -> None:
        self.desk.approve(by, case_id, self.seen(case_id))

    def approved(self, **given: str) -> str:
        case_id = self.asked(**given)
        self.check(OFFICER, case_id, CheckedBy.CALLED_BACK)
        self.approve(DPO, case_id)
        return case_id

    def handed(self, case_id: str) -> dict[str, bytes]:
        return dict(self.files(OFFICER, case_id))

    def files(
        self, by: AccessRequest, case_id: str, is_there: Callable[[], bool] = lambda: True
    ) -> Iterator[tuple[str, bytes]]:
        return self.handing.files(by, case_id, form="wav", is_there=is_there)[1]

    def viewer(self, case_id: str, login: str = "autorite-1", case: str | None = None) -> Account:
        until = self.clock.at + timedelta(days=3)
        return Account(
            login,
            login,
            Role.AUTHORITY_VIEWER,
            AccountState.ACTIVE,
            self.clock.at,
            until,
            case_id if case is None else case,
        )


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
