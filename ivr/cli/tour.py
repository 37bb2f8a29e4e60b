"""`ivr demo`: the guided tour."""

from __future__ import annotations

import sys

import click

from ivr.cli.context import as_json, print_json, reporting, until_told
from ivr.demo.tour import run_tour
from ivr.demo.view import JsonView, LiveView


@click.command()
@as_json
@reporting
def demo(json_: bool) -> None:
    """La visite guidée : quatre vrais appels SIP sur cette machine, montrés en direct."""
    view = JsonView() if json_ else LiveView()
    result = until_told(run_tour(view))
    if json_:
        print_json(result)
    sys.exit(0 if result["ok"] else 1)
