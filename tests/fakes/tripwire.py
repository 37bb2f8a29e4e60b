"""Ports that die at a chosen step: every call of a port counts as two steps, before it acts and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ivr.errors import IvrError


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
        if name == "far" and found is not None:
            return self._wire.wrap(found)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._wire.step(f"before {name}")
            result = found(*args, **kwargs)
            self._wire.step(f"after {name}")
            return self._wire.wrap(result) if name in ("reserve", "open") else result

        return call

    def delete_all(self, recording_ids: Sequence[str]) -> dict[str, IvrError]:
        """One after the other, so that a death may fall between two."""
        one_by_one = self.__getattr__("delete_all")
        return {name: error for one in recording_ids for name, error in one_by_one([one]).items()}
