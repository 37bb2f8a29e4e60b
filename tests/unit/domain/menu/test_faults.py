"""What is wrong with a menu as a table: each fault named once, at its key, with what to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.menu.faults import MenuFault, menu_faults, reachable
from ivr.domain.menu.menu import REPEAT, Choice, Emergency, Language, Menu, Node, NodeKind
from ivr.domain.program.program import Prompt
from tests.retention_rig import settings
from tests.unit.domain.menu.rig import PROMPTS, question, small_menu

PROGRAMS = settings().programs
MENU = small_menu()


def faults(menu: Menu, prompts: Mapping[str, Prompt] = PROMPTS) -> list[MenuFault]:
    return list(menu_faults(menu, prompts=prompts, programs=PROGRAMS))


def found(menu: Menu, prompts: Mapping[str, Prompt] = PROMPTS) -> list[tuple[str, str, str]]:
    return [(fault.kind, fault.key, fault.words) for fault in faults(menu, prompts)]


def with_node(node: Node, **more: Any) -> Menu:
    return replace(MENU, nodes={**MENU.nodes, node.id: node}, **more)


def top(*choices: Choice, **more: Any) -> Menu:
    return with_node(question("top", *MENU.nodes["top"].choices, *choices, **more))


def test_a_whole_menu_has_no_fault() -> None:
    assert faults(MENU) == []


@pytest.mark.parametrize(
    ("menu", "fault"),
    [
        (with_node(Node("lost", NodeKind.HANG_UP)), ("unreachable", "nodes.lost", "lost")),
        (top(Choice("agnt", "3")), ("dead_end", "nodes.top.choices.4.to", "agnt")),
        (replace(MENU, start="tp"), ("dead_end", "start", "tp")),
        (replace(MENU, closed="shutt"), ("dead_end", "hours.closed", "shutt")),
        (replace(MENU, closed=""), ("dead_end", "hours.closed", "")),
        (replace(MENU, fallback="contract"), ("dead_end", "fallback", "contract")),
        (with_node(replace(MENU.nodes["shut"], fallback="top")), ("dead_end", "nodes.shut.fallback", "top")),
        (with_node(question("contract", Choice(REPEAT, "*"))), ("dead_end", "nodes.contract.choices", "contract")),
        (
            with_node(Node("bye", NodeKind.HANG_UP, "bye-prompt", (Choice("top", "1"),))),
            ("dead_end", "nodes.bye.choices", "bye"),
        ),
        (top(Choice("agent")), ("dead_end", "nodes.top.choices.4", "agent")),
        (with_node(replace(MENU.nodes["top"], prompt="")), ("missing_prompt", "nodes.top.prompt", "top")),
        (
            with_node(replace(MENU.nodes["agent"], prompt="agent-promt")),
            ("missing_prompt", "nodes.agent.prompt", "agent-promt"),
        ),
        (replace(MENU, no_answer="nothing"), ("missing_prompt", "no_answer", "nothing")),
        (replace(MENU, emergency=Emergency("fire")), ("missing_prompt", "emergency.prompt", "fire")),
        (top(Choice("agent", "1")), ("key_twice", "nodes.top.choices.4.key", "1")),
        (top(Choice("agent", "9")), ("objection_key", "nodes.top.choices.4.key", "9")),
        (top(Choice("agent", "5", ("Mon  contrat",))), ("phrase_twice", "nodes.top.choices.4.phrases", "Mon  contrat")),
        (with_node(Node("leave", NodeKind.QUEUE)), ("no_queue", "nodes.leave.queue", "leave")),
        (
            with_node(Node("voicemail", NodeKind.VOICEMAIL, queue="x")),
            ("no_queue", "nodes.voicemail.queue", "voicemail"),
        ),
        (replace(MENU, programs=("hotlin-quality",)), ("no_program", "programs", "hotlin-quality")),
    ],
    ids=lambda one: f"{one[0]}-{one[1]}" if isinstance(one, tuple) else "",
)
def test_each_fault_is_named_at_its_key(menu: Menu, fault: tuple[str, str, str]) -> None:
    assert fault in found(menu)


def test_the_objection_key_names_its_rule_and_the_program() -> None:
    (fault,) = faults(top(Choice("agent", "9")))
    assert fault.rule == "REC-004"
    assert "hotline-quality" in fault.reason


def test_a_menu_that_serves_no_program_may_have_any_key() -> None:
    assert faults(replace(top(Choice("agent", "9")), programs=())) == []


def test_what_is_said_in_english_has_an_english_sentence() -> None:
    english = replace(MENU.nodes["agent"], language=Language.ENGLISH)
    prompts = {**PROMPTS, "agent-prompt": replace(PROMPTS["agent-prompt"], english="")}
    assert found(with_node(english), prompts) == [("missing_prompt", "nodes.agent.prompt", "agent-prompt")]
    assert found(MENU, prompts) == []


def test_the_same_words_for_the_same_place_are_no_fault() -> None:
    assert faults(top(Choice("contract", "5", ("mon contrat",)))) == []


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    (fault,) = faults(replace(MENU, fallback="agnet"))
    assert fault.suggestion == "did you mean 'agent'?"


IDS = st.sampled_from(["a", "b", "c", "d", "e"])
NODES = st.dictionaries(
    IDS,
    st.tuples(st.sampled_from(NodeKind), st.lists(st.tuples(IDS, st.sampled_from(["1", "2", ""])), max_size=3)),
    min_size=1,
)


@given(NODES, IDS, IDS)
def test_any_table_is_judged_and_one_without_dead_ends_lets_nobody_be_lost(
    drawn: dict[str, tuple[NodeKind, list[tuple[str, str]]]], start: str, fallback: str
) -> None:
    nodes = {
        node_id: Node(node_id, kind, "top-prompt", tuple(Choice(to, key, ("mon contrat",)) for to, key in choices))
        for node_id, (kind, choices) in drawn.items()
    }
    menu = Menu("drawn", start, nodes, fallback)
    kinds = {fault.kind for fault in faults(menu)}
    if "dead_end" not in kinds:
        reached = reachable(menu)
        assert ("unreachable" in kinds) == (reached != nodes.keys())
        assert any(not nodes[one].is_question for one in reached), "there is a way out"
