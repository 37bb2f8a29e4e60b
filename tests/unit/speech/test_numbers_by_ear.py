"""The real model on numbers dictated over the telephone: what is said in pieces is held, and masked whole."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ivr.audio.pcm import to_pcm
from ivr.bootstrap.runtime import SystemClock
from ivr.domain.audio.channel import Channel
from ivr.services.hearing.channel_listener import ListeningSettings
from ivr.services.hearing.file_listening import FileHearing, listen_to_channel
from ivr.settings import default_config_dir, load_settings
from ivr.speech.detector import WebrtcDetector
from ivr.speech.ear import EarJudge
from ivr.speech.local import LocalEar
from ivr.speech.model import ModelSettings, join_model
from tests.fakes.telephone import spoken

pytestmark = pytest.mark.ear

_HZ = 8000
_PAUSE_S = 1.2


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EarJudge]:
    path: Path = tmp_path_factory.mktemp("model")
    join_model(path)
    yield EarJudge(ModelSettings(path, workers=1))
    shutil.rmtree(path)


def _dictated(*utterances: str) -> tuple[bytes, list[tuple[int, int]]]:
    """The audio of a caller who says these with pauses between, and when each is said, in ms."""
    parts, times, at = [np.zeros(_HZ // 2, np.float32)], [], _HZ // 2
    for text in utterances:
        said = spoken(text, speed=0.9)
        times.append((at * 1000 // _HZ, (at + said.size) * 1000 // _HZ))
        parts += [said, np.zeros(int(_PAUSE_S * _HZ), np.float32)]
        at += said.size + int(_PAUSE_S * _HZ)
    return to_pcm(np.concatenate(parts)).astype("<i2").tobytes(), times


def _listen(judge: EarJudge, pcm: bytes) -> FileHearing:
    settings = load_settings(default_config_dir(os.environ), os.environ)

    async def scenario() -> FileHearing:
        ear = LocalEar(judge, judge.forget)
        try:
            return await listen_to_channel(
                [pcm],
                Channel.CALLER,
                ear=ear,
                detector=WebrtcDetector(),
                clock=SystemClock(),
                settings=ListeningSettings(),
                program=settings.program("hotline-quality"),
                objecting=frozenset(),
                after_disclosure=False,
            )
        finally:
            await ear.close()

    return asyncio.run(scenario())


def test_a_nir_dictated_in_three_utterances_is_masked_whole_and_no_piece_of_it_was_released_before(
    judge: EarJudge,
) -> None:
    pcm, said = _dictated(
        "un, quatre-vingt-cinq, zéro sept",
        "soixante-quinze, cent vingt-trois",
        "quatre cent cinquante-six, quarante-deux",
    )
    found = _listen(judge, pcm)
    masked = {at for mask in found.masked for at in range(mask.start_ms, mask.end_ms, 20)}
    for start_ms, end_ms in said:
        assert set(range(start_ms // 20 * 20 + 20, end_ms, 20)) <= masked
    told_at = next(at for at, mark in found.cleared if mark > said[0][0] + 3000)
    assert told_at > said[1][0], "held until a later piece told what the first one was the beginning of"


def test_a_telephone_number_and_a_year_are_stored(judge: EarJudge) -> None:
    pcm, _ = _dictated("mon téléphone, c'est le zéro six, douze, trente-quatre", "je suis né en dix-neuf cent soixante")
    found = _listen(judge, pcm)
    assert found.masked == []
    assert found.cleared[-1][1] == found.duration_ms
