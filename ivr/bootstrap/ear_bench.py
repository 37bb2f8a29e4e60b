"""Builds the ear for tools: the same judge and the same pipeline as on calls, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ivr.bootstrap.hearing import listening_settings
from ivr.bootstrap.world import SystemClock
from ivr.domain.asking import AskDetector
from ivr.domain.hearing import Channel
from ivr.domain.policy import decide_objection
from ivr.domain.program import ObjectionEffect, Program
from ivr.domain.verdict import Label
from ivr.services.file_listening import FileHearing, listen_to_channel
from ivr.services.key_watch import key_masks
from ivr.settings import Settings
from ivr.settings.phrases import load_phrases
from ivr.speech.detector import WebrtcDetector
from ivr.speech.ear import EarJudge
from ivr.speech.intent.model import IntentModel
from ivr.speech.intent.replies import SALES_CALL
from ivr.speech.key_tones import GoertzelKeyTones
from ivr.speech.local import LocalEar
from ivr.speech.model import ModelSettings
from ivr.speech.understanding import Hypothesis
from ivr.speech.wav import read_wav


def text_judge(program: Program) -> Callable[[str, str, bool], dict[str, object]]:
    """Return the function behind `ivr judge`: (text, last prompt, after the disclosure) to one JSON object."""
    model = IntentModel.load()
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
            "sensitive": [{"kind": s.kind, "start": s.start, "end": s.end} for s in reading.sensitive],
        }

    return judge


async def listen_to_file(
    settings: Settings, files: Sequence[Path], *, program: str, after_disclosure: bool
) -> AsyncIterator[dict[str, object]]:
    """Yield one object per file. Mono is the caller; in stereo the left is the caller and the right the agent."""
    chosen = settings.programs[program]
    now = datetime.now(UTC)
    objecting = frozenset(
        label for label in Label if decide_objection(chosen, label, settings.profile, at=now).effect is not None
    )
    model = ModelSettings(settings.model_dir, settings.ear.device, settings.ear.compute_type, settings.ear.threads)
    judge = EarJudge(model, asks=AskDetector(load_phrases(settings.config_dir / "phrases")))
    ear = LocalEar(judge, judge.forget)
    try:
        for file in files:
            heard: list[FileHearing] = []
            for pcm, channel in zip(read_wav(file), Channel, strict=False):
                said = await listen_to_channel(
                    pcm.tobytes(),
                    channel,
                    ear=ear,
                    detector=WebrtcDetector(),
                    clock=SystemClock(),
                    settings=listening_settings(settings),
                    program=chosen,
                    objecting=objecting,
                    after_disclosure=after_disclosure,
                )
                said.masked += key_masks(pcm.tobytes(), channel, GoertzelKeyTones())
                heard.append(said)
            yield _body(file, heard)
    finally:
        await ear.close()


def _body(file: Path, heard: Sequence[FileHearing]) -> dict[str, object]:
    utterances = sorted((one for channel in heard for one in channel.utterances), key=lambda one: one.start_ms)
    return {
        "file": str(file),
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


def _lowest(marks: Sequence[Sequence[tuple[int, int]]]) -> list[list[int]]:
    """Merge the marks of all channels: at each time, the lowest."""
    times = sorted({at for channel in marks for at, _ in channel})
    merged: list[list[int]] = []
    for now in times:
        mark = min(max((mark for at, mark in channel if at <= now), default=0) for channel in marks)
        if not merged or merged[-1][1] != mark:
            merged.append([now, mark])
    return merged
