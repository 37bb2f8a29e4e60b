"""`make bench`: every figure we stand behind, measured in one run and printed as tables. Nothing is asserted."""

from __future__ import annotations

import asyncio
import os

from rich.console import Console
from rich.table import Table

from benchmarks.line import measure_line
from benchmarks.objection import measure_objections
from ivr.bootstrap.installation import install
from ivr.settings import default_config_dir, load_settings

console = Console(highlight=False)


def main() -> None:
    install(load_settings(default_config_dir(os.environ), os.environ))
    _line()
    _objection()
    _parts()


def _line() -> None:
    table = Table("lines", "calls", "CPU per call (% of one core)", "target", "memory per line", "frames lost")
    for lines in (1, 10):
        cost = asyncio.run(measure_line(lines))
        table.add_row(
            str(cost.lines),
            str(cost.calls),
            f"{cost.percent_per_call:.2f}",
            "≤ 1.0",
            f"{cost.memory_mb_per_line:.0f} MB",
            str(cost.lost_frames),
        )
    table.title = "Line alone: signalling, taps, voice detector, Opus, encryption, file"
    console.print(table)


def _objection() -> None:
    found = asyncio.run(measure_objections())
    table = Table("calls", "missed", "p50", "p95", "target p95", "before the end of the sentence")
    if found.latencies_ms:
        table.add_row(
            str(found.calls),
            str(found.missed),
            f"{found.percentile(0.5):.0f} ms",
            f"{found.percentile(0.95):.0f} ms",
            "≤ 900 ms",
            f"{found.early:.0%}",
        )
    table.title = "From the last objecting word to the action, one caller, real calls"
    console.print(table)


def _parts() -> None:
    """The ear against plain Whisper, and the recording alone: each has its own command."""
    from benchmarks import ear, recording

    ear.main([])
    recording.main()


if __name__ == "__main__":
    main()
