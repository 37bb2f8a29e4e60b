"""A small menu, and a caller who goes through it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from ivr.domain.menu.menu import REPEAT, AfterEmergency, Choice, Emergency, Menu, Node, NodeKind
from ivr.domain.menu.opening import OpeningHours, Span
from ivr.domain.menu.progress import (
    CallerGone,
    KeyPressed,
    MenuEffect,
    MenuEvent,
    MenuProgress,
    PromptEnded,
    Say,
    SpeechBegan,
    TimePassed,
    WordsHeard,
    advance,
    begin,
)
from ivr.domain.program.program import Prompt

OBJECTION_KEY = "9"
#: A Monday, 10:00 in Paris.
MONDAY = datetime(2027, 3, 8, 9, 0, tzinfo=UTC)
HOURS = OpeningHours(
    "Europe/Paris",
    {day: (Span(time(8, 30), time(12)), Span(time(13, 30), time(18))) for day in range(5)},
)


def question(node_id: str, *choices: Choice, **more: Any) -> Node:
    return Node(node_id, NodeKind.MENU, f"{node_id}-prompt", choices, **more)


def small_menu(**more: Any) -> Menu:
    nodes = (
        question(
            "top",
            Choice("refunds", "1", ("un remboursement", "où en est mon remboursement")),
            Choice("contract", "2", ("mon contrat", "mes cotisations")),
            Choice("agent", "0", ("parler à un conseiller",)),
            Choice(REPEAT, "*", ("répétez",)),
        ),
        question("contract", Choice("top", "#", ("retour",)), Choice("leave", "1", ("résilier",)), retries=1),
        question("shut", Choice("voicemail", "1", ("laisser un message",)), fallback="bye"),
        Node("refunds", NodeKind.QUEUE, "refunds-prompt", queue="refunds"),
        Node("leave", NodeKind.QUEUE, queue="contracts"),
        Node("agent", NodeKind.AGENT, "agent-prompt"),
        Node("voicemail", NodeKind.VOICEMAIL),
        Node("bye", NodeKind.HANG_UP, "bye-prompt"),
    )
    given: dict[str, Any] = {
        "programs": ("hotline-quality",),
        "hours": HOURS,
        "closed": "shut",
        "emergency": Emergency("emergency-prompt", AfterEmergency.MENU),
        "not_understood": "again-prompt",
        "no_answer": "silence-prompt",
        **more,
    }
    return Menu("small", "top", {node.id: node for node in nodes}, "agent", **given)


PROMPTS = {
    name: Prompt(name, "1", f"Voici {name}.", english=f"This is {name}.")
    for name in (
        "top-prompt", "contract-prompt", "shut-prompt", "refunds-prompt", "agent-prompt", "bye-prompt",
        "emergency-prompt", "again-prompt", "silence-prompt",
    )
}  # fmt: skip


class Caller:
    """Holds the progress; remembers every effect in order."""

    def __init__(self, menu: Menu, at: datetime = MONDAY, *, emergency: bool = False, **holidays: str) -> None:
        days = {date.fromisoformat(day.removeprefix("d").replace("_", "-")): name for day, name in holidays.items()}
        keys = frozenset({OBJECTION_KEY})
        self.progress: MenuProgress
        self.progress, effects = begin(menu, 0, at, objection_keys=keys, holidays=days, emergency=emergency)
        self.effects: list[MenuEffect] = [*effects]
        self.last = effects

    def does(self, event: MenuEvent) -> tuple[MenuEffect, ...]:
        self.progress, self.last = advance(self.progress, event)
        self.effects += self.last
        return self.last

    def presses(self, key: str, at_ms: int | None = None) -> tuple[MenuEffect, ...]:
        return self.does(KeyPressed(self.at_ms if at_ms is None else at_ms, key))

    def begins_to_speak(self) -> tuple[MenuEffect, ...]:
        return self.does(SpeechBegan(self.at_ms))

    def says(self, words: str) -> tuple[MenuEffect, ...]:
        return self.does(WordsHeard(self.at_ms, words))

    def hears(self) -> tuple[MenuEffect, ...]:
        """Hear everything that is being said to its end."""
        said: tuple[MenuEffect, ...] = ()
        while self.progress.saying:
            said = self.does(PromptEnded(self.at_ms + 1000, self.progress.saying[0].prompt))
        return said

    def waits(self, ms: int) -> tuple[MenuEffect, ...]:
        return self.does(TimePassed(self.at_ms + ms))

    def hangs_up(self) -> tuple[MenuEffect, ...]:
        return self.does(CallerGone(self.at_ms))

    @property
    def at_ms(self) -> int:
        return self.progress.at_ms

    @property
    def prompts(self) -> list[str]:
        return [one.prompt for one in self.effects if isinstance(one, Say)]
