"""Plays a menu on virtual time: keys and words in, the way and the prompts out. No telephone, no sound, no waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from ivr.domain.menu.menu import Menu, words_of
from ivr.domain.menu.progress import (
    CallerGone,
    Go,
    Ignore,
    KeyPressed,
    MenuEffect,
    MenuEvent,
    MenuProgress,
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
from ivr.domain.program.notice import spoken_seconds
from ivr.domain.program.program import Prompt

#: Whether words, said after a prompt of this text, object: then they are not a menu's.
Objects = Callable[[str, str], bool]


@dataclass(frozen=True)
class CallerAct:
    """What a caller does, `at_ms` after the menu began: press a key, begin to say words, or hang up."""

    at_ms: int
    key: str = field(default="", repr=False)
    words: str = field(default="", repr=False)
    hangup: bool = False


@dataclass(frozen=True)
class Step:
    """One thing that the menu does. `do` is say, silence, go, ignore, or object: for the call, not for the menu."""

    at_ms: int
    do: str
    node: str
    why: str
    prompt: str = ""
    text: str = ""
    kind: str = ""
    queue: str = ""


@dataclass(frozen=True)
class Simulated:
    """How it ended: the nodes gone through, and where the caller was led (`kind` '' when they hung up)."""

    menu: str
    path: tuple[str, ...]
    node: str
    kind: str
    queue: str
    why: str
    duration_ms: int
    objections: int


@dataclass
class Simulation:
    """One run. `steps` yields as virtual time goes on; `result` is there once it has."""

    menu: Menu
    prompts: Mapping[str, Prompt]
    acts: Sequence[CallerAct]
    at: datetime
    objection_keys: frozenset[str]
    holidays: Mapping[date, str]
    emergency: bool = False
    objects: Objects = field(kw_only=True)
    result: Simulated | None = field(default=None, init=False)

    def steps(self) -> Iterator[Step]:
        """Yield what the menu does, in order. A caller whose acts have run out is silent until the menu is over."""
        progress, effects = begin(
            self.menu,
            0,
            self.at,
            objection_keys=self.objection_keys,
            holidays=self.holidays,
            emergency=self.emergency,
        )
        player = _Player(self.prompts)
        to_come = sorted((event for act in self.acts for event in _events(act)), key=lambda event: event.at_ms)
        objections = 0
        last: MenuEffect | None = None
        while True:
            player.take(progress.at_ms, effects)
            yield from (self._step(progress, effect) for effect in effects)
            last = next((effect for effect in effects if isinstance(effect, Go)), last)
            if progress.over:
                break
            event = self._next(progress, player, to_come)
            at_ms = max(event.at_ms, progress.at_ms)
            if isinstance(event, WordsHeard) and self.objects(event.words, player.last):
                objections += 1
                yield Step(at_ms, "object", progress.node, "words")
                event = Resumed(at_ms)
                player.stop()
            progress, effects = advance(progress, event)
            objections += sum(isinstance(one, Ignore) and one.why is Why.OBJECTION_KEY for one in effects)
        self.result = _result(self.menu, progress, last, objections)

    def _next(self, progress: MenuProgress, player: _Player, to_come: list[MenuEvent]) -> MenuEvent:
        """Return what happens next: something the caller does, the end of a prompt, or that time has passed."""
        ended = player.ends()
        due: list[MenuEvent] = [TimePassed(progress.wakes_ms), *([ended] if ended else ())]
        first = min(due, key=lambda event: event.at_ms)
        if to_come and to_come[0].at_ms < first.at_ms:
            return to_come.pop(0)
        if ended is first:
            player.next()
        return first

    def _step(self, progress: MenuProgress, effect: MenuEffect) -> Step:
        if isinstance(effect, Say):
            text = words_of(self.prompts[effect.prompt], effect.language)
            return Step(progress.at_ms, "say", effect.node, effect.why.value, effect.prompt, text)
        if isinstance(effect, Silence):
            return Step(progress.at_ms, "silence", effect.node, effect.why.value, effect.prompt)
        if isinstance(effect, Go):
            kind = effect.kind.value
            return Step(progress.at_ms, "go", effect.node, effect.why.value, kind=kind, queue=effect.queue)
        do = "object" if effect.why is Why.OBJECTION_KEY else "ignore"
        return Step(progress.at_ms, do, effect.node, effect.why.value)


class _Player:
    """Says prompts one after the other, as long as their words take."""

    def __init__(self, prompts: Mapping[str, Prompt]) -> None:
        self._prompts = prompts
        self._waiting: list[Say] = []
        self._since_ms = 0
        self.last = ""

    def take(self, at_ms: int, effects: Sequence[MenuEffect]) -> None:
        for effect in effects:
            if isinstance(effect, Silence):
                self.stop()
            elif isinstance(effect, Say):
                if not self._waiting:
                    self._since_ms = at_ms
                self._waiting.append(effect)
                self.last = words_of(self._prompts[effect.prompt], effect.language)

    def stop(self) -> None:
        self._waiting = []

    def ends(self) -> PromptEnded | None:
        if not self._waiting:
            return None
        saying = self._waiting[0]
        return PromptEnded(self._since_ms + _length_ms(self._prompts[saying.prompt], saying), saying.prompt)

    def next(self) -> None:
        ended = self.ends()
        assert ended is not None
        self._waiting, self._since_ms = self._waiting[1:], ended.at_ms


def _length_ms(prompt: Prompt, saying: Say) -> int:
    return round(spoken_seconds(words_of(prompt, saying.language)) * 1000)


def _events(act: CallerAct) -> Iterator[MenuEvent]:
    if act.hangup:
        yield CallerGone(act.at_ms)
    elif act.key:
        yield KeyPressed(act.at_ms, act.key)
    else:
        yield SpeechBegan(act.at_ms)
        yield WordsHeard(act.at_ms + round(spoken_seconds(act.words) * 1000), act.words)


def _result(menu: Menu, progress: MenuProgress, last: MenuEffect | None, objections: int) -> Simulated:
    gone = replace(progress, way=Why.CALLER_GONE) if last is None else progress
    node, kind, queue = (last.node, last.kind.value, last.queue) if isinstance(last, Go) else (gone.node, "", "")
    return Simulated(menu.name, gone.path, node, kind, queue, gone.way.value, gone.at_ms, objections)
