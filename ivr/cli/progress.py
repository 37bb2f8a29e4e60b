"""Says on a terminal how far a long command has come; says nothing where nobody watches."""

from __future__ import annotations

import sys

from ivr.screen import over_write


class Progress:
    """One line on standard error that is written again with each percent; `clear` takes it away."""

    def __init__(self) -> None:
        self._watched = sys.stderr.isatty()
        self._shown = ("", -1)

    def show(self, what: str, share: float) -> None:
        """`share` is 0..1 of `what`, which may be the name of a file."""
        percent = int(min(1.0, share) * 100)
        if self._watched and (what, percent) != self._shown:
            self._shown = (what, percent)
            over_write(f"{what} : {percent} %")

    def clear(self) -> None:
        if self._watched:
            over_write("")
