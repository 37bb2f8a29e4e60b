"""What every command shares: the settings, where to print, and how an error becomes an exit code."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from ivr.domain.redaction.redactor import REDACTOR
from ivr.errors import EXIT_OK, ConfigurationError, IvrError
from ivr.french import french
from ivr.screen import Screen, complain
from ivr.settings import Settings, default_config_dir, load_settings
from ivr.visible import visible_json

P = ParamSpec("P")
R = TypeVar("R")
#: What shells say of a command that a signal ended.
_INTERRUPTED = 130
#: How Python holds a byte of an argument that is no UTF-8.
_NO_TEXT = re.compile("[\ud800-\udfff]")

console = Screen()
as_json = click.option("--json", "json_", is_flag=True, help="Un objet JSON (ou une ligne par événement).")


def settings(env: Mapping[str, str] = os.environ) -> Settings:
    return load_settings(default_config_dir(env), env)


#: A node beside the one that may be running on this machine: one line of its own on a free port.
OWN_LINE = {
    "IVR_NODE__LINES": "1",
    "IVR_NODE__EARS": "1",
    "IVR_SIP__PORT": "0",
    "IVR_NODE__CLERK": "false",
    "IVR_CONSOLE__ENABLED": "false",
}


def plain(value: object) -> object:
    """Return `value` as JSON can hold it: enums by value, times in ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return value


def until_stopped(work: Coroutine[Any, Any, R]) -> R:
    """Run to the end, as asyncio.run does; SIGTERM and SIGHUP end it as Ctrl-C does: all that was opened is closed."""

    async def main() -> R:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await work

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def print_json(value: object) -> None:
    text = visible_json(json.dumps(plain(value), ensure_ascii=False))
    # Half a surrogate pair, which JSON may name, cannot be written.
    sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()


def _must_be_text(given: Mapping[str, object]) -> None:
    """Raise ConfigurationError for bytes that are no text: nothing could write them down, the evidence neither."""
    for name, value in given.items():
        if isinstance(value, str) and _NO_TEXT.search(value):
            raise ConfigurationError(
                "not UTF-8 text", key=f"--{name.strip('_').replace('_', '-')}", remedy="type it again, in UTF-8"
            )


def reporting(command: Callable[P, R]) -> Callable[P, R]:
    """Turn an IvrError into one sentence on stderr (or one JSON object on stdout) and its exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            _must_be_text(kwargs)
            return command(*args, **kwargs)
        except IvrError as error:
            # An error may quote what was typed, or what stood in a file.
            what, where, remedy = (REDACTOR.text(french(part)) for part in (error.what, error.where, error.remedy))
            if kwargs.get("json_"):
                print_json({"ok": False, "error": what, "where": where, "remedy": remedy})
            where = f"{where} : " if where else ""
            remedy = f"\n  → {remedy}" if remedy else ""
            complain(f"ivr: {where}{what}{remedy}")
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # `ivr recordings list | head`: what nobody reads is not missed, at the interpreter's end either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(EXIT_OK)
        except KeyboardInterrupt:
            sys.exit(_INTERRUPTED)

    return run
