"""`ivr recordings verify` and `ivr recordings upload`: what is stored is what was sealed, and lies where it should."""

from __future__ import annotations

import json
import sys
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ivr.bootstrap.archive import Archive
from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.cli.vault import recordings
from ivr.domain.access import Action
from ivr.errors import HostError
from ivr.french import french
from ivr.screen import Screen, marked
from ivr.services.vault.fixity import Discrepancy
from ivr.services.vault.uploads import upload_waiting

_MIB = 1 << 20
#: After so many items the place is noted, so that an interrupted run loses little.
_NOTED_EVERY = 50


@dataclass
class Place:
    """How far a verification has come, kept in a file until it is through."""

    path: Path
    after: str = ""
    checked: int = 0
    discrepancies: list[Discrepancy] = field(default_factory=list)

    @classmethod
    def of(cls, path: Path, *, resume: bool) -> Place:
        place = cls(path)
        if resume and path.exists():
            try:
                noted = json.loads(path.read_text("utf-8"))
                place.after, place.checked = noted["after"], noted["checked"]
                place.discrepancies = [Discrepancy(**discrepancy) for discrepancy in noted["findings"]]
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise HostError(
                    "the note of how far the last verification came cannot be read",
                    where=str(path),
                    remedy="run it again without --resume",
                ) from error
        return place

    def note(self) -> None:
        body = {"after": self.after, "checked": self.checked, "findings": [vars(one) for one in self.discrepancies]}
        fresh = self.path.with_suffix(".new")
        # Where nothing may be written a verification cannot be resumed, and goes on.
        with suppress(OSError):
            fresh.write_text(json.dumps(body), "utf-8")
            fresh.replace(self.path)

    def done(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


@recordings.command()
@click.argument("recording_ids", nargs=-1)
@click.option("--all", "all_", is_flag=True, help="Tous (c'est aussi le cas sans argument).")
@click.option("--resume", is_flag=True, help="Reprend la vérification interrompue là où elle en était.")
@click.option(
    "--rate", "rate_mib", default=50.0, show_default=True, type=click.FloatRange(0), help="Mio/s ; 0 : sans limite."
)
@asked_by
@as_json
@reporting
def verify(
    recording_ids: tuple[str, ...], all_: bool, resume: bool, rate_mib: float, actor: str, role: str, json_: bool
) -> None:
    """Relit chaque octet et le compare à ce qui a été scellé ; sort avec 1 si un élément est altéré."""
    with actor_session(actor, role) as session:
        session.may(Action.VERIFY, recording_ids)
        place = Place.of(session.settings.node.data_dir / "verify.place", resume=resume)
        if recording_ids and not all_:
            place.discrepancies, place.checked = session.archive.vault.verify(list(recording_ids)), len(recording_ids)
        else:
            _verify_all(session.archive, place, rate_mib, shown=not json_ and sys.stderr.isatty())
    if json_:
        print_json({"ok": not place.discrepancies, "checked": place.checked, "findings": place.discrepancies})
    elif not place.discrepancies:
        console.print(marked("✓", f"{place.checked} enregistrements vérifiés, rien d'altéré."))
    for discrepancy in place.discrepancies if not json_ else ():
        remedy = f" → {french(discrepancy.remedy)}" if discrepancy.remedy else ""
        console.print(marked("✗", f"{discrepancy.recording_id} : {french(discrepancy.fault)}{remedy}"))
    sys.exit(1 if place.discrepancies else 0)


def _verify_all(archive: Archive, place: Place, rate_mib: float, *, shown: bool) -> None:
    columns = (TextColumn("vérification"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Screen(stderr=True), transient=True) if shown else None
    with bar or nullcontext():
        task = bar.add_task("", total=archive.vault.ports.catalogue.count(), completed=place.checked) if bar else None
        try:
            steps = archive.vault.verify_all(after=place.after, bytes_per_s=rate_mib * _MIB, pause=time.sleep)
            for item in steps:
                place.discrepancies += item.discrepancies
                if item.recording_id:
                    place.after, place.checked = item.recording_id, place.checked + 1
                    if place.checked % _NOTED_EVERY == 0:
                        place.note()
                if bar is not None and task is not None:
                    bar.update(task, completed=place.checked)
        except BaseException:
            place.note()
            raise
    place.done()


@recordings.command()
@asked_by
@as_json
@reporting
def upload(actor: str, role: str, json_: bool) -> None:
    """Déplace vers le stockage distant ce qui est scellé sur ce poste ; une ligne JSON par enregistrement."""
    faults = moved = 0
    with actor_session(actor, role) as session:
        session.may(Action.VERIFY)
        for one in upload_waiting(session.archive.vault.ports):
            moved, faults = moved + one.done, faults + (not one.done)
            if json_:
                print_json(one)
            elif not one.done:
                console.print(marked("✗", f"{one.recording_id} : {french(one.fault)} → {french(one.remedy)}"))
    if not json_:
        console.print(f"{moved} enregistrements déplacés." if moved else "Rien à déplacer.")
    sys.exit(1 if faults else 0)
