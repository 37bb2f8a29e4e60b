"""`ivr grids …`: the analysis grids that calls may be scored by, in and out as TOML."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ivr.bootstrap.quality import open_grids
from ivr.cli.actor import ActorSession, actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.domain.access import AccessRequest, Action
from ivr.errors import ConfigurationError, HostError
from ivr.services.quality.grids import Grids
from ivr.settings.grids import LARGEST_GRID


@click.group()
def grids() -> None:
    """Les grilles d'analyse des appels : voir, importer, exporter en TOML."""


def _shelf(session: ActorSession) -> Grids:
    return open_grids(session.settings, session.archive, session.retention)


@grids.command("list")
@asked_by
@as_json
@reporting
def list_(actor: str, role: str, json_: bool) -> None:
    """Liste les grilles et leurs versions, la plus récente d'abord."""
    with actor_session(actor, role) as session:
        session.may(Action.LIST)
        found = _shelf(session).all()
        zone = ZoneInfo(session.settings.profile.timezone)
    if json_:
        print_json([
            {"id": one.grid_id, "version": one.version, "imported_at": one.imported_at, "by": one.imported_by}
            for one in found
        ])  # fmt: skip
        return
    for one in found:
        console.print(f"{one.grid_id} {one.version}, importée le {one.imported_at.astimezone(zone):%d/%m/%Y %H:%M}")
    if not found:
        console.print("Aucune grille : `ivr grids import FICHIER`.")


@grids.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--reason", required=True, help="Motif, inscrit aux preuves en cas de refus.")
@asked_by
@as_json
@reporting
def import_(file: Path, reason: str, actor: str, role: str, json_: bool) -> None:
    """Ajoute la grille de FILE ; celle qui fait noter NIR, donnée bancaire ou santé est refusée avec sa règle."""
    with actor_session(actor, role) as session:
        request = AccessRequest(session.actor, Action.SUPERVISE, reason=reason)
        grid = _shelf(session).import_(request, _text(file), file=str(file))
    if json_:
        print_json({"ok": True, "id": grid.id, "version": grid.version, "questions": len(tuple(grid.questions))})
    else:
        console.print(f"Grille {grid.name} importée : {len(tuple(grid.questions))} questions.")


@grids.command("export")
@click.argument("grid_id")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--version", "version", default="", help="Version (défaut : la dernière importée).")
@asked_by
@reporting
def export(grid_id: str, file: Path, version: str, actor: str, role: str) -> None:
    """Écrit dans FILE, qui n'existe pas encore, le TOML de la grille GRID_ID, tel que son auteur l'a écrit."""
    with actor_session(actor, role) as session:
        session.may(Action.LIST)
        shelf = _shelf(session)
        latest = next((one.version for one in shelf.all() if one.grid_id == grid_id), "")
        text = shelf.shelved(grid_id, version or latest).text
    try:
        with file.open("x", encoding="utf-8", newline="") as opened:
            opened.write(text)
    except OSError as error:
        raise HostError(
            "the grid cannot be written there", where=str(file), remedy="name a file that does not exist yet"
        ) from error
    console.print(f"Grille {grid_id} écrite dans {file}.", soft_wrap=True)


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        content = opened.read(LARGEST_GRID + 1)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"not UTF-8 text: byte {error.start} cannot be read", file=str(file), remedy="save the file as UTF-8"
        ) from None
