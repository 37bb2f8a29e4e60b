"""`ivr recordings export`: a copy for the house, for the person recorded, or for an authority."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.bootstrap.runtime import SystemClock
from ivr.cli.actor import ActorSession, actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.cli.vault import recordings
from ivr.domain.access import AccessRequest, Action, Audience, AuthorityRequest, Role
from ivr.domain.recording.state import KEPT
from ivr.domain.search.query import RecordingQuery
from ivr.errors import ConfigurationError
from ivr.services.export.exporter import ENDINGS, Exporter

_MOST = 10_000


@recordings.command()
@click.argument("recording_ids", nargs=-1)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--reason", required=True, help="Pourquoi cet enregistrement est écouté ou copié.")
@click.option(
    "--for",
    "audience",
    default=Audience.INTERNAL.value,
    show_default=True,
    type=click.Choice([audience.value for audience in Audience]),
    help="Pour qui est la copie.",
)
@click.option("--purpose", default="", help="Finalité (délai de retention.toml) au titre de laquelle on y accède.")
@click.option("--reference", default="", help="Référence de la demande (de la personne, de l'autorité).")
@click.option("--authority", default="", help="Autorité qui demande, p. ex. ACPR.")
@click.option("--verified-by", default="", help="Qui a vérifié l'identité de l'autorité et sa base légale.")
@click.option("--approved-by", default="", help="Le DPO qui a donné son accord.")
@click.option(
    "--format", "form", default="", type=click.Choice(["", *ENDINGS]), help="Défaut : la fin de PATH, ou wav."
)
@click.option("--program", default="", help="Autorité : les appels de ce programme…")
@click.option("--since", default="", metavar="DATE", help="… commencés à partir de cette date…")
@click.option("--until", default="", metavar="DATE", help="… et avant celle-ci.")
@asked_by
@as_json
@reporting
def export(
    recording_ids: tuple[str, ...],
    path: Path,
    reason: str,
    audience: str,
    purpose: str,
    reference: str,
    authority: str,
    verified_by: str,
    approved_by: str,
    form: str,
    program: str,
    since: str,
    until: str,
    actor: str,
    role: str,
    json_: bool,
) -> None:
    """Écrit une copie en clair avec un manifeste signé ; l'accès est noté, l'original n'est pas touché.

    PATH finit par .wav, .opus ou .vcon ; pour plusieurs enregistrements (ou une recherche, pour une autorité), c'est un
    dossier.
    """
    asked = AuthorityRequest(authority, reference, verified_by, approved_by, Role.DPO if approved_by else None)
    with actor_session(actor, role) as session:
        request = AccessRequest(
            actor=session.actor,
            action=Action.EXPORT,
            purpose=purpose,
            reason=reason,
            audience=Audience(audience),
            reference=reference,
            authority=asked if request_is_of_authority(audience) else None,
        )
        archive = session.archive
        exporter = Exporter(
            archive.vault,
            archive.audit,
            archive.signer,
            SystemClock(),
            session.retention.gate,
            session.settings.retention,
            archive.redactor,
        )
        searching = bool(program or since or until)
        if searching and (recording_ids or not request_is_of_authority(audience)):
            raise ConfigurationError(
                "a query exports for an authority, and without ids",
                key="--program, --since, --until",
                remedy="add --for authority, or name the recordings",
            )
        if not searching and not recording_ids:
            raise ConfigurationError("no recording is named", key="RECORDING_IDS", remedy="see 'ivr recordings list'")
        if not searching and len(recording_ids) == 1:
            manifest = exporter.one(request, recording_ids[0], path, form=form)
        else:
            ids = _found(session, program, since, until) if searching else list(recording_ids)
            manifest = exporter.many(request, ids, path, form=form)
    if json_:
        print_json(manifest)
    else:
        console.print(f"Copié dans {path}. L'accès est inscrit dans les preuves.")


def request_is_of_authority(audience: str) -> bool:
    return audience == Audience.AUTHORITY.value


def _found(session: ActorSession, program: str, since: str, until: str) -> list[str]:
    query = RecordingQuery(
        states=KEPT,
        program=program,
        since=session.moment(since, key="--since"),
        until=session.moment(until, key="--until"),
        limit=_MOST + 1,
    )
    rows = session.retention.search.page(query).rows
    if len(rows) > _MOST:
        raise ConfigurationError(
            f"the query finds more than {_MOST} recordings", key="--since", remedy="ask for less at once"
        )
    return [row.tag.recording_id for row in rows]
