"""Where the nodes of a menu stand in its drawing: columns by how many choices away they are. Pure; counted in lines."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.domain.menu.menu import REPEAT, Menu, Node

#: Lines of a box above its choices: the name, and what is said.
HEAD = 2
#: Lines between two boxes of a column.
GAP = 2


@dataclass(frozen=True)
class Box:
    """One node: its column, the line on which it begins, and how many lines it takes."""

    node: Node
    column: int
    top: int
    height: int


@dataclass(frozen=True)
class Arrow:
    """From a line of a box (0 is its first) to another box. `fallback`: taken by who gives no answer."""

    begins: str
    line: int
    ends: str
    fallback: bool = False


@dataclass(frozen=True)
class Layout:
    """A drawing without a pen: boxes by node, arrows, and how many columns and lines it takes."""

    boxes: dict[str, Box]
    arrows: tuple[Arrow, ...]
    columns: int
    lines: int


def layout(menu: Menu) -> Layout:
    """Place every node of a menu, those that nobody reaches in the last column; the menu's places must all exist."""
    columns = _columns(menu)
    filled: dict[int, int] = {}
    boxes = {}
    for node_id, column in columns.items():
        node = menu.nodes[node_id]
        height = HEAD + len(node.choices) + int(node.is_question)
        top = filled.get(column, 0)
        boxes[node_id] = Box(node, column, top, height)
        filled[column] = top + height + GAP
    arrows = tuple(arrow for box in boxes.values() for arrow in _arrows(menu, box.node))
    return Layout(boxes, arrows, max(columns.values()) + 1, max(filled.values()) - GAP)


def _columns(menu: Menu) -> dict[str, int]:
    """Return the column of each node, in the order in which they are reached: questions first found stand left."""
    columns: dict[str, int] = {}
    waiting = [(node_id, 0) for node_id in menu.entrances if menu.nodes[node_id].is_question] or [(menu.start, 0)]
    while waiting:
        node_id, column = waiting.pop(0)
        if node_id not in columns:
            columns[node_id] = column
            waiting += [(way, column + 1) for way in menu.ways(menu.nodes[node_id])]
    last = max(columns.values()) + 1
    return columns | {node_id: last for node_id in menu.nodes if node_id not in columns}


def _arrows(menu: Menu, node: Node) -> list[Arrow]:
    arrows = [Arrow(node.id, HEAD + at, choice.to) for at, choice in enumerate(node.choices) if choice.to != REPEAT]
    if node.is_question:
        arrows.append(Arrow(node.id, HEAD + len(node.choices), menu.fallback_of(node), fallback=True))
    return arrows
