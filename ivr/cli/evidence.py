"""`ivr audit …`: the tamper-evident log."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path

import click

from ivr.bootstrap.world import SystemClock
from ivr.cli.context import as_json, console, plain, print_json, reporting
from ivr.cli.vault import opened
from ivr.errors import HostError
from ivr.services.evidence_export import export_evidence
from ivr.services.private_file import write_private


@click.group()
def audit() -> None:
    """Les preuves : vérifier la chaîne, l'exporter."""


@audit.command()
@as_json
@reporting
def verify(json_: bool) -> None:
    """Vérifie chaque maillon de la chaîne ; sort avec 1 et nomme le premier qui manque ou a changé."""
    with opened() as archive:
        broken = archive.audit.verify()
        count = len(archive.audit.events())
    if json_:
        print_json({"ok": not broken, "events": count, "broken": broken})
    elif not broken:
        console.print(f"[green]✓[/] chaîne intacte : {count} événements.")
    for line in broken if not json_ else ():
        console.print(f"[red]✗[/] {line}", soft_wrap=True)
    sys.exit(1 if broken else 0)


@audit.command()
@click.argument("path", type=click.Path(allow_dash=True, path_type=Path), default=Path("-"))
@click.option("--actor", default=getpass.getuser, show_default="utilisateur courant", help="Qui exporte.")
@as_json
@reporting
def export(path: Path, actor: str, json_: bool) -> None:
    """Écrit les preuves dans le dossier PATH, signées et vérifiables hors ligne (tools/verify_audit.py).

    Avec un PATH en .jsonl, ou sans PATH (sortie standard) : les événements seuls, un objet JSON par ligne.
    """
    if str(path) != "-" and path.suffix != ".jsonl":
        with opened() as archive:
            manifest = export_evidence(
                path, chain=archive.audit, signer=archive.signer, clock=SystemClock(), actor=actor
            )
        if json_:
            print_json({"ok": True, "folder": path, **manifest})
        else:
            console.print(f"{manifest['events']} événements dans {path}, signés par {manifest['key_id']}.")
        return
    with opened() as archive:
        lines = [json.dumps(plain(event), ensure_ascii=False, sort_keys=True) for event in archive.audit.events()]
    text = "".join(line + "\n" for line in lines)
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        write_private(path, text.encode())
    except OSError as error:
        raise HostError(
            f"cannot be written: {error.strerror}", where=str(path), remedy="choose another path"
        ) from error
    if json_:
        print_json({"ok": True, "events": len(lines), "file": path})
    else:
        console.print(f"{len(lines)} événements dans {path}.")
