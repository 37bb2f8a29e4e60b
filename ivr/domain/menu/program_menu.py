"""The menu that a program names: what it needs to be played in calls, and what is said of it. Pure.

A menu may be drawn, checked and simulated without any of this; calls play what has none of these faults.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from ivr.domain.call.party import Direction
from ivr.domain.menu.faults import MenuFault
from ivr.domain.menu.menu import Menu, NodeKind, spoken_in
from ivr.domain.program.program import Program, Prompt, SpokenPrompt
from ivr.domain.queue.announcement import prompts_of_queues
from ivr.domain.text.told import Told
from ivr.errors import nearest

#: Ways out that no part of a call can go yet.
NOT_BUILT = frozenset({NodeKind.VOICEMAIL, NodeKind.CALLBACK})


def program_faults(program: Program, menus: Mapping[str, Menu], prompts: Container[str]) -> Iterator[MenuFault]:
    """Yield what is wrong in a program with the menu that it names; `key` is one of the program's file."""
    if not program.menu:
        return
    menu = menus.get(program.menu)
    if menu is None:
        yield MenuFault(
            "menu", "no_menu", program.menu, Told(f"There is no menu '{program.menu}'."),
            Told(nearest(program.menu, menus)),
        )  # fmt: skip
        return
    if program.direction is not Direction.INBOUND:
        yield MenuFault(
            "menu", "outbound", program.menu, Told("A menu is for those who call us, and this program calls people."),
            Told("Remove menu from the program."),
        )  # fmt: skip
    agent = next((node.id for node in menu.nodes.values() if node.kind is NodeKind.AGENT), "")
    if agent and not program.queue and not program.agent_uri:
        yield MenuFault(
            "menu", "no_agent", program.menu,
            Told(f"'{agent}' of the menu leads to an agent, and this program has neither a queue nor an agent."),
            Told("Write queue or agent_uri in the program, or have the node lead to a queue."),
        )  # fmt: skip
    missing = next((one for one in prompts_of_queues() if one not in prompts), "") if _queues(menu) else ""
    if missing:
        yield MenuFault(
            "menu", "missing_prompt", missing, Told(f"There is no prompt '{missing}', which queues say."),
            Told("Put config/prompts/queue.toml back."),
        )  # fmt: skip


def live_faults(menu: Menu, programs: Iterable[Program], queues: Iterable[str]) -> Iterator[MenuFault]:
    """Yield what keeps calls from playing a menu that these programs may name; `key` is one of the menu's file."""
    naming = [program for program in programs if program.menu == menu.name]
    for program in naming:
        if program.name not in menu.programs:
            yield MenuFault(
                "programs", "not_served", program.name,
                Told(f"The program '{program.name}' names this menu, which does not serve it."),
                Told(f'Write "{program.name}" into programs: its objection key is checked then.'),
            )  # fmt: skip
    for node in menu.nodes.values() if naming else ():
        if node.kind in NOT_BUILT:
            yield MenuFault(
                f"nodes.{node.id}.kind", "not_built", node.kind.value,
                Told(f"'{node.id}' is a {node.kind.value}, which calls cannot be led to yet."),
                Told('Write kind = "hang_up" with a prompt that says so, or remove the node and what leads there.'),
            )  # fmt: skip
        if node.queue and node.queue not in queues:
            yield MenuFault(
                f"nodes.{node.id}.queue", "no_queue", node.queue, Told(f"There is no queue '{node.queue}'."),
                Told(nearest(node.queue, queues)),
            )  # fmt: skip


def menu_spoken(program: Program, menu: Menu, prompts: Mapping[str, Prompt]) -> tuple[SpokenPrompt, ...]:
    """Return everything that a program says of its menu, each prompt in its language, and of the queues it leads to."""
    said = [(f"menu.{key}", prompt_id, language) for key, prompt_id, language in menu.prompts()]
    spoken = [
        SpokenPrompt(program, moment, spoken_in(prompts[prompt_id].with_key(program.objection_key), language))
        for moment, prompt_id, language in said
        if prompt_id in prompts
    ]
    spoken += [
        SpokenPrompt(program, f"queue.{prompt_id}", prompts[prompt_id].with_key(program.objection_key))
        for prompt_id in (prompts_of_queues() if _queues(menu) else ())
        if prompt_id in prompts
    ]
    return tuple(spoken)


def _queues(menu: Menu) -> bool:
    return any(node.kind is NodeKind.QUEUE for node in menu.nodes.values())
