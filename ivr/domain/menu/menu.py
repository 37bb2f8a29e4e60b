"""A menu: what is asked, what may be pressed or said, and where it leads. A table, parsed from config/menus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from ivr.domain.menu.opening import OpeningHours
from ivr.domain.program.program import Prompt

#: Where a choice leads that has the prompt of its node said again.
REPEAT: Final = "repeat"
#: What a telephone can send and a choice can take.
KEYS: Final = "0123456789*#"


class NodeKind(Enum):
    """What a node is: a question, or one of the ways out of the menu."""

    MENU = "menu"
    QUEUE = "queue"
    AGENT = "agent"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    HANG_UP = "hang_up"


class Language(Enum):
    """What is said of a prompt: its French words, its English sentence, or both, the French first."""

    FRENCH = "fr"
    ENGLISH = "en"
    BOTH = "fr+en"


def spoken_in(prompt: Prompt, language: Language) -> Prompt:
    """Return a prompt as it is said in a language: of the other one it has no words then."""
    if language is Language.BOTH:
        return prompt
    return replace(prompt, english="") if language is Language.FRENCH else replace(prompt, text="")


def words_of(prompt: Prompt, language: Language) -> str:
    """Return what is said of a prompt in a language."""
    said = spoken_in(prompt, language)
    return f"{said.text} {said.english}".strip()


@dataclass(frozen=True)
class Choice:
    """One choice: its key ('' for none), examples of how people say it, and the node it leads to, or REPEAT."""

    to: str
    key: str = ""
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Node:
    """One node. `prompt` is what is said on the way in ('' for nothing); `queue` names the queue of kind QUEUE.

    A question waits `timeout_s` for an answer, is asked again `retries` times, and then goes to `fallback` ('' for the
    menu's). With `barge_in` its prompts fall silent at the first syllable or key.
    """

    id: str
    kind: NodeKind
    prompt: str = ""
    choices: tuple[Choice, ...] = ()
    queue: str = ""
    timeout_s: float = 6.0
    retries: int = 2
    barge_in: bool = True
    fallback: str = ""
    language: Language = Language.FRENCH

    @property
    def is_question(self) -> bool:
        return self.kind is NodeKind.MENU

    def by_key(self, key: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.key == key), None)


class AfterEmergency(Enum):
    """What follows the emergency message."""

    MENU = "menu"
    HANG_UP = "hang_up"


@dataclass(frozen=True)
class Emergency:
    """A message that a supervisor switches on: everybody hears it to its end, before anything else of the menu."""

    prompt: str
    then: AfterEmergency = AfterEmergency.MENU


@dataclass(frozen=True)
class Menu:
    """One menu, frozen. `programs` are those it serves: none of its choices takes the objection key of one (REC-004).

    Outside `hours` a caller begins at `closed`, else at `start`; hours None: always open. Where answers fail, and after
    `steps_max` choices or `whole_s` seconds in the menu, the caller goes to `fallback`, so that every caller gets out.
    `not_understood` and `no_answer` are prompts said before a question is asked again ('' for nothing).
    """

    name: str
    start: str
    nodes: Mapping[str, Node]
    fallback: str
    programs: tuple[str, ...] = ()
    hours: OpeningHours | None = None
    closed: str = ""
    emergency: Emergency | None = None
    not_understood: str = ""
    no_answer: str = ""
    answer_s: float = 15.0
    steps_max: int = 20
    whole_s: float = 300.0
    language: Language = field(default=Language.FRENCH)

    def fallback_of(self, node: Node) -> str:
        return node.fallback or self.fallback

    @property
    def entrances(self) -> tuple[str, ...]:
        """The nodes at which a caller may begin, or may be sent to when nothing else is left."""
        return tuple(dict.fromkeys(one for one in (self.start, self.closed, self.fallback) if one))

    def ways(self, node: Node) -> Iterator[str]:
        """Yield the ids of the nodes that a question leads to, in order; REPEAT leads nowhere."""
        for choice in node.choices:
            if choice.to != REPEAT:
                yield choice.to
        if node.is_question:
            yield self.fallback_of(node)

    def prompts(self) -> Iterator[tuple[str, str, Language]]:
        """Yield every prompt that is said: the key of the file that names it, its id, its language."""
        own = {"emergency.prompt": self.emergency.prompt if self.emergency else ""}
        own |= {"not_understood": self.not_understood, "no_answer": self.no_answer}
        languages = tuple(dict.fromkeys(node.language for node in self.nodes.values() if node.is_question))
        for key, prompt in own.items():
            spoken_in = (self.language,) if key == "emergency.prompt" else languages
            for language in spoken_in if prompt else ():
                yield key, prompt, language
        for node in self.nodes.values():
            if node.prompt:
                yield f"nodes.{node.id}.prompt", node.prompt, node.language
