"""webrtcvad as the cheap gate: 20 ms at a time, on every live channel."""

from __future__ import annotations

import webrtcvad

EAR_HZ = 8000
FRAME_BYTES = 320


class WebrtcDetector:
    """Port VoiceDetector. One per channel: the detector adapts to the channel's noise.

    False voice is cheap here (Silero refuses it in the ear before Whisper) while missed voice would be cleared
    unheard, so the most lenient mode is the default; `mode` 0..3 grows stricter.
    """

    def __init__(self, mode: int = 0) -> None:
        self._vad = webrtcvad.Vad(mode)

    def is_voice(self, frame: bytes) -> bool:
        """True when 20 ms of PCM16 mono 8 kHz hold voice; a frame of another size is taken for voice."""
        if len(frame) != FRAME_BYTES:
            return True
        return bool(self._vad.is_speech(frame, EAR_HZ))
