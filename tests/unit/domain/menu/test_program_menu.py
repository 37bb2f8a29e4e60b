"""A program names a menu: what keeps calls from playing it, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.domain.call.party import Direction
from ivr.domain.menu.menu import Language, Menu, NodeKind
from ivr.domain.menu.program_menu import live_faults, menu_spoken, program_faults
from ivr.domain.program.program import Program, Prompt
from ivr.domain.queue.announcement import prompts_of_queues
from tests.fakes.exchange import shipped
from tests.unit.domain.menu.rig import PROMPTS, small_menu

SAYING = {**PROMPTS, **{name: Prompt(name, "1", "Attendez.") for name in prompts_of_queues()}}
QUEUES = ("refunds", "contracts")


def program(**changes: object) -> Program:
    given: dict[str, object] = {"menu": "small", "agent_uri": "sip:a@b", **changes}
    return replace(shipped().programs["hotline-quality"], **given)  # type: ignore[arg-type]


def played() -> Menu:
    """The small menu without the way out that no call can go yet."""
    menu = small_menu()
    nodes = {**menu.nodes, "voicemail": replace(menu.nodes["voicemail"], kind=NodeKind.HANG_UP)}
    return replace(menu, nodes=nodes)


def test_a_menu_that_calls_can_play_has_no_fault() -> None:
    assert list(program_faults(program(), {"small": played()}, SAYING)) == []
    assert list(live_faults(played(), [program()], QUEUES)) == []


def test_who_names_no_menu_is_asked_nothing() -> None:
    assert list(program_faults(program(menu=""), {}, {})) == []
    assert list(live_faults(small_menu(), [program(menu="")], ())) == []


@pytest.mark.parametrize(
    ("changes", "prompts", "kind", "suggestion"),
    [
        ({"menu": "smal"}, SAYING, "no_menu", "did you mean 'small'?"),
        ({"direction": Direction.OUTBOUND}, SAYING, "outbound", "Remove menu"),
        ({"agent_uri": ""}, SAYING, "no_agent", "Write queue or agent_uri"),
        ({}, PROMPTS, "missing_prompt", "queue.toml"),
    ],
)
def test_what_is_wrong_in_the_program_is_named(
    changes: dict[str, object], prompts: dict[str, Prompt], kind: str, suggestion: str
) -> None:
    (fault,) = program_faults(program(**changes), {"small": played()}, prompts)
    assert (fault.key, fault.kind) == ("menu", kind)
    assert suggestion in fault.suggestion


@pytest.mark.parametrize(
    ("menu", "queues", "key", "kind"),
    [
        (small_menu(), QUEUES, "nodes.voicemail.kind", "not_built"),
        (replace(played(), programs=()), QUEUES, "programs", "not_served"),
        (played(), ("refund", "contracts"), "nodes.refunds.queue", "no_queue"),
    ],
)
def test_what_is_wrong_in_the_menu_is_named(menu: Menu, queues: tuple[str, ...], key: str, kind: str) -> None:
    (fault,) = live_faults(menu, [program()], queues)
    assert (fault.key, fault.kind) == (key, kind)
    if kind == "no_queue":
        assert fault.suggestion == "did you mean 'refund'?"


def test_each_prompt_is_said_in_the_language_of_its_node_with_the_programs_key() -> None:
    menu = played()
    nodes = {**menu.nodes, "contract": replace(menu.nodes["contract"], language=Language.ENGLISH)}
    prompts = {**SAYING, "bye-prompt": Prompt("bye-prompt", "1", "Tapez {objection_key}.")}
    said = {one.moment: one.prompt for one in menu_spoken(program(), replace(menu, nodes=nodes), prompts)}
    assert (said["menu.nodes.top.prompt"].text, said["menu.nodes.top.prompt"].english) == ("Voici top-prompt.", "")
    english = said["menu.nodes.contract.prompt"]
    assert (english.text, english.english) == ("", "This is contract-prompt.")
    assert said["menu.nodes.bye.prompt"].text == f"Tapez {program().objection_key}."
    assert {one.prompt.id for one in menu_spoken(program(), menu, SAYING)} >= {*prompts_of_queues(), "emergency-prompt"}
