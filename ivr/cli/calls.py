"""`ivr calls …`: details of calls and their legs (CDR)."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.cli.vault import write_list
from ivr.domain.access import AccessRequest, Action
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
    """Liste les branches des appels, du plus récent au plus ancien (une ligne JSON par branche).

    Les numéros sont masqués. docs/cdr.md dit chaque champ.
    """
    with actor_session(actor, role) as session:
        zone = ZoneInfo(session.settings.profile.timezone)
        request = AccessRequest(session.actor, Action.CALLS, reason=reason)
        query = detail_query(filters, zone=zone, after=after, limit=limit)
        listing = session.retention.details
        if file is not None:
            write_list(listing.file(request, query), file, json_=json_, of="branches")
            return
        page = listing.page(request, query)
    records = [record for detail in page.calls for record in records_of(detail)]
    if json_:
        for record in records:
            print_json(record)
        return
    table = Table("appel", "début", "branche", "correspondant", "issue", "SIP", "cause", "perdus", "gigue", "MOS")
    for record in records:
        table.add_row(*_row(record))
    console.print(table if records else "Aucun appel.")
    if page.after:
        console.print(f"La suite : --after {page.after}", soft_wrap=True)


def _row(record: dict[str, object]) -> list[str]:
    began = record["began_at"] or record["call_began_at"]
    shown = [record["call_id"], f"{began:%Y-%m-%d %H:%M:%S}", record["role"], record["peer"], record["disposition"]]
    shown += [record[name] for name in ("sip_status", "hangup_cause", "lost", "jitter_ms", "mos")]
    return ["–" if value is None or value == "" else str(value) for value in shown]
