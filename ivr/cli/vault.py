"""`ivr recordings …`: the vault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click
from rich.table import Table
from rich.text import Text

from ivr.bootstrap.archive import Archive, open_archive
from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, console, plain, print_json, reporting, settings
from ivr.domain.access import Action
from ivr.domain.recording.state import RecordingState
from ivr.errors import ConfigurationError, nearest
from ivr.services.ports.vault import RecordingRow
from ivr.storage.recording_search import Search


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
@click.option("--after", default="", metavar="ID", help="Page suivante : le dernier identifiant de la précédente.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1))
@asked_by
@as_json
@reporting
def list_(
    states: tuple[str, ...],
    program: str,
    since: str,
    until: str,
    due_before: str,
    after: str,
    limit: int,
    actor: str,
    role: str,
    json_: bool,
) -> None:
    """Liste les enregistrements, du plus récent au plus ancien (une ligne JSON par enregistrement)."""
    with actor_session(actor, role) as session:
        session.may(Action.LIST)
        search = Search(
            states=tuple(RecordingState(state) for state in states),
            program=program,
            since=session.moment(since, key="--since"),
            until=session.moment(until, key="--until"),
            due_before=session.moment(due_before, key="--due-before"),
            after=after,
            limit=limit,
        )
        rows = session.retention.search.page(search)
    if json_:
        for row in rows:
            print_json(row_body(row))
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
            table.add_row(Text(key, style="bold"), str(plain(value)))
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
