"""Ports that die at a chosen step: every call of a port counts as two steps, before it acts and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


def die_by_exception() -> None:
    raise Killed


class Tripwire:
    """Counts steps over all ports it wraps and dies at step `at` (None: never)."""

    def __init__(self, at: int | None, die: Callable[[], None] = die_by_exception) -> None:
        self.steps = 0
        self.names: list[str] = []
        self._at = at
        self._die = die

    def wrap(self, port: Any) -> Any:
        return _Wrapped(port, self)

    def step(self, name: str) -> None:
        self.steps += 1
        self.names.append(name)
        if self.steps == self._at:
            self._die()


class _Wrapped:
    def __init__(self, port: Any, wire: Tripwire) -> None:
        self._port = port
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._wire.step(f"before {name}")
            result = found(*args, **kwargs)
            self._wire.step(f"after {name}")
            return self._wire.wrap(result) if name in ("reserve", "open") else result

        return call
