"""Conversations in which nobody objects: two synthetic voices, turns, hesitations, a word into the other's talk.

Every sentence is held out (see tools.mill.sentences): neither reader learnt it, nor one that differs by a name only.
Seven turns in eight are about what people call for; the eighth is of the hard kind: recording that nobody opposes,
orders to children and machines, quotes, television.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ivr.audio.pcm import Pcm, Samples, from_pcm
from ivr.audio.wav import EAR_HZ
from ivr.domain.hearing.verdict import Label
from ivr.speech.voice import NanoVoice
from tools.corpus.builder import BYSTANDERS
from tools.corpus.callers import Callers
from tools.corpus.sentences import read_corpus
from tools.corpus.simulated_line import SimulatedLine, through
from tools.mill.sentences import CORPUS, HARMLESS, Origin, written

_EVERYDAY = frozenset(
    {
        "refund", "contract", "account-and-online", "long-turns", "short-words", "line-and-device",
        "health-and-feelings", "prospect-who-talks", "telephone-talk", "answers-no-to-else", "home-life",
    }
)  # fmt: skip
_AGENT = frozenset({"agent-says", "short-words", "line-and-device"})
_HARD = 1 / 8
_HESITATIONS = ("Euh.", "Alors.", "Hum.", "Ben.", "Oui.", "Voilà.", "Attendez.")
_BACKCHANNEL = ("Oui.", "D'accord.", "Hum.", "Ah bon.", "Très bien.", "Oui oui.")
_TURNS = (12, 30)


@dataclass(frozen=True)
class Conversation:
    """8 kHz audio of both ends, equally long, and how many sentences are said."""

    caller: Samples
    agent: Samples
    sentences: int


@dataclass(frozen=True)
class _Person:
    """Drawn anew from the same seed for each sentence, a voice stays itself."""

    voice: int
    everyday: Sequence[Origin]
    hard: Sequence[Origin]


class Conversations:
    """Makes conversations by their numbers. Same seed, same talk; the same samples in a fresh process only."""

    def __init__(self, seed: int) -> None:
        self._seed, self._nano = seed, NanoVoice()
        others = [from_pcm(self._nano.say(text, pitch=0.8 + 0.15 * n)) for n, text in enumerate(BYSTANDERS)]
        self._callers = Callers(others)
        calm = [one for one in written(HARMLESS) if one.held_out and one.label is Label.NONE]
        tested = [
            Origin(one.text, {}, one.label, one.meaning, one.meaning, True)
            for one in read_corpus(CORPUS)
            if one.split == "test" and one.label is Label.NONE and not set(one.text) & set("(){}|")
        ]
        self._everyday = [one for one in calm if one.topic in _EVERYDAY]
        self._agent = [one for one in calm if one.topic in _AGENT]
        self._hard = [one for one in calm if one.topic not in _EVERYDAY | _AGENT] + tested

    def one(self, number: int) -> Conversation:
        """Return conversation `number`, one to four minutes long."""
        random_ = random.Random(f"{self._seed}/{number}")
        people = (
            _Person(random_.getrandbits(30), self._everyday, self._hard),
            _Person(random_.getrandbits(30), self._agent, self._hard),
        )
        channels: tuple[list[Samples], list[Samples]] = ([_pause(0.5)], [_pause(0.5)])
        sentences = 0
        for turn in range(random_.randint(*_TURNS)):
            mine, other = channels if turn % 2 == 0 else channels[::-1]
            talk, count = self._turn(people[turn % 2], random_)
            sentences += count
            answer = self._answer(people[1 - turn % 2], talk.size, random_)
            gap = _pause(random_.uniform(0.2, 1.4))
            mine += [talk, gap]
            other += [answer, gap]
        caller, agent = (self._heard(np.concatenate(parts), random_) for parts in channels)
        return Conversation(caller, agent, sentences)

    def _turn(self, person: _Person, random_: random.Random) -> tuple[Samples, int]:
        parts: list[Samples] = []
        count = random_.choices((1, 2, 3, 4), (50, 28, 14, 8))[0]
        if random_.random() < 0.3:
            parts += [self._says(person, random_.choice(_HESITATIONS)), _pause(random_.uniform(0.1, 0.7))]
        for _ in range(count):
            origin = random_.choice(person.hard if random_.random() < _HARD else person.everyday)
            text = origin.said(random_)
            words = text.split()
            if len(words) > 5 and random_.random() < 0.15:
                # Begun twice, as people do.
                text = f"{' '.join(words[:3])}, euh, {text[:1].lower()}{text[1:]}"
            parts += [self._says(person, text), _pause(random_.uniform(0.05, 0.6))]
        return np.concatenate(parts), count

    def _answer(self, person: _Person, size: int, random_: random.Random) -> Samples:
        """What the other end brings meanwhile: silence, or a word of agreement into the talk."""
        quiet = np.zeros(size, np.float32)
        word = self._says(person, random_.choice(_BACKCHANNEL))
        if random_.random() < 0.25 and size > 2 * word.size:
            at = random_.randrange(word.size, size - word.size)
            quiet[at : at + word.size] = word
        return quiet

    def _says(self, person: _Person, text: str) -> Samples:
        return self._callers.said(text, self._speaker, np.random.default_rng(person.voice))

    def _speaker(self, text: str, pitch: float, speed: float) -> Pcm:
        return self._nano.say(text, pitch=pitch, speed=speed)

    def _heard(self, talk: Samples, random_: random.Random) -> Samples:
        """Half of the lines are clean, the others as the mill's are."""
        dice = np.random.default_rng(random_.getrandbits(30))
        return through(SimulatedLine(), talk, dice) if random_.random() < 0.5 else self._callers.over_a_line(talk, dice)


def conversation(seed: int, number: int) -> Conversation:
    """Return conversation `number` of this seed."""
    return Conversations(seed).one(number)


def _pause(length_s: float) -> Samples:
    return np.zeros(int(length_s * EAR_HZ), np.float32)
