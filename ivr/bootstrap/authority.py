"""Builds the desk that answers authorities on an open archive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ivr.bootstrap.accounts import Accounts
from ivr.bootstrap.archive import Archive
from ivr.bootstrap.retention import Retention
from ivr.bootstrap.runtime import new_id
from ivr.recording.sealer import CaseSealer
from ivr.services.authority.desk import AuthorityDesk
from ivr.services.authority.handing_out import GUIDE, VERIFIER, HandingOut
from ivr.services.authority.requisition_file import CaseFiles
from ivr.services.authority.viewers import Viewers
from ivr.services.authority.viewing import Viewing
from ivr.services.export.exporter import Exporter
from ivr.settings import Settings
from ivr.storage.cases import SqlCases

#: What an authority gets beside the recordings: it needs neither us nor ivr to check them.
_OFFLINE = Path(__file__).parents[1] / "offline"


@dataclass(frozen=True)
class Authority:
    desk: AuthorityDesk
    viewers: Viewers
    handing_out: HandingOut
    viewing: Viewing


def open_authority(settings: Settings, archive: Archive, retention: Retention, accounts: Accounts) -> Authority:
    audit, clock, gate, table = archive.audit, archive.clock, retention.gate, settings.retention
    files = CaseFiles(table, settings.profile, clock)
    book = SqlCases(archive.database, audit, archive.keys, sealer=CaseSealer)
    desk = AuthorityDesk(
        book,
        gate,
        audit,
        clock,
        retention.ledger,
        retention.holds,
        files,
        profile=settings.profile,
        redactor=archive.redactor,
        new_id=new_id,
    )
    longest = timedelta(days=settings.access.authority_view_days)
    viewers = Viewers(book, gate, clock, files, accounts.invitations, archive.redactor, new_id, longest)
    exporter = Exporter(archive.vault, audit, archive.signer, clock, gate, table, archive.redactor)
    verifier, guide = (_OFFLINE.joinpath(name).read_bytes() for name in (VERIFIER, GUIDE))
    return Authority(
        desk,
        viewers,
        HandingOut(desk, exporter, verifier, guide),
        Viewing(book, gate, archive.vault.ports.catalogue, audit, retention.sheets),
    )
