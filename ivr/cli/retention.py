"""`ivr retention …`: what is due, why, and its destruction."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
from rich.table import Table

from ivr.bootstrap.quality import open_expiry
from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.domain.access import CALL_REPORT, Action
from ivr.domain.retention.decision import RetentionDecision
from ivr.french import french, in_french
from ivr.screen import marked
from ivr.services.ports.quality import QualityDocument
from ivr.services.retention.call_reports import ReportTally
from ivr.services.retention.run import PlanItem, RunReport


@click.group()
def retention() -> None:
    """Les échéances : ce qui est à détruire, pourquoi, et la destruction."""


def item_body(item: PlanItem) -> dict[str, object]:
    """Return one decision as the command line shows it."""
    decision = item.decision
    body: dict[str, object] = {
        "id": item.stored.recording_id,
        "verdict": decision.action.value if decision else "KEEP",
        "deadline": item.stored.deadline,
        "fault": item.fault,
    }
    if decision is None:
        return body
    return {
        **body,
        "due_at": decision.due_at,
        "destroy_by": decision.destroy_by,
        "reasons": decision.reasons,
        "detail": in_french(decision.details),
        "held_by": decision.held_by,
        "holds_to_review": decision.holds_to_review,
        "overdue_since": decision.overdue_since,
        "purposes": [
            {
                "tag": purpose.tag,
                "state": purpose.state.value,
                "due_at": purpose.due_at,
                "event": purpose.event,
                "event_at": purpose.event_at,
                "reasons": purpose.reasons,
                "detail": french(purpose.detail),
            }
            for purpose in decision.purposes
        ],
    }


#: Documents of the quality team, as people are told of them.
_DOCUMENTS = {"analysis": "analyse", "sample": "tirage", "calibration": "calibration"}


def document_body(document: QualityDocument, decision: RetentionDecision) -> dict[str, object]:
    """Return what is due of the quality team as the command line shows it."""
    return {
        "id": document.id,
        "document": document.kind,
        "verdict": decision.action.value,
        "due_at": decision.due_at,
        "reasons": decision.reasons,
        "detail": in_french(decision.details),
    }


def reports_body(found: ReportTally) -> dict[str, object]:
    """Return reports of calls that are due, together, as the command line shows them: none is told by itself."""
    return {
        "document": CALL_REPORT,
        "verdict": "DESTROY" if found.destroyed else "KEEP",
        "count": found.destroyed,
        "earliest": found.earliest,
        "latest": found.latest,
        "due_at": found.due_at,
        "reasons": found.rules,
        "kept": found.kept,
        "held_by": found.held_by,
        "undecided": found.undecided,
    }


def _report_rows(found: ReportTally) -> Iterator[tuple[str, ...]]:
    if found.destroyed and found.earliest and found.latest and found.due_at:
        span = f"appels du {found.earliest:%Y-%m-%d} au {found.latest:%Y-%m-%d}"
        due = f"{found.due_at:%Y-%m-%d %H:%M}"
        yield f"{found.destroyed} relevés d'appel", "à détruire", due, " ".join(found.rules), span
    if found.kept:
        rules = "RET-002" if found.held_by else "–"
        yield f"{found.kept} relevés d'appel", "à garder", "–", rules, f"gels {', '.join(found.held_by) or '–'}"
    if found.undecided:
        yield f"{len(found.undecided)} relevés d'appel", "à garder", "–", "–", _unread(found)


def _unread(found: ReportTally) -> str:
    return f"date illisible dans la base : {', '.join(found.undecided)}"


@retention.command()
@click.option("--at", default="", metavar="DATE", help="Comme si c'était ce jour (défaut : maintenant).")
@asked_by
@as_json
@reporting
def plan(at: str, actor: str, role: str, json_: bool) -> None:
    """Dit ce qui est à échéance, la décision et ses règles ; ne change rien.

    Un objet JSON par enregistrement et par document de la qualité, un seul pour les relevés d'appel.
    """
    destroyed = kept = 0
    with actor_session(actor, role) as session:
        session.may(Action.LIST)
        when = session.moment(at, key="--at")
        documents = list(open_expiry(session.settings, session.archive, session.retention).plan(when))
        table = Table("enregistrement", "décision", "échéance", "règles", "raison")
        for item in session.retention.run.plan(when):
            destroyed, kept = destroyed + item.destroys, kept + (not item.destroys)
            if json_:
                print_json(item_body(item))
                continue
            decision = item.decision
            table.add_row(
                item.stored.recording_id,
                "à détruire" if item.destroys else "à garder",
                f"{decision.due_at:%Y-%m-%d %H:%M}" if decision else "–",
                " ".join(decision.reasons) if decision else "–",
                in_french(decision.details) if decision else french(item.fault),
            )
        destroyed += len(documents)
        for document, due in documents:
            if json_:
                print_json(document_body(document, due))
                continue
            name = f"{_DOCUMENTS[document.kind]} {document.id}"
            table.add_row(
                name, "à détruire", f"{due.due_at:%Y-%m-%d %H:%M}", " ".join(due.reasons), in_french(due.details)
            )
        reports = session.retention.reports.plan(when)
        some = list(_report_rows(reports))
        destroyed, kept = destroyed + reports.destroyed, kept + reports.kept + len(reports.undecided)
        if json_ and some:
            print_json(reports_body(reports))
        for row in some:
            table.add_row(*row)
    if not json_:
        console.print(table if destroyed + kept else "Rien n'est à échéance.")
        if destroyed + kept:
            console.print(f"{destroyed} à détruire, {kept} à garder.")


def report_body(report: RunReport) -> dict[str, object]:
    return {
        "ok": report.ok,
        "destroyed": report.destroyed,
        "kept": [item_body(item) for item in report.kept],
        "failed": [vars(failure) for failure in report.failed],
        "claimed_by_others": report.others,
    }


@retention.command("run")
@click.option(
    "--clock-reason",
    default="",
    metavar="RAISON",
    help="Pourquoi l'horloge est juste bien que les preuves disent le contraire ; reste dans les preuves.",
)
@asked_by
@as_json
@reporting
def run_(clock_reason: str, actor: str, role: str, json_: bool) -> None:
    """Détruit ce qui est à échéance : la clé et le fichier, avec un certificat signé par enregistrement.

    De même les documents de la qualité, et les relevés d'appel avec leurs branches ; les preuves le disent.

    À relancer sans crainte, aussi après une interruption. Sort avec 1 si un élément n'a pu être détruit ou jugé, et
    si l'horloge ne peut être juste au vu des preuves (trop en avance, ou en retard) : rien n'est alors détruit.
    """
    with actor_session(actor, role) as session:
        session.may(Action.VERIFY)
        if clock_reason:
            session.retention.clock.accept(reason=clock_reason, actor=actor)
        report = session.retention.run.run()
        documents = open_expiry(session.settings, session.archive, session.retention).run().destroyed
        reports = session.retention.reports.run()
        session.archive.audit.checkpoint()
    ok = report.ok and reports.ok
    if json_:
        body = {name: value for name, value in reports_body(reports).items() if name not in ("document", "verdict")}
        print_json({**report_body(report), "ok": ok, "documents": documents, "reports": {**body, "legs": reports.legs}})
    else:
        console.print(f"{len(report.destroyed)} détruits avec certificat, {len(report.kept)} gardés.")
        if documents:
            console.print(f"{len(documents)} documents de la qualité détruits (analyses, tirages, calibrations).")
        if reports.destroyed:
            console.print(f"{reports.destroyed} relevés d'appel détruits, avec {reports.legs} branches.")
        if reports.kept:
            console.print(f"{reports.kept} relevés d'appel gardés : gels {', '.join(reports.held_by) or '–'}.")
        if reports.undecided:
            console.print(marked("✗", f"{len(reports.undecided)} relevés d'appel gardés, {_unread(reports)}"))
        for item in report.kept:
            why = in_french(item.decision.details) if item.decision else french(item.fault)
            console.print(f"  {item.stored.recording_id} : {why}")
        for failure in report.failed:
            console.print(marked("✗", f"{failure.recording_id} : {french(failure.fault)} → {french(failure.remedy)}"))
        if report.others:
            console.print(f"{len(report.others)} en cours de destruction ailleurs.")
    sys.exit(0 if ok else 1)
