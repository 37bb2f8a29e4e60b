"""`ivr members …`: the members against whom callers are identified."""

from __future__ import annotations

import click

from ivr.bootstrap.members import delete_members, import_members
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.cli.vault import opened
from ivr.services.ports.members import MemberListHead


@click.group()
def members() -> None:
    """Les adhérents connus, pour vérifier qui appelle : importer la liste, montrer son état, la supprimer."""


@members.command("import")
@click.argument("source", metavar="FICHIER.csv")
@as_json
@reporting
def import_(source: str, json_: bool) -> None:
    """Remplace la liste par celle du fichier CSV (« - » : entrée standard), chiffrée avec la clé du nœud."""
    with opened() as archive:
        head = import_members(archive, source)
    _tell(head, json_, f"{head.count} adhérents importés. Supprimez maintenant le fichier CSV.")


@members.command()
@as_json
@reporting
def show(json_: bool) -> None:
    """Dit quand la liste a été importée, combien d'adhérents elle contient, et vérifie qu'elle est intacte."""
    with opened() as archive:
        head = archive.members.verify()
    _tell(head, json_, f"{head.count} adhérents, importés le {head.made_at.isoformat()}, sous la clé {head.kek_id}.")


@members.command()
@as_json
@reporting
def delete(json_: bool) -> None:
    """Supprime la liste et sa clé."""
    with opened() as archive:
        head = delete_members(archive)
    _tell(head, json_, f"{head.count} adhérents supprimés.")


def _tell(head: MemberListHead, json_: bool, text: str) -> None:
    if json_:
        made_at = head.made_at.isoformat()
        body = {"id": head.list_id, "kek_id": head.kek_id, "made_at": made_at, "count": head.count}
        print_json({"ok": True, **body})
    else:
        console.print(text)
