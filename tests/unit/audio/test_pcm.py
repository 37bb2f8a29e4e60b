"""PCM16 to samples and back."""

from __future__ import annotations

import numpy as np

from ivr.audio.pcm import from_pcm, to_pcm


def test_pcm_is_clipped_and_an_odd_byte_ignored() -> None:
    assert to_pcm(np.array([2.0, -2.0], np.float32)).tolist() == [32767, -32768]
    assert from_pcm(b"\x00\x40\x01").tolist() == [0.5]
