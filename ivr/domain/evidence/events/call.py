"""What happened in a call, without a word of it. For the compliance officer and the quality team."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.domain.evidence.events.base import NAMED, Event


@dataclass(frozen=True, kw_only=True)
class DisclosurePlayed(Event, kind="disclosure.played"):
    """A party was told that the call is recorded: which prompt, how much of it was heard, and whether to its end."""

    party: str
    prompt_id: str
    prompt_version: str
    prompt_sha256: str
    heard_ms: int
    completed: bool


@dataclass(frozen=True, kw_only=True)
class Reported(Event, kind="call.reported"):
    """A call is over and its report stands: how it ended, and what became of its recording."""

    program: str
    disposition: str
    sip_status: int
    ended_by: str
    recording_state: str


@dataclass(frozen=True, kw_only=True)
class IdentityChecked(Event, kind="identity.checked"):
    """A caller was asked who they are: which items, which of them matched, and the outcome. No answer is kept."""

    identified: bool
    why: str
    items: tuple[str, ...]
    matched: tuple[str, ...]
    tries: int
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MenuLeft(Event, kind="menu.left"):
    """A caller has been in a menu: the nodes gone through, how each was come to (`key`, `words`, `no_answer` …), and
    where the caller was led (`led`: queue, agent, hang_up; empty: the call ended there). Which key it was, and what was
    said, is in no event."""

    menu: str
    nodes: tuple[str, ...]
    ways: tuple[str, ...]
    node: str
    led: str
    queue: str
    why: str


@dataclass(frozen=True)
class Deaf(Event, kind="hearing.deaf"):
    """The ear does not follow any more: nothing behind `mark_ms` is stored."""

    mark_ms: int


@dataclass(frozen=True)
class Unjudged(Event, kind="hearing.unsettled"):
    """The call ended before its last words were judged: nothing behind `mark_ms` is stored."""

    mark_ms: int


@dataclass(frozen=True, kw_only=True)
class NotUnderstood(Event, kind="hearing.not_understood"):
    """A party said something in a language that the ear does not know (`foreign`), or in no words at all.

    The first time on a call. None of it is stored; after the caller's, nothing is until they agree.
    """

    party: str
    why: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, kw_only=True)
class Masked(Event, kind="sensitive.masked"):
    """A stretch of audio is stored as silence, since somebody told what may not be kept. What it was is not told."""

    party: str
    number: str = field(metadata={NAMED: "kind"})
    start_ms: int
    end_ms: int


@dataclass(frozen=True, kw_only=True)
class AgentAsked(Event, kind="agent.asked"):
    """An agent asked for what may not be asked: by which rule, of which families, and what the engine did."""

    party: str
    agent: str
    program: str
    rules: tuple[str, ...]
    families: tuple[str, ...]
    start_ms: int
    end_ms: int
    reaction: str
