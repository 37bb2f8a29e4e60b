"""`ivr lint`: checks what we say before we say it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ivr.cli.context import as_json, console, print_json, reporting, settings
from ivr.domain.call import Direction
from ivr.services.lint import lint_paths


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--direction", type=click.Choice([direction.value for direction in Direction]))
@as_json
@reporting
def lint(paths: tuple[Path, ...], direction: str | None, json_: bool) -> None:
    """Vérifie messages, menus et scripts : éléments d'annonce manquants, questions interdites."""
    found = settings()
    findings = lint_paths(
        paths,
        Direction(direction) if direction else None,
        profile=found.profile,
        controller=found.controller.name,
    )
    for finding in findings:
        if json_:
            print_json(finding.as_dict())
        else:
            console.print(
                f"[bold]{finding.file}:{finding.line}[/] [red]{finding.rule}[/] {finding.reason}", soft_wrap=True
            )
            if finding.words:
                console.print(f"    « {finding.words} »", soft_wrap=True)
            console.print(f"    → {finding.suggestion}", soft_wrap=True)
    if not findings and not json_:
        console.print("[green]✓[/] rien à redire.")
    sys.exit(1 if findings else 0)
