"""Builds the ear for tools: the same judge and the same pipeline as on calls, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from ivr.audio.wav import pcm_blocks
from ivr.audio.wav_source import WavSource, open_wav
from ivr.bootstrap.listening_settings import listening_settings
from ivr.bootstrap.runtime import SystemClock
from ivr.domain.asks.detector import AskDetector
from ivr.domain.audio.channel import Channel
from ivr.domain.consent.policy import decide_objection
from ivr.domain.hearing.verdict import Label
from ivr.domain.program.program import ObjectionEffect, Program
from ivr.domain.recording.dtmf_masks import DtmfReach
from ivr.services.hearing.file_listening import FileHearing, Marks, listen_to_channel
from ivr.services.recording.dtmf_watch import ChannelDtmf
from ivr.settings import Settings
from ivr.settings.phrases import load_phrases
from ivr.speech.detector import WebrtcDetector
from ivr.speech.dtmf_detector import GoertzelToneDetector
from ivr.speech.ear import EarJudge
from ivr.speech.intent.replies import SALES_CALL
from ivr.speech.local import LocalEar
from ivr.speech.model import ModelSettings
from ivr.speech.second_reader.two_readers import TwoReaders
from ivr.speech.understanding import Hypothesis


def text_judge(program: Program) -> Callable[[str, str, bool], dict[str, object]]:
    """Return the function behind `ivr judge`: (text, last prompt, after the disclosure) to one JSON object."""
    model = TwoReaders.load()
    # With nothing asked, a bare "non merci" answers the call itself where we are the ones who sell.
    unasked = SALES_CALL if program.objection_effect is ObjectionEffect.END_CALL_AND_DESTROY else ""

    def judge(text: str, last_prompt: str, after_disclosure: bool) -> dict[str, object]:
        reading = model.judge(
            [Hypothesis(text, 0.0)],
            last_prompt=last_prompt or unasked,
            after_disclosure=after_disclosure,
            thresholds=program.thresholds_after_disclosure if after_disclosure else program.thresholds,
        )
        return {
            "text": text,
            "label": reading.label.value,
            "band": reading.band.value,
            "score": round(reading.score, 4),
            "evidence": reading.ground.value if reading.ground is not None else None,
            "sensitive": [{"kind": s.kind, "start": s.start, "end": s.end} for s in reading.sensitive],
        }

    return judge


#: Told while a file is heard: its name, and the share of it that has been heard, 0..1.
Progress = Callable[[str, float], None]


async def listen_to_files(
    settings: Settings, files: Sequence[Path], *, program: str, after_disclosure: bool, progress: Progress
) -> AsyncIterator[dict[str, object]]:
    """Yield one object per file. Mono is the caller; of several channels the first is the caller, the second the agent,
    and the others are not heard.

    Every file is checked before the ear is loaded. Raises ArchiveError for one that cannot be read.
    """
    sources = [open_wav(file) for file in files]
    chosen = settings.programs[program]
    now = datetime.now(UTC)
    objecting = frozenset(
        label for label in Label if decide_objection(chosen, label, settings.profile, at=now).effect is not None
    )
    ear_settings = settings.ear
    model = ModelSettings(
        settings.model_dir,
        ear_settings.device,
        ear_settings.compute_type,
        ear_settings.threads,
        ear_settings.recogniser,
        settings.aligner_dir,
    )
    asks = AskDetector(load_phrases(settings.config_dir / "phrases"))
    judge = EarJudge(model, asks=asks, known=settings.ear.languages)
    ear = LocalEar(judge, judge.forget)
    try:
        for source in sources:
            heard = [
                await _listen_to(source, number, channel, ear, settings, chosen, objecting, after_disclosure, progress)
                for number, channel in enumerate(list(Channel)[: source.channels])
            ]
            yield _body(source, heard)
    finally:
        await ear.close()


async def _listen_to(
    source: WavSource,
    number: int,
    channel: Channel,
    ear: LocalEar,
    settings: Settings,
    program: Program,
    objecting: frozenset[Label],
    after_disclosure: bool,
    progress: Progress,
) -> FileHearing:
    dtmf = ChannelDtmf(channel, GoertzelToneDetector(), DtmfReach())
    listened = min(source.channels, len(Channel))

    def on_frames(at_ms: int, frames: Sequence[bytes]) -> None:
        dtmf.feed(at_ms, frames)
        progress(source.where, (number + at_ms / 1000 / source.duration_s) / listened)

    found = await listen_to_channel(
        (pcm.tobytes() for pcm in pcm_blocks(source, number)),
        channel,
        ear=ear,
        detector=WebrtcDetector(),
        clock=SystemClock(),
        settings=listening_settings(settings),
        program=program,
        objecting=objecting,
        after_disclosure=after_disclosure,
        on_frames=on_frames,
    )
    dtmf.finish()
    found.masked += dtmf.masks
    return found


def _body(source: WavSource, heard: Sequence[FileHearing]) -> dict[str, object]:
    utterances = sorted((one for channel in heard for one in channel.utterances), key=lambda one: one.start_ms)
    return {
        "file": source.where,
        "channels": source.channels,
        "duration_ms": max((channel.duration_ms for channel in heard), default=0),
        "utterances": [
            {
                "channel": one.channel,
                "start_ms": one.start_ms,
                "end_ms": one.end_ms,
                "text": one.text,
                "label": one.label.value,
                "band": one.band.value,
                "score": round(one.score, 4),
                "verdict_ms": one.verdict_ms,
                "onset_ms": one.onset_ms,
                "evidence": one.ground.value if one.ground is not None else None,
                "understood": one.comprehension.value,
            }
            for one in utterances
        ],
        "masked": [
            {"channel": mask.channel, "start_ms": mask.start_ms, "end_ms": mask.end_ms, "kind": mask.kind}
            for channel in heard
            for mask in channel.masked
        ],
        "asks": [
            {
                "channel": Channel.AGENT.value,
                "start_ms": ask.start,
                "end_ms": ask.end,
                "rule": ask.rule,
                "families": list(ask.families),
            }
            for channel in heard
            for ask in channel.asks
        ],
        "cleared": _lowest([channel.cleared for channel in heard]),
    }


def _lowest(marks: Sequence[Marks]) -> list[list[int]]:
    """Merge the marks of all channels: at each time, the lowest."""
    merged: list[list[int]] = []
    now = [0] * len(marks)
    moves = merge(*(_moves(number, channel) for number, channel in enumerate(marks)))
    for at, together in groupby(moves, key=itemgetter(0)):
        for _, number, mark in together:
            now[number] = max(now[number], mark)
        if not merged or merged[-1][1] != min(now):
            merged.append([at, min(now)])
    return merged


def _moves(number: int, marks: Marks) -> Iterator[tuple[int, int, int]]:
    for at, mark in marks:
        yield at, number, mark
