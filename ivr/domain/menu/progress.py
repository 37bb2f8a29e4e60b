"""The way of one caller through a menu: events in, effects with their reasons out. Pure; times are those of the call.

A menu begins when the disclosure has been heard, and speaks of its own prompts alone: it cannot silence a disclosure.
The objection key is no event of a menu: it is passed on untouched, whatever is going on (REC-004).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum, auto

from ivr.domain.menu.menu import REPEAT, AfterEmergency, Language, Menu, Node, NodeKind
from ivr.domain.menu.opening import Opening, decide_opening
from ivr.domain.menu.spoken_choice import said_choice
from ivr.domain.state_machine import Machine


class MenuState(Enum):
    NEW = auto()
    SAYING = auto()
    LISTENING = auto()
    LEAVING = auto()
    LEFT = auto()


class MenuMove(Enum):
    ASK = auto()
    ANNOUNCE = auto()
    FALL_SILENT = auto()
    LEAVE = auto()
    LOSE = auto()


_S, _M = MenuState, MenuMove

MENU = Machine(
    name="menu",
    initial=frozenset({_S.NEW}),
    final=frozenset({_S.LEFT}),
    table={
        (_S.NEW, _M.ASK): _S.SAYING,
        (_S.NEW, _M.ANNOUNCE): _S.LEAVING,
        (_S.NEW, _M.LEAVE): _S.LEFT,
        (_S.SAYING, _M.FALL_SILENT): _S.LISTENING,
        (_S.SAYING, _M.ASK): _S.SAYING,
        (_S.SAYING, _M.ANNOUNCE): _S.LEAVING,
        (_S.SAYING, _M.LEAVE): _S.LEFT,
        (_S.SAYING, _M.LOSE): _S.LEFT,
        (_S.LISTENING, _M.ASK): _S.SAYING,
        (_S.LISTENING, _M.ANNOUNCE): _S.LEAVING,
        (_S.LISTENING, _M.LEAVE): _S.LEFT,
        (_S.LISTENING, _M.LOSE): _S.LEFT,
        (_S.LEAVING, _M.ANNOUNCE): _S.LEAVING,
        (_S.LEAVING, _M.LEAVE): _S.LEFT,
        (_S.LEAVING, _M.LOSE): _S.LEFT,
    },
)


class Why(Enum):
    """Why something is done, or is not."""

    ENTERED = "entered"
    EMERGENCY = "emergency"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    KEY = "key"
    WORDS = "words"
    REPEATED = "repeated"
    NO_ANSWER = "no_answer"
    NOT_UNDERSTOOD = "not_understood"
    AMBIGUOUS = "ambiguous"
    NO_SUCH_KEY = "no_such_key"
    RETRIES = "retries"
    STEPS = "steps"
    TOO_LONG = "too_long"
    BARGE_IN = "barge_in"
    OBJECTION_KEY = "objection_key"
    NOT_NOW = "not_now"
    ARRIVED = "arrived"
    RESUMED = "resumed"
    CALLER_GONE = "caller_gone"
    FAILED = "failed"
    CUT_SHORT = "cut_short"


# ---------------------------------------------------------------- what happens to a menu


@dataclass(frozen=True)
class KeyPressed:
    at_ms: int
    key: str = field(repr=False)


@dataclass(frozen=True)
class SpeechBegan:
    """The first syllable: what it says comes later, as WordsHeard, or never."""

    at_ms: int


@dataclass(frozen=True)
class WordsHeard:
    """What the caller said, once the ear has found no objection in it. In memory only; never shown."""

    at_ms: int
    words: str = field(repr=False)


@dataclass(frozen=True)
class PromptEnded:
    at_ms: int
    prompt: str


@dataclass(frozen=True)
class TimePassed:
    at_ms: int


@dataclass(frozen=True)
class Resumed:
    """The call has attended to something else, an objection or a doubt: what was cut short is said again, and the
    caller has missed nothing by it."""

    at_ms: int


@dataclass(frozen=True)
class CallerGone:
    at_ms: int


MenuEvent = KeyPressed | SpeechBegan | WordsHeard | PromptEnded | TimePassed | Resumed | CallerGone


# ---------------------------------------------------------------- what a menu wants done


@dataclass(frozen=True)
class Say:
    """Say a prompt after what is being said; one that is not `interruptible` is heard to its end."""

    prompt: str
    node: str
    why: Why
    interruptible: bool
    language: Language


@dataclass(frozen=True)
class Silence:
    """Stop what this menu is saying, and forget what it was going to say."""

    prompt: str
    node: str
    why: Why


@dataclass(frozen=True)
class Go:
    """The menu is over: lead the caller there. `queue` is the name of kind QUEUE."""

    kind: NodeKind
    node: str
    why: Why
    queue: str = ""


@dataclass(frozen=True)
class Ignore:
    """Nothing is done, and why; OBJECTION_KEY: it is not for the menu, and objects."""

    node: str
    why: Why


MenuEffect = Say | Silence | Go | Ignore


@dataclass(frozen=True)
class MenuProgress:
    """Where a caller is. `saying` are the prompts that are being said and will be; `path` the nodes gone through.

    `due_ms` is when waiting ends, `end_ms` when the menu does, whatever happens. `way` is why the caller is on the way
    to the node of LEAVING.
    """

    menu: Menu
    objection_keys: frozenset[str]
    state: MenuState = MenuState.NEW
    node: str = ""
    saying: tuple[Say, ...] = ()
    misses: int = 0
    steps: int = 0
    at_ms: int = 0
    due_ms: int = 0
    end_ms: int = 0
    path: tuple[str, ...] = ()
    way: Why = Why.ENTERED

    @property
    def over(self) -> bool:
        return self.state is MenuState.LEFT

    @property
    def here(self) -> Node:
        return self.menu.nodes[self.node]

    @property
    def wakes_ms(self) -> int:
        """When TimePassed has something to do, if nothing else happens before."""
        return min(self.due_ms, self.end_ms) if self.state is MenuState.LISTENING else self.end_ms


Moved = tuple[MenuProgress, tuple[MenuEffect, ...]]


def begin(
    menu: Menu,
    at_ms: int,
    now: datetime,
    *,
    objection_keys: frozenset[str],
    holidays: Mapping[date, str],
    emergency: bool = False,
) -> Moved:
    """Enter a menu, the disclosure having been heard. `now` is the aware time that opening hours are held against;
    `holidays` are the public holidays of the menu's region; `emergency`: a supervisor has switched its message on."""
    fresh = MenuProgress(menu, objection_keys, at_ms=at_ms, end_ms=at_ms + round(menu.whole_s * 1000))
    said: tuple[Say, ...] = ()
    if emergency and menu.emergency is not None:
        said = (Say(menu.emergency.prompt, "", Why.EMERGENCY, False, menu.language),)
        if menu.emergency.then is AfterEmergency.HANG_UP:
            state = MENU.after(fresh.state, MenuMove.ANNOUNCE)
            return replace(fresh, state=state, saying=said, way=Why.EMERGENCY), said
    opening = decide_opening(menu.hours, now, holidays)
    if opening.open:
        return _enter(fresh, menu.start, Why.ENTERED, said)
    return _enter(fresh, menu.closed, Why.HOLIDAY if opening.why is Opening.HOLIDAY else Why.CLOSED, said)


def advance(progress: MenuProgress, event: MenuEvent) -> Moved:
    """Return what an event makes of the caller's way, and what is to be done. Any event is taken in any state: one that
    is late, or of a prompt that is not said, is ignored with its reason. Time never runs backwards."""
    now = replace(progress, at_ms=max(progress.at_ms, event.at_ms))
    if isinstance(event, KeyPressed) and event.key in now.objection_keys:
        return now, (Ignore(now.node, Why.OBJECTION_KEY),)
    if now.over:
        return now, (Ignore(now.node, Why.NOT_NOW),)
    if isinstance(event, CallerGone):
        return _lost(now)
    if now.at_ms >= now.end_ms:
        return _out_of_time(now)
    if isinstance(event, PromptEnded):
        return _prompt_ended(now, event.prompt)
    if isinstance(event, TimePassed):
        return _time_passed(now)
    if isinstance(event, Resumed):
        return _resumed(now)
    if now.state is MenuState.LEAVING or not _may_answer(now):
        return now, (Ignore(now.node, Why.NOT_NOW),)
    silent, effects = _barge_in(now)
    if isinstance(event, KeyPressed):
        after, more = _key(silent, event.key)
    elif isinstance(event, WordsHeard):
        after, more = _words(silent, event.words)
    else:
        after, more = replace(silent, due_ms=silent.at_ms + round(silent.menu.answer_s * 1000)), ()
    return after, (*effects, *more)


# ---------------------------------------------------------------- answers


def _may_answer(progress: MenuProgress) -> bool:
    """Whether the question can be answered now: what is being said, if anything, may be interrupted."""
    return all(one.interruptible for one in progress.saying)


def _barge_in(progress: MenuProgress) -> Moved:
    if not progress.saying:
        return progress, ()
    stopped = Silence(progress.saying[0].prompt, progress.node, Why.BARGE_IN)
    return _listening(replace(progress, saying=())), (stopped,)


def _key(progress: MenuProgress, key: str) -> Moved:
    choice = progress.here.by_key(key)
    if choice is None:
        return _missed(progress, Why.NO_SUCH_KEY)
    return _chosen(progress, choice.to, Why.KEY)


def _words(progress: MenuProgress, words: str) -> Moved:
    said = said_choice(words, progress.here.choices, never=progress.objection_keys)
    if said.choice is None:
        return _missed(progress, Why.AMBIGUOUS if said.why == "ambiguous" else Why.NOT_UNDERSTOOD)
    return _chosen(progress, said.choice.to, Why.WORDS)


def _chosen(progress: MenuProgress, to: str, why: Why) -> Moved:
    counted = replace(progress, steps=progress.steps + 1)
    if counted.steps > counted.menu.steps_max:
        return _give_up(counted, Why.STEPS)
    if to == REPEAT:
        return _ask(counted, Why.REPEATED)
    return _enter(counted, to, why)


def _missed(progress: MenuProgress, why: Why) -> Moved:
    """An answer that leads nowhere, or none: the question is asked again, as often as the node says."""
    again = replace(progress, misses=progress.misses + 1)
    if again.misses > again.here.retries:
        return _give_up(again, Why.RETRIES)
    word = again.menu.no_answer if why is Why.NO_ANSWER else again.menu.not_understood
    return _ask(again, why, _say(again, word, why))


def _give_up(progress: MenuProgress, why: Why) -> Moved:
    return _enter(progress, progress.menu.fallback_of(progress.here), why)


# ---------------------------------------------------------------- moves


def _enter(progress: MenuProgress, node_id: str, why: Why, before: tuple[Say, ...] = ()) -> Moved:
    node = progress.menu.nodes[node_id]
    there = replace(progress, node=node_id, misses=0, path=(*progress.path, node_id), way=why)
    if node.is_question:
        return _ask(there, why, before)
    said = (*before, *_say(there, node.prompt, why))
    if not said:
        return _arrived(there)
    return replace(there, state=MENU.after(there.state, MenuMove.ANNOUNCE), saying=said), said


def _ask(progress: MenuProgress, why: Why, before: tuple[Say, ...] = ()) -> Moved:
    said = (*before, *_say(progress, progress.here.prompt, why))
    asking = replace(progress, state=MENU.after(progress.state, MenuMove.ASK), saying=said)
    return (asking, said) if said else (_listening(asking), ())


def _say(progress: MenuProgress, prompt: str, why: Why) -> tuple[Say, ...]:
    node = progress.here
    interruptible = node.is_question and node.barge_in
    return (Say(prompt, node.id, why, interruptible, node.language),) if prompt else ()


def _listening(progress: MenuProgress) -> MenuProgress:
    due_ms = progress.at_ms + round(progress.here.timeout_s * 1000)
    return replace(progress, state=MENU.after(progress.state, MenuMove.FALL_SILENT), due_ms=due_ms)


def _prompt_ended(progress: MenuProgress, prompt: str) -> Moved:
    if not progress.saying or progress.saying[0].prompt != prompt:
        return progress, (Ignore(progress.node, Why.NOT_NOW),)
    left = replace(progress, saying=progress.saying[1:])
    if left.saying:
        return left, ()
    return _arrived(left) if left.state is MenuState.LEAVING else (_listening(left), ())


def _resumed(progress: MenuProgress) -> Moved:
    if progress.state is MenuState.LEAVING:
        said = tuple(replace(one, why=Why.RESUMED) for one in progress.saying)
        return replace(progress, state=MENU.after(progress.state, MenuMove.ANNOUNCE), saying=said), said
    missed = tuple(replace(one, why=Why.RESUMED) for one in progress.saying if not one.interruptible)
    return _ask(progress, Why.RESUMED, tuple(one for one in missed if one.prompt != progress.here.prompt))


def _time_passed(progress: MenuProgress) -> Moved:
    if progress.state is MenuState.LISTENING and progress.at_ms >= progress.due_ms:
        return _missed(progress, Why.NO_ANSWER)
    return progress, ()


def _arrived(progress: MenuProgress) -> Moved:
    """What was to be said on the way out has been said; a message that ends the call has no node of its own."""
    left = replace(progress, state=MENU.after(progress.state, MenuMove.LEAVE), saying=())
    if not left.node:
        return left, (Go(NodeKind.HANG_UP, "", left.way),)
    return left, (Go(left.here.kind, left.node, left.way, left.here.queue),)


def _out_of_time(progress: MenuProgress) -> Moved:
    """The whole menu has taken too long: whatever is being said, the caller goes where nobody has to answer."""
    silent = tuple(Silence(one.prompt, progress.node, Why.TOO_LONG) for one in progress.saying[:1])
    if progress.state is not MenuState.LEAVING:
        to = progress.menu.fallback_of(progress.here)
        progress = replace(progress, node=to, path=(*progress.path, to), way=Why.TOO_LONG)
    after, effects = _arrived(progress)
    return after, (*silent, *effects)


def _lost(progress: MenuProgress) -> Moved:
    silent = tuple(Silence(one.prompt, progress.node, Why.CALLER_GONE) for one in progress.saying[:1])
    state = MENU.after(progress.state, MenuMove.LOSE)
    return replace(progress, state=state, saying=(), way=Why.CALLER_GONE), silent
