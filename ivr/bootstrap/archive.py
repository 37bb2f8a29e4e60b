"""Builds the vault and its evidence from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.bootstrap.world import SystemClock
from ivr.recording.keys import LocalKeyRing
from ivr.recording.secret_file import Secret
from ivr.recording.secret_file import create as create_secret
from ivr.recording.secret_file import load as load_secret
from ivr.recording.signer import Ed25519Signer
from ivr.recording.store import LocalStore
from ivr.services.ports import CallLog, DoNotCallRegister
from ivr.services.vault import Vault
from ivr.settings import Settings
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.call_log import SqlCallLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from ivr.storage.do_not_call import SqlDoNotCall

_REGISTER_SECRET = "do-not-call"
_EVIDENCE_KEY = "evidence"


@dataclass(frozen=True)
class Archive:
    """Everything that outlives a call, on one database and one store."""

    database: Database
    store: LocalStore
    vault: Vault
    audit: SqlAuditLog
    signer: Ed25519Signer
    call_log: CallLog
    do_not_call: DoNotCallRegister

    def close(self) -> None:
        self.database.close()


def open_archive(settings: Settings, *, create: bool = False) -> Archive:
    """Open what `ivr init` made, or make it with `create`. Raises HostError naming what is missing and the remedy."""
    clock = SystemClock()
    kek_file = settings.keys.kek_file
    register_file = kek_file.with_name(_REGISTER_SECRET)
    evidence_file = kek_file.with_name(_EVIDENCE_KEY)
    if create:
        settings.node.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = LocalKeyRing.create(kek_file)
        register: Secret = create_secret(register_file, _REGISTER_SECRET)
        signer = Ed25519Signer.create(evidence_file)
    else:
        keys = LocalKeyRing.load(kek_file)
        register = load_secret(register_file, _REGISTER_SECRET)
        signer = Ed25519Signer.load(evidence_file)
    database = Database.open(settings.database.url, create=create)
    audit = SqlAuditLog(database, node_id=settings.node.id, clock=clock, signer=signer)
    store = LocalStore(settings.recording.store_dir)
    vault = Vault(
        keys=keys,
        store=store,
        catalogue=SqlCatalogue(database),
        audit=audit,
        clock=clock,
        node_id=settings.node.id,
    )
    return Archive(
        database=database,
        store=store,
        vault=vault,
        audit=audit,
        signer=signer,
        call_log=SqlCallLog(database),
        do_not_call=SqlDoNotCall(database, secret=register.key, secret_id=register.secret_id, clock=clock),
    )
