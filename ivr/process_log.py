"""What a process says: events as JSON lines, log records, the trace of whatever it dies of; none with numbers or names.

`guard_output` is called first in every process of ours; `event_line` is the only way to write events. Both take the
redactor: a line gives them one that knows the members it has looked up.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import Mapping
from functools import partial
from types import TracebackType

from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.visible import visible

#: A line's own address, told so that it can be called: nobody's number.
_OWN_ADDRESS = {"line.ready": ("uri",), "console.ready": ("uri",), "node.ready": ("uris", "console")}


class RedactingFormatter(logging.Formatter):
    """Formats a record whole, with its exception and stack, and redacts the result."""

    def __init__(self, form: str, redactor: Redactor = REDACTOR) -> None:
        super().__init__(form)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return visible(self._redactor.text(super().format(record)))


def redacted_event(event: Mapping[str, object], redactor: Redactor = REDACTOR) -> dict[str, object]:
    """Return events as they may be told; keys and kinds stay what they are."""
    own = _OWN_ADDRESS.get(str(event.get("kind", "")), ())
    return {**redactor.event(event), **{name: event[name] for name in own if name in event}}


def event_line(event: Mapping[str, object], redactor: Redactor = REDACTOR) -> str:
    """Return one line of JSON."""
    return json.dumps(redacted_event(event, redactor), default=str, ensure_ascii=False) + "\n"


def guard_output(level: int = logging.WARNING, redactor: Redactor = REDACTOR) -> None:
    """Have log records and uncaught exceptions of this process written to stderr, redacted; Python's warnings too."""
    handler = logging.StreamHandler(_Stderr())
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s", redactor))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = partial(_uncaught, redactor)
    sys.unraisablehook = partial(_unraisable, redactor)
    threading.excepthook = partial(_uncaught_in_thread, redactor)


class _Stderr:
    """Standard error as it is when something is written."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _uncaught(redactor: Redactor, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    text = "".join(traceback.format_exception(kind, error, trace))
    sys.stderr.write(visible(redactor.text(text)))


def _uncaught_in_thread(redactor: Redactor, args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _uncaught(redactor, args.exc_type, args.exc_value, args.exc_traceback)


def _unraisable(redactor: Redactor, args: sys.UnraisableHookArgs) -> None:
    if args.exc_value is not None:
        _uncaught(redactor, args.exc_type, args.exc_value, args.exc_traceback)
