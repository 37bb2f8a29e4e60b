"""Turns the live feed into log lines (structlog): what happened, when, on which call; never words, digits or audio."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, TextIO, cast

import structlog

from ivr.bootstrap.child import LiveEvent
from ivr.bootstrap.event_writer import EventWriter
from ivr.domain.evidence.events.call import Deaf
from ivr.domain.evidence.events.recording import Recovered
from ivr.process_log import redacted_event
from ivr.settings import LogSection
from ivr.visible import visible, visible_json

_LEVELS = {
    "process.died": "warning",
    "recording.fault": "error",
    Recovered.kind: "warning",
    "evidence.lost": "error",
    "evidence.unseen": "warning",
    "state.unseen": "warning",
    "act.failed": "error",
    "call.fault": "error",
    "line.fault": "error",
    "hearing.unheard": "warning",
    Deaf.kind: "warning",
    "media.foreign": "warning",
    "media.overflow": "warning",
    "clerk.failed": "error",
    "console.failed": "error",
    "console.fault": "error",
    "upload.waits": "warning",
    "hold.review_due": "warning",
    "alert.agent_asked": "warning",
    "alert.number_told": "warning",
    "hearing.judged": "debug",
    "policy.capture": "debug",
    "call.state": "debug",
}


def _redacted(_logger: object, _method: str, event: Mapping[str, object]) -> Mapping[str, object]:
    """The last thing that is done before a line is dressed: what stands in it then is written."""
    redacted = redacted_event({**event, "kind": event.get("event")})
    del redacted["kind"]
    return redacted


def _shown(_logger: object, _method: str, event: Mapping[str, object]) -> Mapping[str, object]:
    """A line for people: what others wrote in it is no order to their terminal."""
    return {key: visible(value) if isinstance(value, str) else value for key, value in event.items()}


def _shown_json(_logger: object, _method: str, line: str) -> str:
    return visible_json(line)


class EventLog:
    """Writes each event as one line on stderr; with `json_`, as one JSON object on stdout.

    In JSON the kind of an event is `kind`, as in every other object that a command prints. A reader that is slow, or
    gone, does not hold up the node.
    """

    def __init__(self, section: LogSection, *, json_: bool) -> None:
        self._event_writer = EventWriter(sys.stdout.fileno() if json_ else sys.stderr.fileno())
        self._threshold = logging.getLevelName(section.level.upper())
        stamps: list[Any] = [
            structlog.processors.format_exc_info,
            _redacted,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.add_log_level,
        ]
        if json_ or section.format == "json":
            stamps += [
                structlog.processors.EventRenamer("kind"),
                structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
                _shown_json,
            ]
        else:
            stamps.append(_shown)
            stamps.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(cast(TextIO, self._event_writer)),
            processors=stamps,
            wrapper_class=structlog.BoundLogger,
        )

    def write(self, event: LiveEvent, *, always: bool = False) -> None:
        """Log one event at the level its kind deserves; `always`: whatever level is asked for."""
        kind = str(event["kind"])
        level = _LEVELS.get(kind, "info")
        if always or logging.getLevelName(level.upper()) >= self._threshold:
            fields = {_RESERVED.get(key, key): value for key, value in event.items() if key != "kind"}
            getattr(self._log, level)(kind, **fields)

    def close(self) -> None:
        """Let the reader take what is on its way."""
        self._event_writer.close()


#: Names that the log line itself uses.
_RESERVED = {"event": "event_", "level": "level_", "time": "time_"}
