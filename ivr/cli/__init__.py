"""The command line. Exit codes: 0 ok, 1 refused or failed check, 2 usage, 3 environment, 130 interrupted."""

from ivr.cli.french_click import speak_french

speak_french()

from ivr.cli.root import main  # noqa: E402 - the commands are made after click speaks French

__all__ = ["main"]
