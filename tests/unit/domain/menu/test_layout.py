"""Where boxes stand in the drawing of a menu: none on another, each arrow from one box to another."""

from __future__ import annotations

from itertools import combinations

import pytest

from ivr.domain.menu.layout import GAP, HEAD, Box, layout
from ivr.domain.menu.menu import Menu, Node, NodeKind
from tests.retention_rig import settings
from tests.unit.domain.menu.rig import small_menu

MENUS = [small_menu(), settings().menus["hotline"]]
each = pytest.mark.parametrize("menu", MENUS, ids=lambda menu: menu.name)


def apart(one: Box, other: Box) -> bool:
    return (
        one.column != other.column
        or one.top + one.height + GAP <= other.top
        or other.top + other.height + GAP <= one.top
    )


@each
def test_every_node_has_a_box_of_its_own(menu: Menu) -> None:
    drawn = layout(menu)
    assert drawn.boxes.keys() == menu.nodes.keys()
    assert all(apart(one, other) for one, other in combinations(drawn.boxes.values(), 2))
    assert all(box.top + box.height <= drawn.lines and box.column < drawn.columns for box in drawn.boxes.values())


@each
def test_every_choice_that_leads_on_has_an_arrow_from_its_line(menu: Menu) -> None:
    drawn = layout(menu)
    for node in menu.nodes.values():
        ends = [arrow.ends for arrow in drawn.arrows if arrow.begins == node.id]
        assert ends == list(menu.ways(node))
    assert all(HEAD <= arrow.line < drawn.boxes[arrow.begins].height for arrow in drawn.arrows)
    assert sum(arrow.fallback for arrow in drawn.arrows) == sum(node.is_question for node in menu.nodes.values())


def test_what_a_caller_meets_first_stands_left() -> None:
    boxes = layout(small_menu()).boxes
    assert [boxes[one].column for one in ("top", "shut", "contract", "leave")] == [0, 0, 1, 2]


def test_what_nobody_reaches_stands_right() -> None:
    menu = small_menu()
    lost = Node("lost", NodeKind.HANG_UP)
    drawn = layout(Menu(**{**vars(menu), "nodes": {**menu.nodes, "lost": lost}}))
    assert drawn.boxes["lost"].column == drawn.columns - 1


def test_a_menu_of_one_node_can_be_drawn() -> None:
    only = Menu("one", "bye", {"bye": Node("bye", NodeKind.HANG_UP)}, "bye")
    drawn = layout(only)
    assert (drawn.arrows, drawn.columns, drawn.lines) == ((), 1, HEAD)
