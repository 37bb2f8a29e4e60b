"""How soon a two-hour recording is heard: from its beginning, and from its middle.

    python -m benchmarks.listening [--minutes N] [--output docs/vault]

Through the service, as a player asks: the gate, the catalogue and the evidence on SQLite, the file on a disk. Only the
sound is made up. What is measured ends with the first bytes that can be played.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import recording
from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.retention import open_retention
from ivr.bootstrap.runtime import SystemClock
from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.services.ports.vault import RecordingTag
from ivr.settings import Settings, default_config_dir, load_settings

TARGET_MS = 300.0
_TIMES = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.listening", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=120)
    parser.add_argument("--output", type=Path, help="write listening.md into this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        settings = load_settings(default_config_dir(os.environ), {"IVR_NODE__DATA_DIR": folder})
        costs = measure(settings, options.minutes)
    lines = report(costs, options.minutes)
    print("\n".join(lines))
    if options.output:
        (options.output / "listening.md").write_text("\n".join(lines) + "\n", "utf-8")
    return 0 if max(p95(wall) for wall, _ in costs.values()) <= TARGET_MS else 1


def measure(settings: Settings, minutes: int) -> dict[str, tuple[list[float], list[float]]]:
    """By what is asked: wall and CPU times in milliseconds."""
    archive = open_archive(settings, create=True)
    try:
        tag = RecordingTag(
            "long", "call", "hotline-quality", ("quality",), "fr-2026", "1", (), "quality_audio", "opus",
            ("caller", "heard_by_caller"), 8000, SystemClock().now(), settings.node.id,
        )  # fmt: skip
        writing = archive.vault.begin(tag)
        for frame in itertools.islice(
            itertools.cycle(recording.frames(recording.conversation(1.0))), minutes * 60 * 50
        ):
            writing.write(frame)
        writing.seal(consent={})
        room = open_retention(settings, archive).listening
        asked = AccessRequest(Actor("bench", Role.QUALITY_ANALYST), Action.LISTEN, reason="measured")
        middle = minutes * 60_000 // 2
        listening = room.open(asked, "long")
        found = {
            "open, and the first piece": _timed(lambda: room.open(asked, "long").piece()),
            "open, and a piece from the middle": _timed(lambda: room.open(asked, "long").from_moment(middle)),
            "seek to the middle": _timed(lambda: listening.from_moment(middle)),
            "the next piece": _timed(lambda: listening.piece(f"bytes={listening.size // 2}-")),
        }
        listening.close()
        return found
    finally:
        archive.close()


def _timed(work: Callable[[], object]) -> tuple[list[float], list[float]]:
    wall, cpu = [], []
    for _ in range(_TIMES):
        began, began_cpu = time.perf_counter(), time.process_time()
        work()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - began_cpu) * 1000)
    return wall, cpu


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def report(costs: dict[str, tuple[list[float], list[float]]], minutes: int) -> list[str]:
    return [
        "# What listening costs",
        "",
        f"A recording of {minutes} minutes, {_TIMES} times each, at most {TARGET_MS:.0f} ms. The load average over the",
        f"last 15 minutes was {os.getloadavg()[2]:.1f}: above 1 it is other work, and wall times suffer from it.",
        "",
        "| asked | p95 | median | CPU, p95 |",
        "| --- | --- | --- | --- |",
        *(
            f"| {name} | {p95(wall):.1f} ms | {statistics.median(wall):.1f} ms | {p95(cpu):.1f} ms |"
            for name, (wall, cpu) in costs.items()
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
