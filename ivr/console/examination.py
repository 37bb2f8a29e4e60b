"""`ivr doctor` for a page: the command itself, in a process of its own, one at a time; its last answer is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ivr.services.ports.runtime import Clock

_LONGEST_S = 900.0


@dataclass(frozen=True)
class Checked:
    """One line of the doctor's answer."""

    name: str
    ok: bool
    detail: str
    remedy: str


@dataclass(frozen=True)
class Examined:
    """Where an examination stands: `since` while one runs; `at` and its answer once one has ended."""

    since: datetime | None = None
    at: datetime | None = None
    checks: Sequence[Checked] = ()
    warnings: Sequence[str] = ()
    fault: str = ""


class Examination:
    """`command` returns what `ivr doctor --json` prints. Safe for threads."""

    def __init__(self, command: Callable[[], str], clock: Clock) -> None:
        self._command = command
        self._clock = clock
        self._lock = threading.Lock()
        self._state = Examined()

    @property
    def state(self) -> Examined:
        return self._state

    def begin(self) -> None:
        """Examine in the background; while one runs, nothing more."""
        with self._lock:
            if self._state.since is not None:
                return
            self._state = replace(self._state, since=self._clock.now())
        threading.Thread(target=self._work, name="doctor", daemon=True).start()

    def _work(self) -> None:
        try:
            found = _read(json.loads(self._command()))
        except (OSError, ValueError, TypeError, KeyError, subprocess.SubprocessError) as error:
            # What it printed may hold anything; its name says enough to look.
            found = Examined(fault=type(error).__name__)
        with self._lock:
            self._state = replace(found, at=self._clock.now())


def _read(answer: Any) -> Examined:
    if not isinstance(answer, Mapping):
        raise TypeError("no object")
    checks = [
        Checked(str(one["name"]), one["ok"] is True, str(one["detail"]), str(one["remedy"]))
        for one in answer.get("checks", ())
    ]
    return Examined(
        checks=checks, warnings=[str(one) for one in answer.get("warnings", ())], fault=str(answer.get("error", ""))
    )


class Doctor:
    """Runs the command with the settings of this process. Weights that a check loads go with it."""

    def __init__(self, config_dir: Path) -> None:
        self._config_dir = config_dir
        self._process: subprocess.Popen[str] | None = None

    def __call__(self) -> str:
        """Return what it prints; one that takes longer than a quarter of an hour is ended. Raises SubprocessError."""
        with subprocess.Popen(
            [sys.executable, "-m", "ivr", "doctor", "--json"],
            env={**os.environ, "IVR_CONFIG": str(self._config_dir)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as self._process:
            try:
                return self._process.communicate(timeout=_LONGEST_S)[0]
            finally:
                self._process.kill()

    def end(self) -> None:
        """End one that is running; the console ends."""
        if self._process is not None:
            self._process.kill()
