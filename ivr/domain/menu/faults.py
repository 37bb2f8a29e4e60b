"""What is wrong with a menu as a table: nodes that nobody reaches, ends that lead nowhere, keys taken twice, prompts
that are missing. Pure; `ivr lint` lists all of it, and settings refuse the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.domain.menu.menu import KEYS, REPEAT, Language, Menu, Node, NodeKind
from ivr.domain.program.program import Program, Prompt
from ivr.domain.text.told import Told
from ivr.errors import nearest

#: A rule of the house, not of law: a caller is never left without a way on.
RULE = "MENU"
#: The objection key works during the whole call.
OBJECTION_RULE = "REC-004"


@dataclass(frozen=True)
class MenuFault:
    """One fault: the key of the file where it lies, its kind, the words that are wrong, why, and what to write."""

    key: str
    kind: str
    words: str
    reason: Told
    suggestion: Told
    rule: str = RULE


def menu_faults(menu: Menu, *, prompts: Mapping[str, Prompt], programs: Mapping[str, Program]) -> Iterator[MenuFault]:
    """Yield every fault of a menu whose places are all named by its table, in the order of the file."""
    known = {*menu.nodes}
    wrong = list(_nowhere(menu, known))
    yield from wrong
    yield from _programs(menu, programs)
    for node in menu.nodes.values():
        yield from _node(menu, node)
    yield from _prompts(menu, prompts)
    if not wrong:
        yield from _unreachable(menu)


def _nowhere(menu: Menu, known: set[str]) -> Iterator[MenuFault]:
    named = [("start", menu.start), ("fallback", menu.fallback), ("hours.closed", menu.closed)]
    named += [(f"nodes.{node.id}.fallback", node.fallback) for node in menu.nodes.values()]
    named += [
        (f"nodes.{node.id}.choices.{at}.to", choice.to)
        for node in menu.nodes.values()
        for at, choice in enumerate(node.choices)
        if choice.to != REPEAT
    ]
    for key, to in named:
        if to and to not in known:
            yield MenuFault(
                key, "dead_end", to, Told(f"There is no node '{to}' in this menu."), Told(nearest(to, known))
            )
    if menu.hours is not None and not menu.closed:
        yield MenuFault(
            "hours.closed", "dead_end", "", Told("The menu has opening hours, and nothing for when it is closed."),
            Told("Name the node where a caller begins then."),
        )  # fmt: skip
    for key, to in [named[1], *((key, to) for key, to in named if key.endswith(".fallback"))]:
        if to in known and menu.nodes[to].is_question:
            yield MenuFault(
                key, "dead_end", to, Told(f"'{to}' asks again: who cannot answer would never get out."),
                Told("Name a node that leads out: an agent, a queue, a voicemail, a callback or the end of the call."),
            )  # fmt: skip


def _programs(menu: Menu, programs: Mapping[str, Program]) -> Iterator[MenuFault]:
    for name in menu.programs:
        if name not in programs:
            yield MenuFault(
                "programs", "no_program", name, Told(f"There is no program '{name}'."),
                Told(nearest(name, programs)),
            )  # fmt: skip
            continue
        taken = programs[name].objection_key
        for node in menu.nodes.values():
            for at, choice in enumerate(node.choices):
                if choice.key == taken:
                    yield MenuFault(
                        f"nodes.{node.id}.choices.{at}.key", "objection_key", taken,
                        Told(f"The key {taken} refuses the recording in the program '{name}': it is never a choice."),
                        Told("Give the choice another key."),
                        OBJECTION_RULE,
                    )  # fmt: skip


def _node(menu: Menu, node: Node) -> Iterator[MenuFault]:
    place = f"nodes.{node.id}"
    if node.is_question:
        if not any(choice.to != REPEAT for choice in node.choices):
            yield MenuFault(
                f"{place}.choices", "dead_end", node.id, Told(f"'{node.id}' asks, and no answer leads on."),
                Told("Add choices, or give the node another kind."),
            )  # fmt: skip
        if not node.prompt:
            yield MenuFault(
                f"{place}.prompt", "missing_prompt", node.id, Told(f"'{node.id}' asks, and nothing is said."),
                Told("Name a prompt."),
            )  # fmt: skip
    elif node.choices:
        yield MenuFault(
            f"{place}.choices", "dead_end", node.id,
            Told(f"'{node.id}' leads out of the menu: nobody could take its choices."),
            Told('Write kind = "menu", or remove the choices.'),
        )  # fmt: skip
    if (node.kind is NodeKind.QUEUE) != bool(node.queue):
        yield MenuFault(
            f"{place}.queue", "no_queue", node.id, Told("A queue has a name, and nothing else has one."),
            Told('Write queue = "…" for kind "queue" alone.'),
        )  # fmt: skip
    yield from _choices(place, node)


def _choices(place: str, node: Node) -> Iterator[MenuFault]:
    keys: dict[str, int] = {}
    said: dict[str, int] = {}
    for at, choice in enumerate(node.choices):
        if not choice.key and not choice.phrases:
            yield MenuFault(
                f"{place}.choices.{at}", "dead_end", choice.to,
                Told(f"The choice that leads to '{choice.to}' has neither key nor phrases: nobody could make it."),
                Told("Give it a key."),
            )  # fmt: skip
        if choice.key in keys:
            yield MenuFault(
                f"{place}.choices.{at}.key", "key_twice", choice.key,
                Told(f"The key {choice.key} is taken twice in '{node.id}'."),
                Told(f"Free here: {' '.join(one for one in KEYS if node.by_key(one) is None)}."),
            )  # fmt: skip
        if choice.key:
            keys.setdefault(choice.key, at)
        for phrase in choice.phrases:
            other = said.setdefault(" ".join(phrase.lower().split()), at)
            if node.choices[other].to != choice.to:
                yield MenuFault(
                    f"{place}.choices.{at}.phrases", "phrase_twice", phrase,
                    Told(f"The same words stand for two choices of '{node.id}'."), Told("Keep them at one of them."),
                )  # fmt: skip


def _prompts(menu: Menu, prompts: Mapping[str, Prompt]) -> Iterator[MenuFault]:
    for key, prompt_id, language in menu.prompts():
        if prompt_id not in prompts:
            yield MenuFault(
                key, "missing_prompt", prompt_id, Told(f"There is no prompt '{prompt_id}'."),
                Told(nearest(prompt_id, prompts)),
            )  # fmt: skip
        elif language is not Language.FRENCH and not prompts[prompt_id].english:
            yield MenuFault(
                key, "missing_prompt", prompt_id, Told(f"The prompt '{prompt_id}' has no English sentence."),
                Told("Write its `english` in the file of the prompt."),
            )  # fmt: skip


def reachable(menu: Menu) -> frozenset[str]:
    """Return the nodes that a caller can get to."""
    found: set[str] = set()
    waiting = [*menu.entrances]
    while waiting:
        node_id = waiting.pop()
        if node_id not in found:
            found.add(node_id)
            waiting += menu.ways(menu.nodes[node_id])
    return frozenset(found)


def _unreachable(menu: Menu) -> Iterator[MenuFault]:
    reached = reachable(menu)
    for node_id in (one for one in menu.nodes if one not in reached):
        yield MenuFault(
            f"nodes.{node_id}", "unreachable", node_id, Told(f"Nothing leads to '{node_id}'."),
            Told("Have a choice lead there, or remove the node."),
        )  # fmt: skip
