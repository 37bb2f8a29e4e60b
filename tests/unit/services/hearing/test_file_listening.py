"""Recorded speech is told as a call would take it: a doubt in mid-sentence that the sentence dispels is no doubt."""

from __future__ import annotations

import asyncio
import os

import pytest

from ivr.bootstrap.runtime import SystemClock
from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Band, Ground, Label, Verdict
from ivr.services.hearing.channel_listener import ListeningSettings
from ivr.services.hearing.file_listening import FileHearing, listen_to_channel
from ivr.services.ports.hearing import Speech
from ivr.settings import default_config_dir, load_settings

_CLEAR = Verdict(Label.NONE, Band.CLEAR, 0.1)
_DOUBT = Verdict(Label.OBJECTION_RECORDING, Band.DOUBT, 0.5, 500)


class _Ear:
    def __init__(self, partial: Verdict, final: Verdict) -> None:
        self._partial, self._final = partial, final

    async def judge(self, speech: Speech) -> Verdict:
        return self._final if speech.piece.final else self._partial

    async def forget(self, call_id: str) -> None:
        return None

    async def close(self) -> None:
        return None


class _Loud:
    def is_voice(self, frame: bytes) -> bool:
        return any(frame)


def _listen(partial: Verdict, final: Verdict) -> FileHearing:
    pcm = bytes(16 * 500) + b"\1\0" * (8 * 3000) + bytes(16 * 1000)
    settings = load_settings(default_config_dir(os.environ), os.environ)
    return asyncio.run(
        listen_to_channel(
            [pcm],
            Channel.CALLER,
            ear=_Ear(partial, final),
            detector=_Loud(),
            clock=SystemClock(),
            settings=ListeningSettings(),
            program=settings.program("hotline-quality"),
            objecting=frozenset({Label.OBJECTION_RECORDING}),
            after_disclosure=False,
        )
    )


@pytest.mark.parametrize(
    ("partial", "final", "band"),
    [(_DOUBT, _CLEAR, Band.CLEAR), (_CLEAR, _DOUBT, Band.DOUBT), (_DOUBT, _DOUBT, Band.DOUBT)],
)
def test_only_a_doubt_about_the_whole_sentence_counts(partial: Verdict, final: Verdict, band: Band) -> None:
    assert [one.band for one in _listen(partial, final).utterances] == [band]


def test_an_objection_in_mid_sentence_counts_at_once() -> None:
    act = Verdict(Label.OBJECTION_RECORDING, Band.ACT, 0.9, 600, ground=Ground.EXPLICIT)
    utterance = _listen(act, _CLEAR).utterances[0]
    assert utterance.band is Band.ACT
    assert utterance.ground is Ground.EXPLICIT
    assert utterance.verdict_ms < utterance.end_ms
