"""`ivr lint`: checks what we say before we say it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ivr.bootstrap.menu_check import menu_findings
from ivr.bootstrap.prompt_check import stale_voices
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.domain.call.party import Direction
from ivr.domain.text.told import Told
from ivr.errors import ConfigurationError
from ivr.french import french
from ivr.screen import marked, styled
from ivr.services.lint.lint import Finding, lint_paths
from ivr.services.lint.sources import grid_files
from ivr.settings import Settings, default_config_dir, load_settings
from ivr.settings.grids import read_grid
from ivr.settings.phrases import load_phrases
from ivr.visible import visible


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--direction", type=click.Choice([direction.value for direction in Direction]))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="text : pour lire ; json : un objet par ligne ; github : annotations d'une vérification continue.",
)
@as_json
@reporting
def lint(paths: tuple[Path, ...], direction: str | None, form: str, json_: bool) -> None:
    """Vérifie messages, menus et scripts : éléments d'annonce manquants, questions interdites."""
    # The menus are looked at one by one, so that all that is wrong with them is told.
    found, whole = _installed()
    findings = lint_paths(
        paths,
        Direction(direction) if direction else None,
        profile=found.profile,
        phrases=load_phrases(found.config_dir / "phrases"),
        controller=found.controller.name,
    )
    # Whose menus are wrong does not know yet what they say.
    if whole and any(_covers(path, found.config_dir / "prompts") for path in paths):
        findings += stale_voices(found)
    findings += _wrong_grids(paths)
    findings += menu_findings(found, paths)
    _FORMS["json" if json_ else form](findings)
    sys.exit(1 if findings else 0)


def _installed() -> tuple[Settings, bool]:
    """Return this installation, and whether its menus are with it: they are when nothing is wrong with them."""
    folder = default_config_dir(os.environ)
    found = load_settings(folder, os.environ, menus=False)
    try:
        return load_settings(folder, os.environ), True
    except ConfigurationError:
        return found, False


def _wrong_grids(paths: Sequence[Path]) -> list[Finding]:
    """Grids that could not be imported: what is no grid cannot be checked either (REC-018)."""
    faults = []
    for file, text in grid_files(paths):
        try:
            read_grid(text, file=file)
        except ConfigurationError as error:
            reason, remedy = Told(error.what), Told(error.remedy)
            faults.append(Finding(file, 1, "REC-018", "wrong_grid", error.key, reason, remedy))
    return faults


def _covers(path: Path, folder: Path) -> bool:
    """Whether the prompts of this installation are among what is to be checked: so are their recorded voices."""
    given = path.resolve()
    return folder.resolve().is_relative_to(given) or given.is_relative_to(folder.resolve())


def _text(findings: Sequence[Finding]) -> None:
    for finding in findings:
        words = f"\n    « {finding.words} »" if finding.words else ""
        place, rule = (f"{finding.file}:{finding.line}", "bold"), (finding.rule, "red")
        said = f" {french(finding.reason)}{words}\n    → {french(finding.suggestion)}"
        # One print for each: of a thousand findings printing is the dearest part.
        console.print(styled(place, " ", rule, said), soft_wrap=True)
    if not findings:
        console.print(marked("✓", "rien à redire."))


def _json(findings: Sequence[Finding]) -> None:
    for finding in findings:
        sentences = {"reason": french(finding.reason), "suggestion": french(finding.suggestion)}
        print_json({**finding.as_dict(), **sentences})


def _github(findings: Sequence[Finding]) -> None:
    """Workflow commands: one annotation per finding, shown at its line."""
    for finding in findings:
        body = _escaped(f"{french(finding.reason)} « {finding.words} » → {french(finding.suggestion)}")
        file = _escaped(finding.file).replace(":", "%3A").replace(",", "%2C")
        click.echo(visible(f"::error file={file},line={finding.line},title={finding.rule} {finding.kind}::{body}"))


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


_FORMS = {"text": _text, "json": _json, "github": _github}
