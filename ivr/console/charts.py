"""Counts as bars: SVG of attributes alone, since our policy lets no style nor script stand in a page."""

from __future__ import annotations

from collections.abc import Sequence

import leather
from leather import theme

_WIDTH, _BAR, _AROUND = 560, 26, 90
_INK, _QUIET, _PAPER, _BARS = "#1b1b1f", "#4a4a55", "#ffffff", "#0b57a4"

theme.background_color = _PAPER
theme.title_color = _INK
theme.label_color = theme.axis_title_color = _QUIET
theme.default_series_colors = [_BARS]
theme.title_font_family = theme.tick_font_family = theme.axis_title_font_family = "sans-serif"


def bars(title: str, counts: Sequence[tuple[str, int]]) -> str:
    """Return a picture of these counts, each with its label, the first on top; the page has the table beside it."""
    chart = leather.Chart(title)
    chart.add_x_scale(0, max((count for _, count in counts), default=0) or 1)
    chart.add_bars([(count, label) for label, count in counts])
    return str(chart.to_svg(width=_WIDTH, height=_AROUND + _BAR * len(counts)))
