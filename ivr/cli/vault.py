"""`ivr recordings …`: the vault."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from ivr.bootstrap.archive import Archive, open_archive
from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, console, plain, print_json, reporting, settings
from ivr.domain.access import AccessRequest, Action
from ivr.domain.recording.state import RecordingState
from ivr.domain.search.query import PERSONAL, SENSITIVE, parse_query
from ivr.errors import ConfigurationError, HostError, nearest
from ivr.private_file import write_private
from ivr.screen import complain, styled
from ivr.services.ports.vault import RecordingRow

#: How traits are asked for, and what the search calls it.
_TRAIT = {"oui": "yes", "non": "no"}


@contextmanager
def opened() -> Iterator[Archive]:
    archive = open_archive(settings())
    try:
        yield archive
    finally:
        archive.close()


def row_body(row: RecordingRow) -> dict[str, object]:
    """Return a recording as the command line shows it: the tag's fields on top, `id` first."""
    tag = asdict(row.tag)
    return {
        "id": tag.pop("recording_id"),
        "state": row.state.value,
        **tag,
        "deadline": row.deadline,
        "closed_at": row.closed_at,
        "file": asdict(row.sealed) if row.sealed else None,
        "key": "present" if row.has_key else "destroyed",
        "consent": row.consent,
        "gaps": row.gaps,
        "masks": row.masks,
        "reason": row.reason,
    }


@click.group()
def recordings() -> None:
    """Le coffre : lister, montrer, exporter, vérifier, détruire."""


@recordings.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice([state.value for state in RecordingState]))
@click.option("--program", default="", help="Programme de l'appel.")
@click.option("--since", default="", metavar="DATE", help="Commencés à partir de cette date.")
@click.option("--until", default="", metavar="DATE", help="Commencés avant cette date.")
@click.option("--due-before", default="", metavar="DATE", help="À détruire avant cette date, dans cet ordre.")
@click.option("--agent", default="", help="Conseiller, comme les preuves le nomment.")
@click.option("--disposition", default="", help="Issue de l'appel : ANSWERED, NO_ANSWER… (plusieurs : virgules).")
@click.option("--min-length", default="", metavar="DURÉE", help="Au moins : 90, 1:30 ou 1:00:00.")
@click.option("--max-length", default="", metavar="DURÉE", help="Au plus.")
@click.option(
    "--min-score", default="", metavar="POURCENT", help="Note d'une analyse qui compte, au moins : 70 ou 72,5."
)
@click.option("--max-score", default="", metavar="POURCENT", help="Au plus.")
@click.option("--gaps", type=click.Choice([*_TRAIT]), help="Avec ou sans lacunes.")
@click.option("--masks", type=click.Choice([*_TRAIT]), help="Avec ou sans passages mis en silence.")
@click.option("--doubts", type=click.Choice([*_TRAIT]), help="Avec ou sans doutes sur une objection.")
@click.option("--phone", default="", metavar="NUMÉRO", help="De ce numéro ; « - » : lu sur l'entrée standard.")
@click.option("--member", default="", metavar="NUMÉRO", help="De cet adhérent ; « - » : lu sur l'entrée standard.")
@click.option("--purpose", default="", metavar="ÉTIQUETTE", help="Finalité pour laquelle vous consultez.")
@click.option(
    "--reason",
    default="",
    help="Motif, inscrit dans les preuves. Exigé pour un numéro, un conseiller, une issue, une note, des doutes ou un "
    "fichier.",
)
@click.option("--csv", "file", type=click.Path(dir_okay=False, path_type=Path), help="Écrit toute la liste (CSV).")
@click.option("--after", default="", metavar="ID", help="Page suivante : là où la précédente s'est arrêtée.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1))
@asked_by
@as_json
@reporting
def list_(
    states: tuple[str, ...],
    reason: str,
    file: Path | None,
    after: str,
    limit: int,
    actor: str,
    role: str,
    json_: bool,
    **filters: str | None,
) -> None:
    """Liste les enregistrements, du plus récent au plus ancien (une ligne JSON par enregistrement).

    Sans motif ni finalité, la liste est celle de l'exploitant : on n'y cherche ni une personne, ni le travail d'un
    conseiller. Avec eux, elle est celle de qui consulte : son rôle doit y avoir droit, et les preuves disent qui a vu
    quoi, sans les numéros.
    """
    given = {name.replace("_", "-"): value or "" for name, value in filters.items()} | {"state": ",".join(states)}
    given |= {name: _TRAIT[given[name]] for name in ("gaps", "masks", "doubts") if given[name]}
    given |= {name: _read_number() for name in PERSONAL if given[name] == "-"}
    with actor_session(actor, role) as session:
        zone = ZoneInfo(session.settings.profile.timezone)
        query = parse_query(given, zone=zone, purposes=session.settings.retention.schedules, after=after)
        query = replace(query, limit=limit)
        request = AccessRequest(session.actor, Action.LIST, purpose=query.purpose, reason=reason)
        if file is not None:
            found = session.retention.listing.file(request, query)
            said = f"{found.rows} enregistrements"
            write_list(found.content, file, {"rows": found.rows}, said, whole=found.whole, json_=json_)
            return
        if reason or query.purpose or SENSITIVE & {*query.filters}:
            page = session.retention.listing.page(request, query)
        else:
            session.may(Action.LIST)
            page = session.retention.search.page(query)
    rows = page.rows
    if json_:
        for row in rows:
            print_json(row_body(row))
        if page.after:
            # Records alone stand on standard output.
            complain(f"La suite : --after {page.after}")
        return
    table = Table("enregistrement", "état", "programme", "début", "durée", "à détruire le")
    for row in rows:
        length = f"{row.sealed.duration_ms / 1000:.1f} s" if row.sealed and row.has_key else "–"
        table.add_row(
            row.tag.recording_id,
            row.state.value,
            row.tag.program,
            f"{row.tag.opened_at:%Y-%m-%d %H:%M:%S}",
            length,
            f"{row.deadline:%Y-%m-%d}" if row.deadline else "–",
        )
    console.print(table if rows else "Aucun enregistrement.")
    if page.by_number and page.numbers_since is None:
        console.print("Aucun enregistrement ne porte encore de numéro.")
    elif page.numbers_since is not None:
        console.print(f"Un appel d'avant le {page.numbers_since:%Y-%m-%d} ne se trouve pas par un numéro.")
    if page.after:
        console.print(f"La suite : --after {page.after}")


def _read_number() -> str:
    """A number from standard input: on the command line, every user of the machine would see it."""
    return sys.stdin.readline(100).strip()


def write_list(content: bytes, path: Path, counts: Mapping[str, int], said: str, *, whole: bool, json_: bool) -> None:
    """Write a list to a file that is the user's alone, and say what it holds: `said` to people, `counts` in JSON."""
    try:
        write_private(path, content)
    except OSError as error:
        raise HostError(
            f"cannot write the list: {error.strerror}", where=str(path), remedy="choose another path"
        ) from error
    if json_:
        print_json({"ok": True, "file": str(path), **counts, "whole": whole})
    else:
        console.print(f"{said}{'' if whole else ' (il y en a d’autres)'} : {path}")


@recordings.command()
@click.argument("recording_id")
@asked_by
@as_json
@reporting
def show(recording_id: str, actor: str, role: str, json_: bool) -> None:
    """Montre tout ce qui est su d'un enregistrement, et ses preuves."""
    with actor_session(actor, role) as session:
        session.may(Action.LIST, (recording_id,))
        row = session.archive.vault.show(recording_id)
        events = session.archive.audit.events(call_id=row.tag.call_id)
    body = row_body(row)
    body["events"] = [{"seq": e.seq, "at": e.at, "kind": e.kind, "body": e.body} for e in events]
    if json_:
        print_json(body)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for key, value in body.items():
        if key != "events":
            table.add_row(styled((key, "bold")), str(plain(value)))
    console.print(table)
    console.print("\npreuves", style="bold")
    for event in events:
        console.print(f"  {event.at:%H:%M:%S.%f} {event.kind} {plain(event.body)}", soft_wrap=True)


@recordings.command()
@click.argument("recording_id")
@click.option("--rule", "rule_id", required=True, help="Règle qui demande la destruction, p. ex. REC-005.")
@click.option("--reason", required=True)
@asked_by
@as_json
@reporting
def discard(recording_id: str, rule_id: str, reason: str, actor: str, role: str, json_: bool) -> None:
    """Détruit la clé puis le fichier, et laisse un certificat."""
    found = settings()
    if rule_id not in found.profile.rules:
        raise ConfigurationError(
            f"profile {found.profile.id} has no rule '{rule_id}'",
            key="--rule",
            value=rule_id,
            remedy=nearest(rule_id, found.profile.rules),
        )
    with actor_session(actor, role) as session:
        session.may(Action.DISCARD, (recording_id,), reason=reason)
        state = session.archive.vault.discard_stored(recording_id, rule_id=rule_id, reason=reason)
    if json_:
        print_json({"ok": True, "id": recording_id, "state": state.value})
    else:
        console.print(f"{recording_id} : {state.value}")
