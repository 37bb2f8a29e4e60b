"""`ivr members …`: the members against whom callers are identified."""

from __future__ import annotations

import click

from ivr.bootstrap import members as directory
from ivr.cli.context import as_json, console, print_json, reporting, settings
from ivr.cli.vault import opened
from ivr.recording.member_file import MemberFileHead


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
        head = directory.import_members(settings(), archive, source)
    _tell(head, json_, f"{head.count} adhérents importés. Supprimez maintenant le fichier CSV.")


@members.command()
@as_json
@reporting
def show(json_: bool) -> None:
    """Dit quand la liste a été importée, combien d'adhérents elle contient, et vérifie qu'elle est intacte."""
    with opened() as archive:
        head = directory.show_members(settings(), archive)
    _tell(head, json_, f"{head.count} adhérents, importés le {head.made_at}, sous la clé {head.kek_id}.")


@members.command()
@as_json
@reporting
def delete(json_: bool) -> None:
    """Supprime la liste et sa clé."""
    with opened() as archive:
        head = directory.delete_members(settings(), archive)
    _tell(head, json_, f"{head.count} adhérents supprimés.")


def _tell(head: MemberFileHead, json_: bool, text: str) -> None:
    if json_:
        body = {"id": head.file_id, "kek_id": head.kek_id, "made_at": head.made_at, "count": head.count}
        print_json({"ok": True, **body})
    else:
        console.print(text)
