"""`ivr do-not-call …`: who may not be called again, and the bars that a stranger may have set."""

from __future__ import annotations

import click
from rich.table import Table

from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.domain.access import Action
from ivr.domain.consent.bar import KnownBy
from ivr.services.consent import barring
from ivr.services.ports.evidence import Bar

_SHORT = 12
_SOURCE = {
    KnownBy.DIALLED: "appelé par nous",
    KnownBy.IDENTIFIED: "adhérent identifié",
    KnownBy.ASSERTED: "garanti par le réseau",
    KnownBy.CLAIMED: "annoncé par l'appelant",
    KnownBy.UNKNOWN: "inconnue (ancienne entrée)",
}


@click.group("do-not-call")
def do_not_call() -> None:
    """Le registre « ne plus appeler » : le lister, lever une inscription dont le numéro n'est pas prouvé."""


def _body(bar: Bar) -> dict[str, object]:
    return {**vars(bar), "verified": bar.known_by.verified, "liftable": bar.known_by.liftable}


@do_not_call.command("list")
@click.option("--unverified", is_flag=True, help="Seulement les inscriptions dont le numéro n'est pas prouvé.")
@asked_by
@as_json
@reporting
def list_(unverified: bool, actor: str, role: str, json_: bool) -> None:
    """Liste les inscriptions, le dernier refus d'abord (une ligne JSON par inscription). Aucun numéro n'y figure."""
    with actor_session(actor, role) as session:
        session.may(Action.LIST)
        found = [one for one in session.archive.do_not_call.listing() if not (unverified and one.known_by.verified)]
    if json_:
        for one in found:
            print_json(_body(one))
        return
    table = Table("inscription", "périmètre", "inscrit le", "dernier refus", "programme", "numéro", "vérifié")
    for one in found:
        table.add_row(
            one.entry[:_SHORT],
            one.scope,
            f"{one.added_at:%Y-%m-%d}",
            f"{one.refreshed_at:%Y-%m-%d %H:%M}",
            one.program or "–",
            _SOURCE[one.known_by],
            "oui" if one.known_by.verified else "non",
        )
    console.print(table if found else "Aucune inscription.")


@do_not_call.command()
@click.argument("entry", metavar="INSCRIPTION")
@click.option("--reason", required=True, help="Pourquoi ce refus n'est pas celui de la personne.")
@asked_by
@as_json
@reporting
def lift(entry: str, reason: str, actor: str, role: str, json_: bool) -> None:
    """Lève une inscription dont l'appelant a seulement annoncé le numéro ; les autres ne se lèvent pas."""
    with actor_session(actor, role) as session:
        session.may(Action.LIFT, reason=reason)
        archive = session.archive
        ports = archive.vault.ports
        lifted = barring.lift(ports, archive.do_not_call, entry, actor=session.actor, reason=reason)
    if json_:
        print_json({"ok": True, **_body(lifted)})
    else:
        console.print(f"Inscription {lifted.entry[:_SHORT]} levée : cette personne peut de nouveau être appelée.")
