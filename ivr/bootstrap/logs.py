"""Turns the live feed into log lines (structlog): what happened, when, on which call; never words, digits or audio."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from ivr.bootstrap.node import News
from ivr.settings import LogSection

_LEVELS = {
    "process.died": "warning",
    "recording.fault": "error",
    "recording.recovered": "warning",
    "act.failed": "error",
    "call.fault": "error",
    "line.fault": "error",
    "hearing.unheard": "warning",
    "hearing.deaf": "warning",
    "media.overflow": "warning",
    "hearing.judged": "debug",
    "policy.capture": "debug",
    "call.state": "debug",
}


class NewsLog:
    """Writes each piece of news as one line on stderr; with `json_`, as one JSON object on stdout."""

    def __init__(self, section: LogSection, *, json_: bool) -> None:
        as_json = json_ or section.format == "json"
        renderer: Any = (
            structlog.processors.JSONRenderer(default=str)
            if as_json
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        )
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(sys.stdout if json_ else sys.stderr),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
                structlog.processors.add_log_level,
                renderer,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(section.level.upper())),
        )

    def write(self, news: News) -> None:
        """Log one piece of news at the level its kind deserves."""
        fields = {key: value for key, value in news.items() if key != "kind"}
        level = _LEVELS.get(str(news["kind"]), "info")
        getattr(self._log, level)(str(news["kind"]), **fields)
