"""`ivr hold …`: legal holds."""

from __future__ import annotations

from datetime import timedelta

import click
from rich.table import Table

from ivr.bootstrap.runtime import SystemClock
from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.domain.access import Action
from ivr.domain.retention.legal_hold import HoldState, LegalHold
from ivr.screen import marked

_REVIEW_DAYS = 90


@click.group()
def hold() -> None:
    """Les gels : demander, approuver à deux, refuser, prolonger, lever."""


def hold_body(found: LegalHold) -> dict[str, object]:
    return {**vars(found), "items": sorted(found.items)}


def _show(found: LegalHold, json_: bool, said: str) -> None:
    if json_:
        print_json({"ok": True, **hold_body(found)})
    else:
        console.print(f"Gel {found.id} : {found.state.value} ({said}).")


@hold.command()
@click.argument("recording_ids", nargs=-1, required=True)
@click.option("--case", required=True, help="Référence du dossier.")
@click.option("--owner", required=True, help="Qui répond du dossier.")
@click.option("--basis", required=True, help="Base du gel (RET-002), p. ex. « 17.3.e legal claims ».")
@click.option("--review", default="", metavar="DATE", help=f"Date de réexamen (défaut : {_REVIEW_DAYS} jours).")
@asked_by
@as_json
@reporting
def request(
    recording_ids: tuple[str, ...], case: str, owner: str, basis: str, review: str, actor: str, role: str, json_: bool
) -> None:
    """Demande un gel ; il ne suspend rien avant deux approbations d'autres personnes."""
    with actor_session(actor, role) as session:
        session.may(Action.HOLD, recording_ids, reason=case)
        review_at = session.moment(review, key="--review") or SystemClock().now() + timedelta(days=_REVIEW_DAYS)
        found = session.retention.holds.request(
            case=case, owner=owner, basis=basis, items=recording_ids, by=actor, review_at=review_at
        )
    _show(found, json_, "deux autres personnes doivent l'approuver")


@hold.command()
@click.argument("hold_id")
@asked_by
@as_json
@reporting
def approve(hold_id: str, actor: str, role: str, json_: bool) -> None:
    """Approuve un gel demandé par quelqu'un d'autre ; la seconde approbation le rend actif."""
    with actor_session(actor, role) as session:
        session.may(Action.APPROVE, reason=f"hold {hold_id}")
        found = session.retention.holds.approve(hold_id, by=actor)
        gone = [one for one in session.retention.ledger.stored(sorted(found.items)) if one.artefact.destroyed_at]
    _show(found, json_, f"{len(found.approvals)} approbation(s)")
    if gone and not json_:
        console.print(marked("!", f"{len(gone)} élément(s) étaient déjà détruits : un gel ne rétablit rien."))


@hold.command()
@click.argument("hold_id")
@click.option("--reason", required=True)
@asked_by
@as_json
@reporting
def reject(hold_id: str, reason: str, actor: str, role: str, json_: bool) -> None:
    """Refuse un gel demandé : il n'aura rien suspendu."""
    with actor_session(actor, role) as session:
        session.may(Action.APPROVE, reason=reason)
        found = session.retention.holds.reject(hold_id, by=actor, reason=reason)
    _show(found, json_, reason)


@hold.command()
@click.argument("hold_id")
@click.option("--review", required=True, metavar="DATE", help="Nouvelle date de réexamen.")
@asked_by
@as_json
@reporting
def renew(hold_id: str, review: str, actor: str, role: str, json_: bool) -> None:
    """Prolonge un gel actif jusqu'à un nouveau réexamen."""
    with actor_session(actor, role) as session:
        session.may(Action.HOLD, reason=f"hold {hold_id}")
        review_at = session.moment(review, key="--review")
        assert review_at is not None
        found = session.retention.holds.renew(hold_id, by=actor, review_at=review_at)
    _show(found, json_, f"à revoir le {found.review_at:%Y-%m-%d}")


@hold.command()
@click.argument("hold_id")
@click.option("--reason", required=True)
@asked_by
@as_json
@reporting
def release(hold_id: str, reason: str, actor: str, role: str, json_: bool) -> None:
    """Lève un gel : ce qui est échu est détruit au prochain passage."""
    with actor_session(actor, role) as session:
        session.may(Action.HOLD, reason=reason)
        found = session.retention.holds.release(hold_id, by=actor, reason=reason)
    _show(found, json_, reason)


@hold.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice([state.value for state in HoldState]))
@asked_by
@as_json
@reporting
def list_(states: tuple[str, ...], actor: str, role: str, json_: bool) -> None:
    """Liste les gels, du plus récent au plus ancien (une ligne JSON par gel)."""
    with actor_session(actor, role) as session:
        session.may(Action.LIST)
        found = session.retention.holds.listing([HoldState(state) for state in states])
    if json_:
        for one in found:
            print_json(hold_body(one))
        return
    table = Table("gel", "état", "dossier", "responsable", "éléments", "à revoir le")
    now = SystemClock().now()
    for one in found:
        late = " (dépassé)" if one.review_overdue(now) else ""
        table.add_row(
            one.id, one.state.value, one.case, one.owner, str(len(one.items)), f"{one.review_at:%Y-%m-%d}{late}"
        )
    console.print(table if found else "Aucun gel.")
