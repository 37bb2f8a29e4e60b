"""`ivr keys …`: the key that wraps every recording's key."""

from __future__ import annotations

import sys

import click
from rich.table import Table

from ivr.bootstrap.members import must_have_moved
from ivr.bootstrap.retention import open_retention
from ivr.bootstrap.runtime import SystemClock
from ivr.cli.context import as_json, console, print_json, reporting, settings
from ivr.cli.vault import opened
from ivr.french import french
from ivr.screen import marked, styled
from ivr.services.vault.key_rotation import remove_retired, retired_keks, rotate


@click.group()
def keys() -> None:
    """La clé maîtresse (KEK) : la montrer, la changer, détruire les anciennes."""


@keys.command()
@as_json
@reporting
def show(json_: bool) -> None:
    """Montre la clé en service et les clés retirées, et jusqu'à quand chacune doit rester."""
    days = settings().keys.backup_days
    with opened() as archive:
        current, held = archive.keys.kek_id, archive.key_table.per_kek()
        retired = retired_keks(archive.keys, archive.key_table, backup_days=days)
    if json_:
        print_json({"ok": True, "kek_id": current, "keys": held.get(current, 0), "retired": retired})
        return
    table = Table("clé maîtresse", "clés emballées", "retirée le", "destructible le")
    table.add_row(styled((current, "bold")), str(held.get(current, 0)), "en service", "–")
    for one in retired:
        table.add_row(one.kek_id, str(one.keys), f"{one.retired_at:%Y-%m-%d}", f"{one.removable_at:%Y-%m-%d}")
    console.print(table)


@keys.command("rotate")
@as_json
@reporting
def rotate_(json_: bool) -> None:
    """Change la clé maîtresse : réemballe chaque clé sans toucher au son ; interrompue, la relancer la termine."""
    with opened() as archive:
        last = None
        for last in rotate(archive.keys, archive.key_table, archive.audit):
            if not json_:
                console.print(f"{last.done} clés réemballées, {last.left} restantes")
    assert last is not None
    if json_:
        print_json({"ok": not last.faults, "kek_id": last.kek_id, "rewrapped": last.done, "faults": last.faults})
    else:
        console.print(f"Clé en service : {last.kek_id}. L'ancienne reste lisible jusqu'à `ivr keys prune`.")
        for fault in last.faults:
            console.print(marked("✗", french(fault)))
    sys.exit(1 if last.faults else 0)


@keys.command()
@as_json
@reporting
def prune(json_: bool) -> None:
    """Détruit les clés maîtresses retirées dont plus rien, pas même une sauvegarde, n'a besoin."""
    days = settings().keys.backup_days
    must_have_moved(settings())
    with opened() as archive:
        open_retention(settings(), archive).clock.must_be_plausible()
        gone = remove_retired(archive.keys, archive.key_table, archive.audit, clock=SystemClock(), backup_days=days)
        left = retired_keks(archive.keys, archive.key_table, backup_days=days)
    if json_:
        print_json({"ok": True, "removed": gone, "retired": left})
        return
    for one in gone:
        console.print(f"{one.kek_id} détruite : les sauvegardes d'avant son retrait sont désormais illisibles.")
    for one in left:
        console.print(f"{one.kek_id} reste jusqu'au {one.removable_at:%Y-%m-%d} ({one.keys} clés en dépendent).")
    if not gone and not left:
        console.print("Aucune clé retirée.")
