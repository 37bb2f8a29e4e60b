"""Where commands show things to people: outside text is shown as text, never as markup or orders to the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from ivr.visible import visible

_STYLES = {"✓": "green", "✗": "red", "!": "yellow"}


class Screen(Console):
    """A console on which only our own styles colour anything, and no text moves the cursor.

    `markup` is for texts of ours alone: it lets [bold] in a text mean something.
    """

    def __init__(self, *, stderr: bool = False, markup: bool = False) -> None:
        super().__init__(highlight=False, markup=markup, emoji=False, stderr=stderr)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))


def marked(mark: str, text: str) -> Text:
    """Return a text behind a coloured ✓, ✗ or !."""
    return Text.assemble((mark, _STYLES[mark]), " ", text)


def complain(text: str) -> None:
    """Show a text on standard error."""
    click.echo(visible(text), err=True)


def over_write(text: str) -> None:
    """Show a text in place of the last line of standard error, which is a terminal; "" takes that line away."""
    sys.stderr.write(f"\r\x1b[K{visible(text)}")
    sys.stderr.flush()
