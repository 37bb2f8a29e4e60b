"""`ivr recordings event`: what happened in the business, which moves deadlines."""

from __future__ import annotations

import sys

import click

from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.cli.retention import report_body
from ivr.cli.vault import recordings
from ivr.domain.access import Action
from ivr.domain.retention.artefact import EventKind
from ivr.french import in_french
from ivr.services.retention.business_events import Noted


@recordings.command()
@click.argument("recording_id")
@click.argument("kind", type=click.Choice([kind.value for kind in EventKind]))
@click.option("--at", default="", metavar="DATE", help="Quand c'est arrivé (défaut : maintenant).")
@click.option("--reference", default="", help="Numéro du contrat, de l'offre, de la réclamation.")
@asked_by
@as_json
@reporting
def event(recording_id: str, kind: str, at: str, reference: str, actor: str, role: str, json_: bool) -> None:
    """Note un fait (offre, signature, refus, réclamation…) ; l'échéance est recalculée, un refus détruit aussitôt."""
    with actor_session(actor, role) as session:
        session.may(Action.EVENT, (recording_id,), reason=f"event {kind}")
        noted = session.retention.events.note(
            recording_id, EventKind(kind), actor=actor, at=session.moment(at, key="--at"), reference=reference
        )
    _show(recording_id, noted, json_)
    sys.exit(0 if noted.run is None or noted.run.ok else 1)


def _show(recording_id: str, noted: Noted, json_: bool) -> None:
    effect = noted.effect
    if json_:
        print_json(
            {
                "ok": noted.run is None or noted.run.ok,
                "id": recording_id,
                "event": effect.event.kind.value,
                "already_noted": effect.already_noted,
                "moves": [vars(move) for move in effect.moves],
                "verdict": effect.decision.action.value,
                "due_at": effect.decision.due_at,
                "reasons": effect.decision.reasons,
                "detail": in_french(effect.details),
                "run": report_body(noted.run) if noted.run else None,
            }
        )
        return
    console.print(in_french(effect.details))
    if noted.run is not None and recording_id in noted.run.destroyed:
        console.print("Détruit aussitôt ; le certificat est dans les preuves.")
