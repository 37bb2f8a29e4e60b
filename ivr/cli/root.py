"""`ivr` and its commands."""

from __future__ import annotations

import click

from ivr import __version__
from ivr.cli import (
    business,
    copies,
    evidence,
    hear,
    hold,
    install,
    keys,
    members,
    node,
    retention,
    script_check,
    tour,
    vault,
    verification,
)
from ivr.hardening import forbid_core_dumps


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ivr")
def main() -> None:
    """Serveur vocal et enregistrement d'appels conforme, pour les mutuelles santé."""
    forbid_core_dumps()


for command in (
    install.init,
    install.doctor,
    tour.demo,
    node.serve,
    node.call,
    hear.listen,
    hear.judge,
    vault.recordings,
    keys.keys,
    members.members,
    retention.retention,
    hold.hold,
    evidence.audit,
    script_check.lint,
):
    main.add_command(command)

#: Commands of `ivr recordings` that live in files of their own.
assert {business.event.name, copies.export.name, verification.verify.name} <= set(vault.recordings.commands)
