"""Where commands show things to people: outside text is shown as text, never as markup or orders to the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

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

    def render_str(self, text: str, **given: Any) -> Text:
        """Return `text` with control characters written out: rich itself leaves out some, such as BEL and CR."""
        return super().render_str(visible(text), **given)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))


def styled(*parts: tuple[str, str] | str) -> Text:
    """Return texts one behind the other, each by itself or with a style, control characters written out."""
    return Text.assemble(*((visible(one), "") if isinstance(one, str) else (visible(one[0]), one[1]) for one in parts))


def marked(mark: str, text: str) -> Text:
    """Return a text behind a coloured ✓, ✗ or !."""
    return styled((mark, _STYLES[mark]), " ", text)


def complain(text: str) -> None:
    """Show a text on standard error."""
    click.echo(visible(text), err=True)


def over_write(text: str) -> None:
    """Show a text in place of the last line of standard error, which is a terminal; "" takes that line away."""
    sys.stderr.write(f"\r\x1b[K{visible(text)}")
    sys.stderr.flush()
