"""Draws a menu as SVG: one box for each node, one line in it for each choice, and an arrow to where it leads."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from ivr.domain.menu.layout import HEAD, Arrow, Box, Layout, layout
from ivr.domain.menu.menu import REPEAT, Menu, NodeKind
from ivr.domain.program.program import Prompt

#: In pixels.
_LINE, _WIDE, _BETWEEN, _EDGE, _TOP = 18, 320, 150, 24, 64
#: Characters that fit into a box.
_FITS = 42
_INK, _QUIET, _PAPER, _QUESTION, _WAY, _BACK = "#1b1b1f", "#4a4a55", "#ffffff", "#e8f0fa", "#0b57a4", "#8a5a00"
KINDS = {
    NodeKind.MENU: "question", NodeKind.QUEUE: "file", NodeKind.AGENT: "conseiller",
    NodeKind.VOICEMAIL: "messagerie", NodeKind.CALLBACK: "rappel", NodeKind.HANG_UP: "fin d'appel",
}  # fmt: skip


def menu_svg(menu: Menu, prompts: Mapping[str, Prompt]) -> str:
    """Return the drawing of a menu without faults; without styles or scripts, so that it may stand in any page."""
    drawn = layout(menu)
    wide = 2 * _EDGE + drawn.columns * _WIDE + (drawn.columns - 1) * _BETWEEN
    high = _TOP + _EDGE + drawn.lines * _LINE + _LINE
    root = ET.Element(
        "svg",
        {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {wide} {high}", "width": str(wide),
         "height": str(high), "role": "img", "font-family": "sans-serif", "font-size": "13"},
    )  # fmt: skip
    ET.SubElement(root, "title").text = f"Menu {menu.name}"
    ET.SubElement(root, "rect", {"width": str(wide), "height": str(high), "fill": _PAPER})
    _text(root, _EDGE, 28, f"Menu {menu.name}", size="18", weight="bold")
    _text(root, _EDGE, 48, _about(menu), fill=_QUIET)
    for arrow in drawn.arrows:
        _draw_arrow(root, arrow, drawn)
    for box in drawn.boxes.values():
        _draw_box(root, box, menu, prompts)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _about(menu: Menu) -> str:
    parts = [f"début : {menu.start}"]
    if menu.hours is not None:
        parts.append(f"hors horaires : {menu.closed} ({menu.hours.timezone}, fériés {menu.hours.region or 'aucun'})")
    parts.append(f"sans réponse : {menu.fallback}")
    if menu.emergency is not None:
        parts.append(f"message d'urgence : {menu.emergency.prompt}")
    return " · ".join(parts)


def _draw_box(root: ET.Element, box: Box, menu: Menu, prompts: Mapping[str, Prompt]) -> None:
    node, left, top = box.node, _left(box), _y(box.top)
    fill = _QUESTION if node.is_question else _PAPER
    ET.SubElement(
        root,
        "rect",
        {"x": str(left), "y": str(top), "width": str(_WIDE), "height": str(box.height * _LINE + 8), "rx": "6",
         "fill": fill, "stroke": _INK},
    )  # fmt: skip
    named = f"{KINDS[node.kind]} {node.queue}".strip()
    _text(root, left + 8, top + 16, _short(f"{node.id} : {named}", _FITS), weight="bold")
    said = prompts[node.prompt].text if node.prompt in prompts else ""
    _text(root, left + 8, top + 16 + _LINE, f"« {_short(said, _FITS - 4)} »" if said else "sans message", fill=_QUIET)
    for at, choice in enumerate(node.choices):
        phrase = choice.phrases[0] if choice.phrases else ""
        again = " (réécouter)" if choice.to == REPEAT else ""
        _text(root, left + 8, _line_y(box, HEAD + at) + 4, f"{choice.key or '–'}  {_short(phrase, 34)}{again}")
    if node.is_question:
        waits = f"sans réponse : {node.timeout_s:g} s, {node.retries} reprises"
        _text(root, left + 8, _line_y(box, HEAD + len(node.choices)) + 4, waits, fill=_QUIET)


def _draw_arrow(root: ET.Element, arrow: Arrow, drawn: Layout) -> None:
    begins, ends = drawn.boxes[arrow.begins], drawn.boxes[arrow.ends]
    forward = ends.column > begins.column
    y, to_y = _line_y(begins, arrow.line), _y(ends.top) + 12
    # Who goes back leaves on the left side, so that no arrow runs through its own box.
    x, to_x = (_left(begins) + _WIDE, _left(ends)) if forward else (_left(begins), _left(ends) + _WIDE)
    bend = _BETWEEN // 2 if forward else -_BETWEEN // 2
    if begins.column == ends.column:
        x, to_x, bend = _left(begins) + _WIDE, _left(ends) + _WIDE, _BETWEEN // 2
        path = f"M{x} {y} C{x + bend} {y} {to_x + bend} {to_y} {to_x} {to_y}"
    else:
        path = f"M{x} {y} C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    drawing = {"d": path, "fill": "none", "stroke": _WAY if forward else _BACK, "stroke-width": "1.3"}
    if arrow.fallback:
        drawing["stroke-dasharray"] = "5 4"
    ET.SubElement(root, "path", drawing)
    point = -6 if forward else 6
    ET.SubElement(
        root,
        "polygon",
        {"points": f"{to_x},{to_y} {to_x + point},{to_y - 4} {to_x + point},{to_y + 4}", "fill": drawing["stroke"]},
    )


def _text(
    root: ET.Element, x: int, y: int, text: str, *, fill: str = _INK, size: str = "13", weight: str = "normal"
) -> None:
    named = {"x": str(x), "y": str(y), "fill": fill, "font-size": size, "font-weight": weight}
    ET.SubElement(root, "text", named).text = text


def _left(box: Box) -> int:
    return _EDGE + box.column * (_WIDE + _BETWEEN)


def _y(line: int) -> int:
    return _TOP + line * _LINE


def _line_y(box: Box, line: int) -> int:
    return _y(box.top) + line * _LINE + 12


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
