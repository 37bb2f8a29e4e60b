"""What a process says: news as JSON lines, log records, the trace of whatever it dies of; none with numbers or names.

`guard_output` is called first in every process of ours; `news_line` is the only way to write news.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import Mapping
from types import TracebackType

from ivr.domain.redaction import Redactor
from ivr.visible import visible

#: What everything is redacted by that this process writes; knows the names of those it deals with.
PROCESS = Redactor()
#: A line's own address, told so that it can be called: nobody's number.
_OWN_ADDRESS = {"line.ready": ("uri",), "node.ready": ("uris",)}


class RedactingFormatter(logging.Formatter):
    """Formats a record whole, with its exception and stack, and redacts the result."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(PROCESS.text(super().format(record)))


def redacted_news(news: Mapping[str, object]) -> dict[str, object]:
    """Return news as they may be told; keys and kinds stay what they are."""
    own = _OWN_ADDRESS.get(str(news.get("kind", "")), ())
    return {**PROCESS.event(news), **{name: news[name] for name in own if name in news}}


def news_line(news: Mapping[str, object]) -> str:
    """Return one line of JSON."""
    return json.dumps(redacted_news(news), default=str, ensure_ascii=False) + "\n"


def guard_output(level: int = logging.WARNING) -> None:
    """Have log records and uncaught exceptions of this process written to stderr, redacted; Python's warnings too."""
    handler = logging.StreamHandler(_Stderr())
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _uncaught_in_thread


class _Stderr:
    """Standard error as it is when something is written."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    text = "".join(traceback.format_exception(kind, error, trace))
    sys.stderr.write(visible(PROCESS.text(text)))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    if args.exc_value is not None:
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
