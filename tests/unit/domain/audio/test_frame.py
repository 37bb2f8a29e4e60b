"""The frame that all times of a call are counted in."""

from __future__ import annotations

from ivr.domain.audio.frame import BYTES_PER_MS, FRAME_BYTES, FRAME_MS


def test_a_frame_is_20_ms_of_pcm16_at_8_khz() -> None:
    assert (FRAME_MS, BYTES_PER_MS, FRAME_BYTES) == (20, 8 * 2, 160 * 2)
