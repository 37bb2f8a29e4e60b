"""`ivr init` and `ivr doctor`."""

from __future__ import annotations

import sys

import click

from ivr.bootstrap.installation import examine, install
from ivr.cli.context import as_json, console, print_json, reporting, settings
from ivr.screen import marked


@click.command()
@as_json
@reporting
def init(json_: bool) -> None:
    """Crée le dossier de données, la base, la clé et les messages (sans danger si tout existe déjà)."""
    found = settings()
    made = install(found)
    if json_:
        print_json({"ok": True, "data_dir": found.node.data_dir, "made": made})
        return
    for item in made:
        console.print(f"créé {item}")
    console.print(f"Prêt dans {found.node.data_dir}." if made else f"Rien à faire : {found.node.data_dir} est complet.")


@click.command()
@as_json
@reporting
def doctor(json_: bool) -> None:
    """Vérifie l'installation et dit quoi faire."""
    found = settings()
    checks = examine(found)
    well = all(check.ok for check in checks)
    if json_:
        print_json({"ok": well, "checks": checks, "warnings": found.warnings()})
    else:
        for check in checks:
            console.print(marked("✓" if check.ok else "✗", f"{check.name} : {check.detail}"))
            if check.remedy:
                console.print(f"    → {check.remedy}")
        for warning in found.warnings():
            console.print(marked("!", f"{warning}"))
    sys.exit(0 if well else 1)
