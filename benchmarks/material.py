"""Talk in which nobody objects: a recorded person, conversations, music, machines. Calls are lists of channels."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from benchmarks.conversation import conversation
from ivr.audio.pcm import Samples
from ivr.audio.wav import EAR_HZ
from tools.corpus.noise import dtmf, fax, household, pink, ringback, white

PEOPLE = "prompts, a recorded person"
CONVERSATION = "conversation, synthetic voices"
HOLD_MUSIC = "hold music"
MACHINES = "tones, dishes, noise, silence"
#: False acts and asks an hour that are aimed at. Music and machines are to be passed over altogether.
TARGETS = {PEOPLE: (2.0, 8.0), CONVERSATION: (2.0, 8.0), HOLD_MUSIC: (0.0, 0.0), MACHINES: (0.0, 0.0)}
_PART = 160_000  # 20 s


def alone(sounds: Sequence[Samples]) -> list[list[Samples]]:
    """Each sound as a call of one channel."""
    return [[sound] for sound in sounds]


def conversations(seed: int, minutes: float) -> Iterator[list[Samples]]:
    """Conversations of two channels that last `minutes` together: same seed, same talk.

    Each is made in a process of its own. The voice breathes, its noise goes on from one sentence to the next, and
    threads that make two conversations at once would mix them.
    """
    left, number = minutes * 60 * EAR_HZ, 0
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        while left > 0:
            talk = pool.submit(conversation, seed, number).result()
            yield [talk.caller, talk.agent]
            left -= talk.caller.size
            number += 1


def in_parts(songs: Sequence[Samples]) -> list[Samples]:
    """Songs cut into pieces of twenty seconds."""
    return [song[at : at + _PART] for song in songs for at in range(0, song.size, _PART)]


def first_minutes(sounds: Sequence[Samples], minutes: float, seed: int) -> list[Samples]:
    """Draw recordings until they last `minutes`; the last one is cut."""
    order, left, found = list(sounds), int(minutes * 60 * 8000), []
    random.Random(seed).shuffle(order)
    for sound in order:
        if left <= 0:
            break
        found.append(sound[:left])
        left -= sound.size
    return found


def machine_sounds(seed: int) -> list[Samples]:
    """Twenty seconds each of what telephones and rooms sound like without people."""
    random_, size = np.random.default_rng(seed), 20 * 8000
    quiet = np.float32(0.03)
    return [
        dtmf(size, random_),
        ringback(size),
        fax(size),
        household(size, random_) * np.float32(0.1),
        white(size, random_) * quiet,
        pink(size, random_) / np.float32(pink(size, random_).std()) * quiet,
        np.zeros(size, np.float32),
    ]
