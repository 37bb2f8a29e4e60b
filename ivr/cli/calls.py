"""`ivr calls …`: details of calls and their legs (CDR)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.cli.vault import write_list
from ivr.domain.access import AccessRequest, Action
from ivr.screen import complain
from ivr.services.ports.call_details import CallDetail
from ivr.services.ports.evidence import LegRow
from ivr.services.search.call_details import detail_query, records_of


@click.group()
def calls() -> None:
    """Les appels : le détail de chaque appel et de chaque branche (CDR)."""


@calls.command()
@click.option("--since", default="", metavar="DATE", help="Commencés à partir de cette date.")
@click.option("--until", default="", metavar="DATE", help="Commencés avant cette date.")
@click.option("--program", default="", help="Programme de l'appel.")
@click.option("--disposition", default="", help="Issue de l'appel : ANSWERED, NO_ANSWER… (plusieurs : virgules).")
@click.option("--reason", required=True, help="Motif, inscrit dans les preuves.")
@click.option("--csv", "file", type=click.Path(dir_okay=False, path_type=Path), help="Écrit toute la liste (CSV).")
@click.option("--after", default="", metavar="PLACE", help="Page suivante : là où la précédente s'est arrêtée.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="Appels par page.")
@asked_by
@as_json
@reporting
def legs(
    reason: str, file: Path | None, after: str, limit: int, actor: str, role: str, json_: bool, **filters: str
) -> None:
    """Liste les appels et leurs branches, du plus récent au plus ancien (une ligne JSON par branche).

    Les numéros sont masqués. L'heure est celle de la maison ; en JSON et en CSV, celle d'UTC (docs/cdr.md).
    """
    with actor_session(actor, role) as session:
        zone = ZoneInfo(session.settings.profile.timezone)
        request = AccessRequest(session.actor, Action.CALLS, reason=reason)
        query = detail_query(filters, zone=zone, after=after, limit=limit)
        listing = session.retention.details
        if file is not None:
            found = listing.file(request, query)
            counts = {"calls": found.calls, "legs": found.legs}
            said = f"{_counted(found.calls, 'appel')}, {_counted(found.legs, 'branche')}"
            write_list(found.content, file, counts, said, whole=found.whole, json_=json_)
            return
        page = listing.page(request, query)
    if json_:
        for detail in page.calls:
            for record in records_of(detail):
                print_json(record)
    else:
        _show(page.calls, zone)
    if page.after:
        more = f"La suite : --after {page.after}"
        if json_:
            # Records alone stand on standard output.
            complain(more)
        else:
            console.print(more, soft_wrap=True)


def _show(calls: Sequence[CallDetail], zone: ZoneInfo) -> None:
    """Each call with its whole id, then a line for each leg."""
    for detail in calls:
        call = detail.call
        began = call.started_at.astimezone(zone)
        console.print(
            f"{call.call_id}  {began:%Y-%m-%d %H:%M:%S} ({zone.key})  {call.program}  {call.disposition}",
            soft_wrap=True,
        )
        table = Table("branche", "correspondant", "durée", "SIP", "cause", "perdus", "gigue", "MOS")
        for leg in detail.legs:
            table.add_row(*_row(leg))
        console.print(table if detail.legs else "  Aucune branche.")
    if not calls:
        console.print("Aucun appel.")


def _row(leg: LegRow) -> list[str]:
    lasted = f"{max(0.0, (leg.ended_at - leg.answered_at).total_seconds()):.1f} s" if leg.answered_at else None
    shown = [leg.role, leg.peer, lasted, leg.sip_status, leg.hangup_cause, leg.lost, leg.jitter_ms, leg.mos]
    return ["–" if value is None or value == "" else str(value) for value in shown]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"
