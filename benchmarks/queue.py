"""What queues cost: one decision with 200 callers and 100 agents, the same in SQLite's transaction, and a whole day.

python -m benchmarks.queue [--calls N] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.queue_simulation import Simulation, plan_of
from ivr.domain.queue.floor import Floor
from ivr.domain.queue.place import Place
from ivr.domain.queue.turn import take_turn
from ivr.storage.database import Database
from ivr.storage.queues import SqlQueueBook

WAITING, AGENTS, TIMES = 200, 100, 200
DECISION_MS, DAY_S = 20.0, 30.0
_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue", description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="one JSON object alone")
    options = parser.parse_args()
    began, cpu_began = time.perf_counter(), time.process_time()
    day = Simulation(calls=options.calls, agents=100, seed=1).run()
    day_s, day_cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    with tempfile.TemporaryDirectory(prefix="ivr-queue-") as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'ivr.sqlite3'}", create=True)
        in_sqlite = _timed(_InSqlite(database).turn)
        database.close()
    figures = {
        "decision_p99_ms": _p99(_timed(_memory_turn)),
        "sqlite_p99_ms": _p99(in_sqlite),
        "sqlite_median_ms": round(statistics.median(in_sqlite), 2),
        "day_calls": options.calls,
        "day_s": round(day_s, 1),
        "day_cpu_s": round(day_cpu_s, 1),
        "day_turn_p99_ms": _p99([1000 * one for one in day.turns_s]),
        "day_most_waiting": day.most_waiting,
        "day_outcomes": dict(day.outcomes),
    }
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:20} {value}")
    held = figures["decision_p99_ms"] <= DECISION_MS and day_s <= DAY_S
    return 0 if held else 1


def _place(number: int) -> Place:
    names = ("health", "provident", "all")
    came, later = _NOW - timedelta(seconds=90 - number / 10), _NOW + timedelta(hours=1)
    return Place(f"call-{number}", names[number % 3], came, "line-0", later, number % 2)


def _memory_turn() -> Callable[[], object]:
    """200 wait, and 100 agents are ready at once."""
    floor = Floor(plan_of(AGENTS), _NOW, [_place(number) for number in range(WAITING)])
    for agent_id in floor.plan.agents:
        floor.resume(agent_id, _NOW)
    places = list(floor.places.values())
    return lambda: take_turn(floor, "line-0", places, _NOW, renew=False)


class _InSqlite:
    """200 wait and 99 agents ring: one more is free, and the transaction decides whom they are for."""

    def __init__(self, database: Database) -> None:
        self._book = SqlQueueBook(database, plan_of(AGENTS))
        for number in range(WAITING + AGENTS):
            self._book.join(_place(number), _NOW)
        for agent_id in plan_of(AGENTS).agents:
            self._book.resume(agent_id, _NOW)
        self._number = WAITING + AGENTS
        self._book.turn("line-0", self._places(), _NOW, renew=True)

    def turn(self) -> Callable[[], object]:
        claimed = next(place for place in self._places() if place.agent_id)
        self._book.leave(claimed.id, _NOW, talked=False)
        self._book.join(_place(self._number), _NOW)
        self._number += 1
        places = self._places()
        return lambda: self._book.turn("line-0", places, _NOW, renew=False)

    def _places(self) -> list[Place]:
        return list(self._book.floor(_NOW).places.values())


def _timed(prepared: Callable[[], Callable[[], object]], times: int = TIMES) -> list[float]:
    """Milliseconds of each of `times` acts, each prepared apart."""
    found = []
    for _ in range(times):
        act = prepared()
        began = time.perf_counter()
        act()
        found.append(1000 * (time.perf_counter() - began))
    return found


def _p99(values: list[float]) -> float:
    return round(sorted(values)[int(len(values) * 0.99)], 2)


if __name__ == "__main__":
    sys.exit(main())
