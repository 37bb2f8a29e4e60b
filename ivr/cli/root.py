"""`ivr` and its commands."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from ivr import __version__
from ivr.domain.redaction.redactor import REDACTOR
from ivr.errors import EXIT_OK, EXIT_REFUSED
from ivr.hardening import forbid_core_dumps
from ivr.screen import complain

#: What shells say of a command that a signal ended.
_INTERRUPTED = 130
#: Which modules make each command: the first holds it, the others add commands to it. What is not asked for is not
#: imported: `ivr lint` needs no database, and no speech.
_MODULES: Mapping[str, tuple[str, ...]] = {
    "init": ("install",),
    "doctor": ("install",),
    "demo": ("tour",),
    "serve": ("node",),
    "call": ("node",),
    "calls": ("calls",),
    "console": ("console",),
    "listen": ("hear",),
    "judge": ("hear",),
    "calibrate": ("calibration",),
    "queue": ("queue",),
    "recordings": ("vault", "business", "copies", "verification"),
    "keys": ("keys",),
    "members": ("members",),
    "retention": ("retention",),
    "grids": ("grids",),
    "hold": ("hold",),
    "do-not-call": ("do_not_call",),
    "audit": ("evidence",),
    "lint": ("script_check",),
    "menu": ("menu",),
}


class Commands(click.Group):
    """The commands; what click says of a wrong command line quotes it, and is redacted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        try:
            modules = [import_module(f"ivr.cli.{name}") for name in _MODULES.get(cmd_name, ())]
        except KeyboardInterrupt:
            sys.exit(_INTERRUPTED)
        if not modules:
            return None
        command = getattr(modules[0], cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

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
