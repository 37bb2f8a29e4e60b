"""Runs the ear and its peers over the same calls, and gathers what each made of every clip."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.peers import PlainWhisper, ReadText, keywords
from ivr.audio.pcm import Samples, to_pcm
from ivr.bootstrap.runtime import SystemClock
from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Band, Label
from ivr.domain.program.program import Program
from ivr.services.hearing.channel_listener import ListeningSettings
from ivr.services.hearing.file_listening import FileHearing, listen_to_channel
from ivr.services.ports.hearing import Ear
from ivr.speech.detector import WebrtcDetector
from tools.corpus.builder import Clip

EAR, KEYWORDS, CLASSIFIER = "the ear", "Whisper + keywords", "Whisper + classifier"
OPPOSING = (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT)
_WEIGHT = {Band.CLEAR: 0, Band.DOUBT: 1, Band.ACT: 2}


@dataclass(frozen=True)
class Outcome:
    """What one judge made of one clip: the gravest reading of each opposing label, and how long it computed."""

    judge: str
    condition: str
    sentence: str
    label: Label
    bands: dict[Label, Band]
    scores: dict[Label, float]
    heard: str
    took_s: float
    audio_s: float


async def listen(ear: Ear, samples: Samples, program: Program, channel: Channel = Channel.CALLER) -> FileHearing:
    """Run 8 kHz audio through the live pipeline, as `ivr listen` does."""
    return await listen_to_channel(
        [to_pcm(samples).astype("<i2").tobytes()],
        channel,
        ear=ear,
        detector=WebrtcDetector(),
        clock=SystemClock(),
        settings=ListeningSettings(final_deadline_s=120.0, partial_deadline_s=120.0),
        program=program,
        objecting=frozenset(OPPOSING),
        after_disclosure=False,
    )


def hear(ear: Ear, clip: Clip, program: Program) -> Outcome:
    """The ear's outcome on one clip."""
    begin = time.perf_counter()
    found = asyncio.run(listen(ear, clip.samples, program))
    took = time.perf_counter() - begin
    bands = dict.fromkeys(OPPOSING, Band.CLEAR)
    scores = dict.fromkeys(OPPOSING, 0.0)
    for one in found.utterances:
        if one.label in bands and _WEIGHT[one.band] >= _WEIGHT[bands[one.label]]:
            bands[one.label] = one.band
            scores[one.label] = max(scores[one.label], one.score)
    heard = " / ".join(one.text for one in found.utterances)
    return Outcome(EAR, clip.condition, clip.sentence, clip.label, bands, scores, heard, took, clip.samples.size / 8000)


def ask_peers(whisper: PlainWhisper, read: ReadText, clip: Clip) -> list[Outcome]:
    """The outcomes of both peers on one clip; they share one transcript."""
    begin = time.perf_counter()
    text = whisper.write(clip.samples)
    took = time.perf_counter() - begin
    found = []
    for name, judge in ((KEYWORDS, keywords), (CLASSIFIER, read)):
        reading = judge(text)
        bands, scores = dict.fromkeys(OPPOSING, Band.CLEAR), dict.fromkeys(OPPOSING, 0.0)
        if reading.label in bands:
            bands[reading.label], scores[reading.label] = reading.band, reading.score
        audio_s = clip.samples.size / 8000
        found.append(Outcome(name, clip.condition, clip.sentence, clip.label, bands, scores, text, took, audio_s))
    return found


@dataclass(frozen=True)
class Rates:
    """The four rates of the targets for one label, and the numbers of clips behind them."""

    act_or_ask: float
    act: float
    false_act: float
    false_ask: float
    sought: int
    calm: int


def rates_of(outcomes: Sequence[Outcome], label: Label) -> Rates:
    """Rates over `outcomes`; false are those on clips that oppose nothing."""
    sought = [one.bands[label] for one in outcomes if one.label is label]
    calm = [one.bands[label] for one in outcomes if one.label not in OPPOSING]

    def share(bands: Sequence[Band], *wanted: Band) -> float:
        return sum(band in wanted for band in bands) / len(bands) if bands else float("nan")

    return Rates(
        share(sought, Band.ACT, Band.DOUBT),
        share(sought, Band.ACT),
        share(calm, Band.ACT),
        share(calm, Band.DOUBT),
        len(sought),
        len(calm),
    )


def roc(outcomes: Sequence[Outcome], label: Label) -> tuple[np.ndarray, np.ndarray]:
    """False and true positive shares as the threshold falls."""
    sought = np.array([one.scores[label] for one in outcomes if one.label is label])
    calm = np.array([one.scores[label] for one in outcomes if one.label not in OPPOSING])
    limits = np.unique(np.concatenate([[0.0, 1.01], sought, calm]))[::-1]
    return (
        np.array([float(np.mean(calm >= limit)) if limit > 0 else 1.0 for limit in limits]),
        np.array([float(np.mean(sought >= limit)) if limit > 0 else 1.0 for limit in limits]),
    )


@dataclass(frozen=True)
class Alarms:
    """False acts and asks of a peer on audio in which nobody objects; the ear's are Hours."""

    judge: str
    material: str
    hours: float
    acts: int
    asks: int


def peer_alarms(whisper: PlainWhisper, read: ReadText, material: str, sounds: Sequence[Samples]) -> list[Alarms]:
    """What both peers make of audio in which nobody objects."""
    texts = [whisper.write(sound) for sound in sounds]
    hours = sum(sound.size for sound in sounds) / 8000 / 3600
    found = []
    for name, judge in ((KEYWORDS, keywords), (CLASSIFIER, read)):
        bands = [judge(text).band for text in texts]
        found.append(Alarms(name, material, hours, bands.count(Band.ACT), bands.count(Band.DOUBT)))
    return found


def models_directory(given: Path | None, folder: Path) -> Path:
    """The Whisper directory to use: the one given, or the packaged base model joined into `folder`."""
    from ivr.speech.model import join_model

    if given is None:
        join_model(folder)
    return given or folder
