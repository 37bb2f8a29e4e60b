"""Where `ivr` begins: loading the commands takes a second, in which Ctrl-C is no fault to print a traceback for."""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def run() -> None:
    try:
        from ivr.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
