"""Port Counters in memory: how often something happened in this process since its start, by label."""

from __future__ import annotations

from collections import Counter


class Tally:
    """Counts only go up. Labels name agents, programs and rules, never what was said."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()

    def add(self, name: str, **labels: str) -> int:
        key = name, tuple(sorted(labels.items()))
        self._counts[key] += 1
        return self._counts[key]

    def total(self, name: str, **labels: str) -> int:
        """Return the sum over every series of this name that has these labels."""
        wanted = set(labels.items())
        return sum(count for (kind, has), count in self._counts.items() if kind == name and wanted <= set(has))
