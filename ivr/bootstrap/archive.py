"""Builds the vault and its evidence from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ivr.bootstrap.runtime import SYSTEM_CLOCK
from ivr.domain.redaction.redactor import Redactor
from ivr.errors import HostError
from ivr.recording.bucket_store import BucketStore
from ivr.recording.chain_head import ChainHeadFile, lost_file
from ivr.recording.kek_files import KekFiles
from ivr.recording.openbao import OpenBaoKeyRing
from ivr.recording.s3_bucket import BucketSettings, S3Bucket
from ivr.recording.sealer import MemberSealer
from ivr.recording.secret_file import Secret
from ivr.recording.secret_file import create as create_secret
from ivr.recording.secret_file import load as load_secret
from ivr.recording.signer import Ed25519Signer
from ivr.recording.spool import SpoolFiles
from ivr.recording.store import LocalStore
from ivr.services.call.notes import LateReport, last_signs, report_left
from ivr.services.consent.objection_spool import CaughtUp, catch_up
from ivr.services.ports.evidence import CallLog, DoNotCallRegister
from ivr.services.ports.keys import RotatingKeyRing
from ivr.services.ports.runtime import Clock
from ivr.services.ports.vault import RecordingStore
from ivr.services.vault.recovery import Recovery
from ivr.services.vault.vault import Vault
from ivr.settings import Settings
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.call_log import SqlCallLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.data_keys import SqlKeyTable
from ivr.storage.database import Database, sqlite_file
from ivr.storage.do_not_call import SqlDoNotCall
from ivr.storage.members import SqlMembers
from ivr.storage.person_index import SqlPersonIndex

_REGISTER_SECRET = "do-not-call"
_EVIDENCE_KEY = "evidence"


@dataclass(frozen=True)
class Archive:
    """Everything that outlives a call, on one database and one store."""

    database: Database
    keys: RotatingKeyRing
    key_table: SqlKeyTable
    store: RecordingStore
    vault: Vault
    audit: SqlAuditLog
    signer: Ed25519Signer
    call_log: CallLog
    do_not_call: DoNotCallRegister
    persons: SqlPersonIndex
    members: SqlMembers
    spool: SpoolFiles
    call_notes: SpoolFiles
    redactor: Redactor
    clock: Clock

    def settle_left(
        self, *, died_at: datetime | None = None
    ) -> tuple[list[CaughtUp], list[Recovery], list[LateReport]]:
        """What ended processes left: first what objections demand, which the recovery of recordings reads, then those,
        then reports of calls, which tell what became of recordings. `died_at` is when their line was seen to die.

        Raises HostError when database or store do not answer.
        """
        ports = self.vault.ports
        signs = last_signs(ports, self.call_notes)
        caught_up = catch_up(ports, self.do_not_call, self.spool)
        recovered = self.vault.recover()
        ended_at = dict.fromkeys(signs, died_at) if died_at is not None else signs
        return caught_up, recovered, report_left(ports, self.call_log, self.call_notes, ended_at=ended_at)

    def close(self) -> None:
        self.spool.close()
        self.call_notes.close()
        self.keys.close()
        self.database.close()


def open_archive(
    settings: Settings, *, create: bool = False, in_place_of_lost: bool = False, clock: Clock = SYSTEM_CLOCK
) -> Archive:
    """Open what `ivr init` made, or make it with `create`. Raises HostError naming what is missing and the remedy.

    `clock` is another than the machine's where months are told in a minute: the example house.

    A database file that is gone although its evidence is witnessed is not made anew, unless `in_place_of_lost`.
    """
    kek_file = settings.keys.kek_file
    register_file = kek_file.with_name(_REGISTER_SECRET)
    evidence_file = kek_file.with_name(_EVIDENCE_KEY)
    if create:
        settings.node.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    signer = Ed25519Signer.create(evidence_file) if create else Ed25519Signer.load(evidence_file)
    witness = ChainHeadFile(head_file(settings), settings.node.id, signer)
    if not in_place_of_lost:
        # Before anything else is made that would stand beside the one that is lost.
        _refuse_lost_database(settings, witness)
    made = create_secret if create else load_secret
    register: Secret = made(register_file, _REGISTER_SECRET)
    keys = _key_ring(settings, create=create)
    database = Database.open(settings.database.url, create=create)
    # Knows no names, whatever this process learns: a digest may depend on nothing but the event.
    redactor = Redactor()
    audit = SqlAuditLog(
        database, node_id=settings.node.id, clock=clock, signer=signer, witness=witness, redactor=redactor
    )
    store = _store(settings)
    persons = SqlPersonIndex(database, keys, clock=clock)
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
        keys=keys,
        key_table=SqlKeyTable(database),
        store=store,
        vault=vault,
        audit=audit,
        signer=signer,
        call_log=SqlCallLog(database, redactor=redactor, persons=persons),
        persons=persons,
        do_not_call=SqlDoNotCall(database, secret=register.key, secret_id=register.secret_id, clock=clock),
        members=SqlMembers(database, keys, sealer=MemberSealer, persons=persons),
        spool=SpoolFiles(settings.node.data_dir / "pending", register.key),
        call_notes=SpoolFiles(settings.node.data_dir / "calls", register.key),
        redactor=redactor,
        clock=clock,
    )


def head_file(settings: Settings) -> Path:
    """Where the head of this node's chain is witnessed: beside the key that signs it, out of the database's reach."""
    return settings.keys.kek_file.with_name(f"{_EVIDENCE_KEY}.{settings.node.id}.head")


def _refuse_lost_database(settings: Settings, witness: ChainHeadFile) -> None:
    path = sqlite_file(settings.database.url)
    if path is None or path.exists():
        return
    last = witness.last()
    if last is not None and last.seq:
        raise lost_file(path, last)


def check_keys(archive: Archive) -> None:
    """Raises HostError when recordings or members lie under a KEK that is not here: they could not be opened."""
    known = {archive.keys.kek_id, *archive.keys.retired()}
    foreign = {kek_id: count for kek_id, count in archive.key_table.per_kek().items() if kek_id not in known}
    if foreign:
        names = ", ".join(f"{kek_id} ({count})" for kek_id, count in sorted(foreign.items()))
        raise HostError(
            f"recordings or members lie under keys that are not here: {names}; this node has {archive.keys.kek_id}",
            where=archive.database.name,
            remedy="put the right key file back (keys.kek_file), or its retired one into keys.retired_dir",
        )


def refuse_second_kek(settings: Settings) -> None:
    """Raises HostError when the key file is gone although something needs it: a new one would not open that."""
    if settings.keys.provider != "file" or settings.keys.kek_file.exists():
        return
    path = sqlite_file(settings.database.url)
    if path is not None and not path.exists():
        return  # There is no database yet: nothing can be wrapped by a key that is gone.
    database = Database.open(settings.database.url, any_schema=True)
    try:
        needed = SqlKeyTable(database).per_kek()
    finally:
        database.close()
    if needed:
        raise HostError(
            f"the key file is missing, and {sum(needed.values())} keys lie under it ({', '.join(sorted(needed))})",
            where=str(settings.keys.kek_file),
            remedy="put it back from where it is kept; a new key could not open them",
        )


def _key_ring(settings: Settings, *, create: bool) -> RotatingKeyRing:
    keys = settings.keys
    if keys.provider == "file":
        return KekFiles(keys.kek_file, keys.retired_dir, create=create)
    bao = keys.openbao
    assert bao.token_file is not None
    ring = OpenBaoKeyRing(
        bao.url,
        mount=bao.mount,
        key=bao.key,
        token_file=bao.token_file,
        ca_file=bao.ca_file,
        timeout_s=bao.timeout_s,
    )
    if create:
        ring.create()
    return ring


def _store(settings: Settings) -> RecordingStore:
    local = LocalStore(settings.recording.store_dir)
    store = settings.store
    if store.kind == "local":
        return local
    assert store.credentials_file is not None
    bucket = BucketSettings(
        bucket=store.bucket,
        region=store.region,
        credentials_file=store.credentials_file,
        prefix=store.prefix,
        endpoint=store.endpoint,
        ca_file=store.ca_file,
        object_lock=store.object_lock,
        part_bytes=store.part_mib << 20,
        timeout_s=store.timeout_s,
    )
    return BucketStore(local, S3Bucket(bucket))
