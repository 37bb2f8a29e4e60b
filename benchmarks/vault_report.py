"""Figures of a vault, their targets, and the page that tells them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PLAN_S = {"sqlite": 15.0, "postgresql": 5.0}
PAGE_MS = 100.0
PURGE_PER_S = 500.0
CALL_PERCENT = 0.3
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Figures:
    """One database with so many recordings. `whole`: each that was due is gone with key, file and one certificate."""

    database: str
    recordings: int
    due: int
    whole: bool
    load_s: float
    first_look_ms: float
    plan_s: float
    pages_ms: dict[str, float]
    purge_s: float
    purge_cpu_s: float
    wipe_s: float
    nothing_due_ms: float
    plans: dict[str, list[str]]

    @property
    def purge_per_s(self) -> float:
        return self.due / self.purge_s

    @property
    def slowest_page_ms(self) -> float:
        return max(self.pages_ms.values())

    @property
    def ok(self) -> bool:
        return (
            self.whole
            and self.plan_s <= PLAN_S[self.database]
            and self.slowest_page_ms <= PAGE_MS
            and self.purge_per_s >= PURGE_PER_S
        )


def lines(figures: Figures) -> str:
    """What the terminal shows of one database."""
    said = [
        f"\n{NAMES[figures.database]}, {figures.recordings:,} recordings, {figures.due:,} due "
        f"(loaded in {figures.load_s:.0f} s)",
        f"  plan of the day: {figures.plan_s:.2f} s (at most {PLAN_S[figures.database]:.0f})",
        *(f"  page, {name}: {ms:.1f} ms (at most {PAGE_MS:.0f})" for name, ms in figures.pages_ms.items()),
        f"  purge: {figures.purge_per_s:,.0f} per second (at least {PURGE_PER_S:.0f}), {figures.purge_s:.1f} s in all: "
        f"{figures.purge_cpu_s:.1f} s of this process' CPU, {figures.wipe_s:.1f} s wiping keys' bytes",
        f"  a plan when nothing is due: {figures.nothing_due_ms:.0f} ms",
        f"  first look after a change of policy: {figures.first_look_ms:.2f} ms per recording kept, once",
    ]
    for name, plan in figures.plans.items():
        said += [f"  plan of the query, {name}:", *(f"    {line}" for line in plan)]
    if not figures.whole:
        said.append("  NOT EVERYTHING THAT WAS DUE IS GONE, OR MORE THAN THAT")
    said.append(f"  {'ok' if figures.ok else 'NOT WITHIN ITS LIMITS'}")
    return "\n".join(said)


def call_line(percent: float) -> str:
    return f"\nOpus, encryption and file of one live call: {percent:.2f} % of a core (at most {CALL_PERCENT})"


def write(folder: Path, measured: Sequence[Figures], call_percent: float, *, command: str) -> None:
    """Write `report.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(page(measured, call_percent, command=command), encoding="utf-8")


def page(measured: Sequence[Figures], call_percent: float, *, command: str) -> str:
    largest = max(figures.recordings for figures in measured)
    big = [figures for figures in measured if figures.recordings == largest]
    said = [
        "# What a large vault costs",
        "",
        f"Made by `python -m benchmarks.vault {command}` on {os.cpu_count()} cores. The load average over the last",
        f"15 minutes was {os.getloadavg()[2]:.1f} at the end, the run's own load of about 1 included: what is above it",
        "was other work on the same machine, and times suffer from it; CPU times do not. Metadata are as real ones;",
        "each recording has a wrapped key, and each that is due a small file. Every transaction is synced, as in",
        "production. `make bench-vault` prints the same.",
        "",
        f"## Targets, at {largest:,} recordings",
        "",
        "| what | target | measured | met |",
        "| --- | --- | --- | --- |",
        *(row for figures in big for row in _targets(figures)),
        _row(
            "Opus, encryption and file of one live call",
            f"≤ {CALL_PERCENT} % of a core",
            f"{call_percent:.2f} %",
            call_percent <= CALL_PERCENT,
        ),
        "",
        "## What grows",
        "",
        "The same number is due in each; what differs between the rows is what is stored. On PostgreSQL wiping",
        "rewrites the keys of the days that are due and of every 64th day beside them: the store's other days stay.",
        "",
        "| database | stored | due | plan | purge | CPU of the purge | of it wiping keys | nothing due | load |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_growth(figures) for figures in sorted(measured, key=lambda one: (one.database, one.recordings))),
        "",
        "The first run after a change of policy looks at all that is kept, once: "
        + ", ".join(f"{figures.first_look_ms:.2f} ms per recording on {NAMES[figures.database]}" for figures in big)
        + " (measured on the first 20,000).",
        "",
        "## Pages of 100, median of 15",
        "",
        "| page | " + " | ".join(f"{NAMES[one.database]}, {one.recordings:,}" for one in measured) + " |",
        "| --- |" + " --- |" * len(measured),
        *(
            f"| {name} | " + " | ".join(f"{one.pages_ms[name]:.1f} ms" for one in measured) + " |"
            for name in big[0].pages_ms
        ),
        "",
        "## Query plans",
        "",
        "Each reads its rows in the order of one index and stops at its limit. Which of a page's recordings have a key",
        "is asked afterwards, for these ids alone.",
    ]
    for figures in big:
        said += ["", f"{NAMES[figures.database]}, {figures.recordings:,} recordings:", "", "```"]
        for name, plan in figures.plans.items():
            said += [f"{name}:", *(f"  {line}" for line in plan)]
        said.append("```")
    return "\n".join(said) + "\n"


def _targets(figures: Figures) -> list[str]:
    name, limit_s = NAMES[figures.database], PLAN_S[figures.database]
    slowest = max(figures.pages_ms, key=lambda page: figures.pages_ms[page])
    return [
        _row(
            f"{name}: plan of the day's purge, {figures.due:,} due",
            f"≤ {limit_s:.0f} s",
            f"{figures.plan_s:.2f} s",
            figures.plan_s <= limit_s,
        ),
        _row(
            f"{name}: page of a filtered search, the slowest ({slowest})",
            f"≤ {PAGE_MS:.0f} ms",
            f"{figures.slowest_page_ms:.1f} ms",
            figures.slowest_page_ms <= PAGE_MS,
        ),
        _row(
            f"{name}: purge on local disk",
            f"≥ {PURGE_PER_S:.0f} per second",
            f"{figures.purge_per_s:,.0f} per second",
            figures.purge_per_s >= PURGE_PER_S,
        ),
        _row(f"{name}: what was due is gone, with one certificate each", "all", f"{figures.due:,}", figures.whole),
    ]


def _row(what: str, target: str, measured: str, met: bool) -> str:
    return f"| {what} | {target} | {measured} | {'yes' if met else 'no'} |"


def _growth(figures: Figures) -> str:
    cells = (
        NAMES[figures.database],
        f"{figures.recordings:,}",
        f"{figures.due:,}",
        f"{figures.plan_s:.2f} s",
        f"{figures.purge_s:.1f} s",
        f"{figures.purge_cpu_s:.1f} s",
        f"{figures.wipe_s:.1f} s",
        f"{figures.nothing_due_ms:.0f} ms",
        f"{figures.load_s:.0f} s",
    )
    return f"| {' | '.join(cells)} |"
