"""`ivr audit …`: the tamper-evident log."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path

import click

from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.runtime import SystemClock
from ivr.cli.context import as_json, console, plain, print_json, reporting, settings
from ivr.cli.vault import opened
from ivr.errors import HostError
from ivr.french import french
from ivr.private_file import write_private
from ivr.screen import marked
from ivr.services.evidence.export import export_evidence, read_witness
from ivr.services.ports.signing import Witness
from ivr.storage.evidence_reconciliation import table_faults
from ivr.visible import visible_json


@click.group()
def audit() -> None:
    """Les preuves : vérifier la chaîne, l'exporter."""


@audit.command()
@click.option(
    "--against",
    "folder",
    default=None,
    metavar="DOSSIER",
    type=click.Path(path_type=Path),
    help="Un export gardé ailleurs : ses signatures témoignent de la chaîne telle qu'elle était.",
)
@as_json
@reporting
def verify(folder: Path | None, json_: bool) -> None:
    """Vérifie chaque maillon de la chaîne, et que les tables disent ce que disent les preuves ; sort avec 1 sinon.

    Ce que rien hors de la base n'atteste est dit : une chaîne réécrite en entier se tient.
    """
    kept, keys = read_witness(folder) if folder is not None else ([], {})
    with opened() as archive:
        broken = archive.audit.verify(kept, keys) + table_faults(archive.database)
        count, witness = archive.audit.count(), archive.audit.witness()
    if json_:
        print_json({"ok": not broken, "events": count, "broken": broken, "witness": witness, "against": folder})
        sys.exit(1 if broken else 0)
    if not broken:
        console.print(marked("✓", f"chaîne intacte : {count} événements."))
    for line in broken:
        console.print(marked("✗", french(line)), soft_wrap=True)
    for line in _witnessed(witness, count):
        console.print(marked("!", f"{line}"), soft_wrap=True)
    sys.exit(1 if broken else 0)


def _witnessed(witness: Witness, count: int) -> list[str]:
    """What a reader must know before trusting a chain that is whole."""
    said = []
    if witness.exported_at is None and count:
        said.append(
            "sans témoin hors de ce nœud depuis l'origine : rien n'a jamais été exporté. "
            "`ivr audit export DOSSIER`, et gardez le dossier ailleurs."
        )
    elif witness.unexported:
        since = f"{witness.exported_at:%Y-%m-%d %H:%M} UTC"
        said.append(
            f"sans témoin hors de ce nœud depuis le {since} (dernier export) : {witness.unexported} événements. "
            "`ivr audit verify --against DOSSIER` compare à un export."
        )
    if witness.unsigned:
        since = f"le {witness.signed_at:%Y-%m-%d %H:%M} UTC" if witness.signed_at else "l'origine"
        said.append(
            f"sans signature depuis {since} : {witness.unsigned} événements (le nœud signe à son prochain tour)."
        )
    return said


@audit.command()
@click.option(
    "--reason", required=True, help="Pourquoi la perte est acceptée, p. ex. « disque perdu, sauvegarde du … »."
)
@click.option("--actor", default=getpass.getuser, show_default="utilisateur courant", help="Qui en décide.")
@as_json
@reporting
def accept(reason: str, actor: str, json_: bool) -> None:
    """Continue avec une base vidée, remplacée ou plus ancienne que son témoin ; la décision reste dans les preuves.

    À ne faire que si la bonne base est perdue : ce qu'elle savait (oppositions, gels, destructions) ne l'est plus ici.
    """
    archive = open_archive(settings(), create=True, in_place_of_lost=True)
    try:
        event = archive.audit.accept_loss(reason=reason, actor=actor)
    finally:
        archive.close()
    if json_:
        print_json({"ok": True, "seq": event.seq, **event.body})
        return
    console.print(f"Perte acceptée : événement {event.seq}. Relisez docs/recovery.md (« The database is lost »).")


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
        events = [plain(event) for event in archive.audit.events()]
        lines = [visible_json(json.dumps(event, ensure_ascii=False, sort_keys=True)) for event in events]
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
