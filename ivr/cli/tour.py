"""`ivr demo`: the guided tour, where it is installed."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import NoReturn

import click

from ivr.bootstrap.accounts import console_installed
from ivr.cli.context import as_json, print_json, reporting, until_stopped
from ivr.errors import EXIT_OK, HostError


@click.command()
@click.option("--console", "console_", is_flag=True, help="Une maison d'exemple à parcourir dans la console web.")
@as_json
@reporting
def demo(console_: bool, json_: bool) -> None:
    """La visite guidée : quatre vrais appels SIP sur cette machine, montrés en direct."""
    if console_:
        _example(json_)
    try:
        from ivr_demo.tour import run_tour
        from ivr_demo.view import JsonView, LiveView
    except ModuleNotFoundError as missing:
        if missing.name != "ivr_demo":
            raise
        raise HostError("the tour is not installed: pip install 'ivr[demo]'") from None
    view = JsonView() if json_ else LiveView()
    result = until_stopped(run_tour(view))
    if json_:
        print_json(result)
    sys.exit(0 if result["ok"] else 1)


def _example(json_: bool) -> NoReturn:
    """Eight months of calls in a folder that goes when it ends, and the console on them."""
    if not console_installed():
        raise HostError("the console is not installed: pip install 'ivr[console]'")
    try:
        from ivr_demo.example_console import run_example
    except ModuleNotFoundError as missing:
        if missing.name != "ivr_demo":
            raise
        raise HostError("the tour is not installed: pip install 'ivr[demo]'") from None
    with suppress(KeyboardInterrupt):
        # Ctrl-C and SIGTERM are how it is meant to be ended.
        until_stopped(run_example(print_json if json_ else None))
    sys.exit(EXIT_OK)
