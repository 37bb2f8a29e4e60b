"""A caller goes through a menu: its prompts are said, keys and words taken, and its table says where they lead.

What happens on the call becomes an event of the table (`ivr/domain/menu/progress.py`), which alone decides, as it does
in `ivr menu simulate`. Whatever else the caller is told or asked comes first: the menu is silent, and goes on after it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

from ivr.domain.audio.channel import Channel
from ivr.domain.evidence.events.call import MenuLeft
from ivr.domain.hearing.verdict import Band
from ivr.domain.menu.menu import Menu, NodeKind, spoken_in
from ivr.domain.menu.progress import (
    CallerGone,
    Go,
    Ignore,
    KeyPressed,
    MenuEffect,
    MenuEvent,
    MenuProgress,
    MenuState,
    PromptEnded,
    Resumed,
    Say,
    Silence,
    SpeechBegan,
    TimePassed,
    Why,
    WordsHeard,
    advance,
    begin,
)
from ivr.domain.program.program import Prompt
from ivr.services.call.announcer import Announcer
from ivr.services.call.context import LiveCall
from ivr.services.call.objections import Objections
from ivr.services.event_wait import is_set_within
from ivr.services.hearing.channel_listener import JudgedPiece

_TICK_S: Final = 0.1
#: A database that does not answer by then keeps nobody waiting: the message is left out.
_SWITCH_S: Final = 1.0
#: A prompt that is cut short again and again by something else is one that cannot be said.
_CUTS_MAX: Final = 10
_UTTERANCES_MAX: Final = 16


@dataclass(frozen=True)
class Way:
    """Where the caller is led. `parted`: they were told goodbye, or what ends the call, to its end."""

    kind: NodeKind
    queue: str
    parted: bool


@dataclass
class _Utterance:
    """Speech of the caller that began at `onset_ms`, when `passed` nodes had been gone through; whether it counts."""

    onset_ms: int
    passed: int
    counts: bool


class MenuVisit:
    """One per call. `run` leads the caller through the program's menu; what else comes to it, the call hands on."""

    def __init__(self, call: LiveCall, announcer: Announcer, objections: Objections) -> None:
        self._call = call
        self._announcer = announcer
        self._objections = objections
        self._progress: MenuProgress | None = None
        self._began_s = 0.0
        self._steps: list[tuple[str, Why]] = []
        self._to_say: deque[Say] = deque()
        self._saying: Prompt | None = None
        self._silenced = False
        self._speaker: asyncio.Task[None] | None = None
        self._disturbed = False
        self._cuts = 0
        self._utterances: deque[_Utterance] = deque(maxlen=_UTTERANCES_MAX)
        self._led: Go | None = None
        self._news = asyncio.Event()

    @property
    def _open(self) -> bool:
        return self._progress is not None and self._led is None

    # ---- what reaches it

    def dtmf_pressed(self, key: str) -> None:
        """The caller presses a key; while they are asked about the recording it is no choice."""
        if self._open and not self._objections.asking:
            self._take(KeyPressed(self._at_ms, key))

    def speech_began(self, onset_ms: int) -> None:
        """The caller begins to speak: a question that may be interrupted falls silent, before the words are known."""
        if self._progress is None or not self._open:
            return
        heard = not self._disturbed and not self._objections.asking
        effects = self._take(SpeechBegan(self._at_ms)) if heard else ()
        counts = heard and not any(isinstance(one, Ignore) for one in effects)
        self._utterances.append(_Utterance(onset_ms, len(self._progress.path), counts))

    def judged(self, judged: JudgedPiece) -> None:
        """A verdict that the call has attended to. Its words choose when they speak of nothing else, and were said to
        the question that is being asked."""
        piece, verdict = judged.piece, judged.verdict
        spoken = self._utterance(piece.start_ms) if piece.channel is Channel.CALLER else None
        if self._progress is None or not self._open or spoken is None or not spoken.counts:
            return
        if verdict.sensitive or (
            judged.about_recording if piece.final else judged.objects and verdict.band is Band.ACT
        ):
            spoken.counts = False
            # What was cut short goes on by itself; whoever waits for an answer asks again.
            self._disturbed = self._disturbed or self._progress.state is MenuState.LISTENING
        elif piece.final and not self._objections.asking and spoken.passed == len(self._progress.path):
            self._take(WordsHeard(self._at_ms, verdict.text if verdict.speech else ""))

    def _utterance(self, at_ms: int) -> _Utterance | None:
        """Return the speech to which a piece from `at_ms` on belongs; None when it began before the menu did."""
        return next((one for one in reversed(self._utterances) if one.onset_ms <= at_ms), None)

    # ---- the visit

    async def run(self) -> Way | None:
        """Return where the caller is led; None when they are gone.

        Whatever fails here leads to the menu's fallback. Raises KeyError when the program's menu is none.
        """
        call = self._call
        menu = call.deps.menus[call.program.menu]
        call.choosing = True
        try:
            emergency = await self._emergency(menu)
            try:
                self._begin(menu, emergency=emergency)
            except Exception as error:
                self._fail(menu, error)
            while self._led is None and not call.a_leg.gone.is_set():
                self._look()
                await is_set_within(self._news, _TICK_S)
                self._news.clear()
            return self._way(menu)
        finally:
            call.choosing = False
            self._fall_silent()
            self._progress = None
            self._note(menu)

    async def _emergency(self, menu: Menu) -> bool:
        """Whether a supervisor has the menu's message on; who cannot know goes on without it, and says so."""
        call, book = self._call, self._call.deps.emergencies
        if menu.emergency is None or book is None:
            return False
        try:
            async with asyncio.timeout(_SWITCH_S):
                return await call.deps.executor.run(lambda: book.since(menu.name)) is not None
        except Exception as error:
            call.publish("menu.emergency_unknown", menu=menu.name, what=type(error).__name__)
            return False

    def _begin(self, menu: Menu, *, emergency: bool) -> None:
        call, now = self._call, self._call.deps.clock.now()
        self._began_s = call.deps.clock.monotonic()
        call.publish("menu.entered", menu=menu.name)
        holidays = call.deps.holidays(menu.hours, menu.hours.day_of(now).year) if menu.hours is not None else {}
        keys = frozenset({call.program.objection_key})
        self._follow(*begin(menu, 0, now, objection_keys=keys, holidays=holidays, emergency=emergency))

    def _take(self, event: MenuEvent) -> tuple[MenuEffect, ...]:
        """Let the table decide what an event does, and do it; a fault of ours leads out."""
        progress = self._progress
        if progress is None:
            return ()
        try:
            return self._follow(*advance(progress, event))
        except Exception as error:
            self._fail(progress.menu, error)
            return ()

    def _follow(self, progress: MenuProgress, effects: tuple[MenuEffect, ...]) -> tuple[MenuEffect, ...]:
        self._steps += [(node, progress.way) for node in progress.path[len(self._steps) :]]
        self._progress = progress
        for effect in effects:
            if isinstance(effect, Say):
                self._to_say.append(effect)
                self._disturbed = False
            elif isinstance(effect, Silence):
                self._fall_silent()
            elif isinstance(effect, Go):
                self._led = effect
        if self._to_say and (self._speaker is None or self._speaker.done()):
            self._speaker = asyncio.create_task(self._speak(progress.menu), name=f"menu of {self._call.id}")
        self._news.set()
        return effects

    def _look(self) -> None:
        """What the caller is told or asked besides comes first; then the menu goes on, or its time passes."""
        call, progress = self._call, self._progress
        if progress is None:
            return
        if self._objections.asking or call.a_leg.held:
            self._fall_silent()
            self._disturbed = True
            return
        speaking = call.a_leg.prompt_queue.speaking
        if speaking is not None and speaking is not self._saying:
            self._disturbed = self._disturbed or progress.state is MenuState.LISTENING
        elif self._disturbed:
            self._disturbed = False
            self._take(Resumed(self._at_ms))
        elif self._at_ms >= progress.wakes_ms:
            self._take(TimePassed(self._at_ms))

    @property
    def _at_ms(self) -> int:
        return round((self._call.deps.clock.monotonic() - self._began_s) * 1000)

    # ---- what is said

    async def _speak(self, menu: Menu) -> None:
        """Say what is to be said, one after the other; the table learns of each end but of what it has silenced."""
        try:
            while self._to_say:
                said = self._to_say.popleft()
                prompt = spoken_in(self._call.prompt(said.prompt), said.language)
                self._saying, self._silenced = prompt, False
                ended = await self._announcer.say(self._call.a_leg, prompt)
                self._saying = None
                if ended.completed:
                    self._take(PromptEnded(self._at_ms, said.prompt))
                elif not self._silenced:
                    self._cut(menu)
        except Exception as error:
            self._fail(menu, error)

    def _cut(self, menu: Menu) -> None:
        """Something else than the caller's answer has cut a prompt short: all of it is said again when that is over."""
        self._to_say.clear()
        self._disturbed = True
        self._cuts += 1
        if self._cuts > _CUTS_MAX:
            self._fail(menu, RuntimeError("a prompt is never heard to its end"))

    def _fall_silent(self) -> None:
        """Stop what this menu says, and nothing else."""
        self._to_say.clear()
        self._silenced = True
        if self._saying is not None and self._call.a_leg.prompt_queue.speaking is self._saying:
            self._call.a_leg.prompt_queue.interrupt()
        elif self._speaker is not None and self._speaker is not asyncio.current_task():
            self._speaker.cancel()
            self._speaker = None
            self._saying = None

    # ---- how it ends

    def _fail(self, menu: Menu, error: BaseException) -> None:
        """Our own code failed, or what it needs is not there. The text of the error may hold anything; its kind does
        not."""
        self._call.publish("menu.failed", menu=menu.name, what=type(error).__name__)
        self._to_say.clear()
        if self._led is None:
            node = menu.nodes[menu.fallback]
            self._led = Go(node.kind, node.id, Why.FAILED, node.queue)
        self._news.set()

    def _way(self, menu: Menu) -> Way | None:
        led = self._led
        if led is None:
            self._take(CallerGone(self._at_ms))
            return None
        told = led.why not in (Why.FAILED, Why.TOO_LONG) and (not led.node or bool(menu.nodes[led.node].prompt))
        return Way(led.kind, led.queue, parted=told)

    def _note(self, menu: Menu) -> None:
        """The way that was taken stands in the evidence: nodes and how each was come to, never what was said or
        pressed."""
        call, led = self._call, self._led
        gone = Why.CALLER_GONE if call.a_leg.gone.is_set() else Why.CUT_SHORT
        left = MenuLeft(
            menu=menu.name,
            nodes=tuple(node for node, _ in self._steps),
            ways=tuple(way.value for _, way in self._steps),
            node=led.node if led is not None else "",
            led=led.kind.value if led is not None else "",
            queue=led.queue if led is not None else "",
            why=(led.why if led is not None else gone).value,
        )
        call.publish(left.kind, **left.body())
        call.audit(left)
