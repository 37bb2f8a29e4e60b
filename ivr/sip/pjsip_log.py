"""pjsip's own log, handed to Python's `logging` under the name `ivr.sip.pjsip`."""

from __future__ import annotations

import logging

import pjsua2 as pj

_LOG = logging.getLogger("ivr.sip.pjsip")
_LEVELS = {0: logging.CRITICAL, 1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO}
_NEVER = ("dtmf", "digit", "signal=", "telephone-event")


class PjsipLog(pj.LogWriter):  # type: ignore[misc]  # the binding has no types
    """Passes lines on, except any that could show a DTMF digit pressed by a party (promise 4)."""

    def write(self, entry: pj.LogEntry) -> None:
        text = entry.msg.rstrip()
        if not any(word in text.lower() for word in _NEVER):
            _LOG.log(_LEVELS.get(entry.level, logging.DEBUG), "%s", text)
