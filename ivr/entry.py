"""Where `ivr` begins: loading the commands takes a second, in which Ctrl-C is no fault to print a traceback for."""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def run() -> None:
    try:
        from ivr.process_log import guard_output

        guard_output()
        from ivr.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
