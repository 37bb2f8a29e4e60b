"""The command line. Exit codes: 0 ok, 1 refused or failed check, 2 usage, 3 environment, 130 interrupted."""

from ivr.cli.root import main

__all__ = ["main"]
