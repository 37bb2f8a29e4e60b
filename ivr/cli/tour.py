"""`ivr demo`: the guided tour, where it is installed."""

from __future__ import annotations

import sys

import click

from ivr.cli.context import as_json, print_json, reporting, until_stopped
from ivr.errors import HostError


@click.command()
@as_json
@reporting
def demo(json_: bool) -> None:
    """La visite guidée : quatre vrais appels SIP sur cette machine, montrés en direct."""
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
