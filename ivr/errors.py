"""Errors, divided by whose fault they are. Each says what happened, where, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

EXIT_OK = 0
EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_ENVIRONMENT = 3


class IvrError(Exception):
    """Root of every error this engine raises on purpose.

    `where` names the file, key, line or call; `remedy` is the sentence that says how to mend it;
    `exit_code` is what a command ends with when the error reaches the user.
    """

    exit_code: int = EXIT_REFUSED

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} ({self.remedy})" if self.remedy else text

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), dict(self.__dict__))


def _rebuild(kind: type[IvrError], state: dict[str, object]) -> IvrError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    Exception.__init__(error, str(error))
    return error


class TransitionError(IvrError):
    """Raised when our own code sends an event that the state table does not allow. Changes nothing."""


class ComplianceError(IvrError):
    """Raised when going on would break a rule. Never retried, never swallowed; capture stops."""

    def __init__(self, what: str, *, rules: tuple[str, ...] = (), where: str = "", remedy: str = "") -> None:
        self.rules = rules
        super().__init__(what, where=where, remedy=remedy)


class ArchiveError(IvrError):
    """Raised when a stored thing is missing, changed, or cannot be written or read."""


class SpeechError(IvrError):
    """Raised when the ear cannot judge: overloaded, late, absent, or without its model."""


class SupersededError(SpeechError):
    """Raised when the ear let a piece go because a newer one holds the same speech: nothing failed."""


class HostError(IvrError):
    """Raised when the machine lacks something: a port, a file, a right, disk space, a package."""

    exit_code = EXIT_ENVIRONMENT


class LostEvidenceError(HostError):
    """Raised when the database is not the one that holds this node's evidence: removed, emptied, older or another."""


class ConfigurationError(IvrError):
    """Raised when a setting or an input is wrong; says the file, the key or line (from 1), the value and the fix."""

    exit_code = EXIT_USAGE

    def __init__(
        self, what: str, *, file: str = "", key: str = "", line: int = 0, value: object = None, remedy: str = ""
    ) -> None:
        self.file = file
        self.key = key
        self.line = line
        self.value = value
        where = ", ".join(
            part for part in (file, f"line {line}" if line else "", f"key '{key}'" if key else "") if part
        )
        super().__init__(what, where=where, remedy=remedy)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a remedy sentence naming the known name closest to `name`, or listing what is known."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{close[0]}'?"
    return "known: " + ", ".join(names) if names else "nothing is known here"
