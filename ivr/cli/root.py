"""`ivr` and its commands."""

from __future__ import annotations

import io
import sys
from typing import Any

import click

from ivr import __version__
from ivr.cli import (
    business,
    copies,
    do_not_call,
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
from ivr.domain.redaction import REDACTOR
from ivr.errors import EXIT_OK, EXIT_REFUSED
from ivr.hardening import forbid_core_dumps
from ivr.screen import complain


class Commands(click.Group):
    """The commands; what click says of a wrong command line quotes it, and is redacted."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except click.ClickException as error:
            shown = io.StringIO()
            error.show(shown)
            complain(REDACTOR.text(shown.getvalue()).rstrip("\n"))
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(EXIT_REFUSED)
        sys.exit(code if isinstance(code, int) else EXIT_OK)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
    do_not_call.do_not_call,
    evidence.audit,
    script_check.lint,
):
    main.add_command(command)

#: Commands of `ivr recordings` that live in files of their own.
assert {business.event.name, copies.export.name, verification.verify.name} <= set(vault.recordings.commands)
