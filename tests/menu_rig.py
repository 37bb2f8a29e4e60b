"""A house whose hotline has a menu, queues and an agent of its own; on virtual time, with callers who may say words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from pathlib import Path
from typing import Any

from ivr.domain.evidence.events.house import EmergencySwitched
from ivr.domain.hearing.verdict import Band, Label, Verdict
from ivr.domain.menu.menu import REPEAT, Choice, Language, Menu, Node, NodeKind
from ivr.domain.menu.opening import OpeningHours, Span
from ivr.domain.program.program import Prompt
from ivr.services.queue.desk import QueueDesk
from tests.fakes.exchange import AGENT, Channel, Exchange, play
from tests.fakes.line import answers
from tests.fakes.menus import FakeEmergencyBook
from tests.fakes.queue import FakeQueueBook
from tests.fakes.runtime import InlineExecutor
from tests.queue_rig import MARIE, PAUL, PLAN

MARIE_AT = PLAN.agents[MARIE].uris[0]
(PAUL_AT,) = PLAN.agents[PAUL].uris
MENU = "hotline"
#: What the menu says; the question lasts ten seconds, so that a test can come in the middle of it.
SAID = ("top", "more", "shut", "to-health", "to-agent", "bye", "again", "silence", "warning")
QUESTION_MS = 10_000


def menu(**more: Any) -> Menu:
    nodes = (
        Node(
            "top", NodeKind.MENU, "top",
            (
                Choice("health", "1", ("un remboursement", "mes lunettes")),
                Choice("provident", "2", ("ma retraite", "la prévoyance")),
                Choice("more", "3", ("autre chose",)),
                Choice("agent", "0", ("parler à un conseiller",)),
                Choice("bye", "4", ("rien du tout",)),
                Choice(REPEAT, "7", ("répétez",)),
            ),
        ),
        Node("more", NodeKind.MENU, "more", (Choice("health", "1", ("mes soins",)),), retries=1),
        Node("warning", NodeKind.MENU, "warning", (Choice("health", "1", ("mes soins",)),), barge_in=False),
        Node("health", NodeKind.QUEUE, "to-health", queue="health"),
        Node("provident", NodeKind.QUEUE, queue="provident"),
        Node("agent", NodeKind.AGENT, "to-agent"),
        Node("bye", NodeKind.HANG_UP, "bye"),
        Node("shut", NodeKind.HANG_UP, "shut"),
    )  # fmt: skip
    given: dict[str, Any] = {
        "programs": ("hotline-quality",),
        "not_understood": "again",
        "no_answer": "silence",
        **more,
    }
    return Menu(
        MENU, given.pop("start", "top"), {node.id: node for node in nodes}, given.pop("fallback", "agent"), **given
    )


#: Virtual time begins on a Saturday at ten in Paris (`tests.fakes.vault.START`).
SHUT = OpeningHours("Europe/Paris", {6: (Span(time(8), time(9)),)})
ALWAYS = OpeningHours("Europe/Paris", {day: (Span(time(0), None),) for day in range(7)})


@dataclass
class MenuHouse(Exchange):
    """An exchange with queues and a menu. `menus` are those of the house, `holidays` its public holidays."""

    menus: Mapping[str, Menu] = field(default_factory=lambda: {MENU: menu()})
    holidays: Mapping[date, str] = field(default_factory=dict)
    without_sound: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.changes = {"menu": MENU, "agent_uri": AGENT, **self.changes}
        self.durations_ms = {"top": QUESTION_MS, "warning": QUESTION_MS, **self.durations_ms}
        super().__post_init__()
        clock = self.deps.clock
        self.book = FakeQueueBook(PLAN, clock.now())
        self.emergencies = FakeEmergencyBook(self.audit)
        self.desk = QueueDesk(self.book, PLAN, owner="line-0", clock=clock, executor=InlineExecutor(), feed=self.feed)
        said = {name: Prompt(name, "1", f"Voici {name}.", english=f"This is {name}.") for name in SAID}
        changed = replace(
            self.deps,
            queues=self.desk,
            emergencies=self.emergencies,
            menus=self.menus,
            prompts={**self.deps.prompts, **said},
            holidays=lambda hours, year: self.holidays,
        )
        for name in ("queues", "emergencies", "menus", "prompts", "holidays"):
            object.__setattr__(self.deps, name, getattr(changed, name))
        self.line.parties |= {MARIE_AT: answers(2), PAUL_AT: answers(2), AGENT: answers(2)}
        self._queueing = asyncio.create_task(self.desk.run())

    def prompt_file(self, prompt: Prompt) -> Path:
        if prompt.id in self.without_sound:
            raise FileNotFoundError(prompt.id)
        return super().prompt_file(prompt)

    async def close(self) -> None:
        await super().close()
        self._queueing.cancel()
        await asyncio.gather(self._queueing, return_exceptions=True)

    # ---- what the caller does

    def says(self, words: str, start_ms: int, end_ms: int, **verdict: Any) -> None:
        """Between these times of the call's media the caller says these words, which the ear takes for harmless."""
        told = Verdict(Label.NONE, Band.CLEAR, 0.0, text=words, **verdict)
        self.ear.when_said(Channel.CALLER, start_ms, end_ms - 100, told)

    def switch_on(self) -> None:
        """A supervisor switches the emergency message on."""
        switched = EmergencySwitched(
            menu=MENU, on=True, prompt_id="warning", prompt_version="1", actor="lea", role="supervisor", reason="panne"
        )
        self.emergencies.switch(switched, self.deps.clock.now())

    async def asked(self, prompt: str = "top", count: int = 1) -> float:
        """Wait until the menu says this; return when, in the loop's time."""
        await self.until("prompt.started", count, prompt=prompt)
        return asyncio.get_running_loop().time()

    async def hangs_up(self) -> None:
        self.line.peer_hangs_up("a")
        await self.over()

    # ---- what a test looks at

    @property
    def way(self) -> dict[str, object]:
        """What the evidence says of the menu: there is one event of it."""
        (body,) = self.of_audit("menu.left")
        return body

    @property
    def joined(self) -> list[object]:
        """The queues that the call has come to."""
        return [item["queue"] for item in self.feed.of("queue.joined")]

    @property
    def cut_ms(self) -> list[object]:
        """How much was heard of each question that was cut short."""
        ended = self.feed.of("prompt.ended")
        return [item["heard_ms"] for item in ended if item["prompt"] in SAID and not item["completed"]]


def scene(folder: Path, acts: Callable[[MenuHouse], Coroutine[Any, Any, None]], **made: Any) -> None:
    play(folder, acts, kind=MenuHouse, limit_s=1800, **made)


__all__ = ["ALWAYS", "MARIE", "PAUL", "SHUT", "Language", "MenuHouse", "menu", "scene"]
