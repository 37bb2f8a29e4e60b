"""What each process does that the node starts with its settings: it is hardened, it serves, it tells why it cannot."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from ivr.bootstrap.event_writer import EventWriter
from ivr.errors import EXIT_ENVIRONMENT, EXIT_OK, IvrError
from ivr.hardening import die_with_parent, forbid_core_dumps
from ivr.process_log import event_line, guard_output
from ivr.settings import Settings, load_settings

#: Writes one event as a JSON line on stdout: its kind, and its fields by name.
Tell = Callable[..., None]


def child_main(module: str, serve: Callable[[Settings, Tell], Coroutine[Any, Any, None]]) -> int:
    """Serve with the settings of the folder `--config`, as `python -m module`; return the exit code.

    An IvrError ends the process with the event `failed`, which says what, where and how to mend it.
    """
    guard_output()
    die_with_parent()
    forbid_core_dumps()
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--config", type=Path, required=True)
    options = parser.parse_args()
    event_writer = EventWriter(sys.stdout.fileno())

    def tell(kind: str, **fields: object) -> None:
        event_writer.write(event_line({"kind": kind, **fields}))

    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve(load_settings(options.config, os.environ), tell))
    except IvrError as error:
        tell("failed", what=error.what, where=error.where, remedy=error.remedy, exit_code=error.exit_code)
        return error.exit_code or EXIT_ENVIRONMENT
    finally:
        event_writer.close()
    return EXIT_OK
