"""`ivr calibrate`: what callers answered to the ear's doubts, from the evidence alone."""

from __future__ import annotations

from dataclasses import asdict

import click
from rich.table import Table

from ivr.cli.context import as_json, console, print_json, reporting
from ivr.cli.vault import opened
from ivr.domain.hearing.calibration import threshold_rows
from ivr.services.hearing.asked_doubts import asked_doubts

_THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)


@click.command()
@click.option(
    "--last",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(1, 100_000_000),
    help="Combien des derniers événements des preuves sont lus.",
)
@as_json
@reporting
def calibrate(last: int, json_: bool) -> None:
    """Dit ce que les appelants ont répondu aux doutes de l'oreille, et ce qu'un autre seuil aurait demandé.

    Ne lit que les preuves : ni parole ni enregistrement. « manqués » sont des oppositions qui n'auraient plus été
    demandées ; tant qu'il y en a, le seuil « doubt » ne monte pas.
    """
    with opened() as archive:
        rows = threshold_rows(asked_doubts(archive.audit, last=last), _THRESHOLDS)
    if json_:
        print_json({"rows": [asdict(row) for row in rows]})
        return
    if not rows:
        console.print("Aucun doute n'a encore été demandé à un appelant.")
        return
    table = Table("programme", "étiquette", "seuil", "demandés", "épargnés", "manqués", "sans réponse")
    for row in rows:
        table.add_row(
            row.program, row.label, f"{row.threshold:.2f}", *map(str, (row.asked, row.spared, row.missed, row.open))
        )
    console.print(table)
