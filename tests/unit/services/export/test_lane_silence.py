"""A lane of a WAV becomes silence, and nobody is heard by mistake."""

from __future__ import annotations

from array import array

import pytest

from ivr.audio.wav import wav_bytes
from ivr.errors import ArchiveError
from ivr.services.export.lane_silence import with_silence

PCM = array("h", [1, -2, 3, -4, 5, -6]).tobytes()
STEREO = wav_bytes(PCM, 8000, 2)


def samples(wav: bytes) -> list[int]:
    return list(array("h", wav[-len(PCM) :]))


def test_one_lane_is_silent_and_the_other_untouched() -> None:
    assert samples(with_silence(STEREO, [1])) == [1, 0, 3, 0, 5, 0]
    assert samples(with_silence(STEREO, [0])) == [0, -2, 0, -4, 0, -6]
    assert samples(with_silence(STEREO, [0, 1])) == [0] * 6
    assert with_silence(STEREO, []) == STEREO
    assert len(with_silence(STEREO, [1])) == len(STEREO)


@pytest.mark.parametrize(
    ("wav", "lanes"),
    [
        (b"OggS" + PCM, [0]),
        (b"", [0]),
        (STEREO, [2]),
        (STEREO, [-1]),
        (STEREO[:20], [0]),
        (wav_bytes(PCM, 8000, 1), [1]),
    ],
)
def test_what_has_no_such_lane_gives_nothing(wav: bytes, lanes: list[int]) -> None:
    with pytest.raises(ArchiveError):
        with_silence(wav, lanes)


def test_what_is_left_of_a_cut_frame_is_silent() -> None:
    cut = STEREO[:-1]
    assert with_silence(cut, [1])[-3:] == bytes(3)
