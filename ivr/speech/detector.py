"""webrtcvad as the cheap gate: 20 ms at a time, on every live channel."""

from __future__ import annotations

import warnings

import webrtcvad

from ivr.domain.audio.frame import FRAME_BYTES

with warnings.catch_warnings():
    # Deprecated in 3.11 and gone in 3.13, which we do not run on; numpy takes twenty times longer on 20 ms.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

EAR_HZ = 8000

# webrtcvad compares energies with fixed values, so that it is deaf to quiet speech in noise: at 20 dB below the usual
# level and 20 dB above the noise its strict modes miss most of it. Frames are raised to the usual level first, but
# never so far that the line's own noise would pass for a voice that does not end.
_LONGEST_GAIN = 24.0
_USUAL_PEAK = 16_000.0
_LOUDEST_NOISE = 330.0
_PEAK_FADES = 0.997
_FLOOR_RISES = 1.006
_FIRST_PEAK = 4000.0
_FIRST_FLOOR = 50.0


class WebrtcDetector:
    """Port VoiceDetector. One per channel: it adapts to the channel's level and noise.

    False voice is cheap here (Silero refuses it in the ear before Whisper) while missed voice would be cleared
    unheard, so the most lenient mode is the default; `mode` 0..3 grows stricter.
    """

    def __init__(self, mode: int = 0) -> None:
        self._vad = webrtcvad.Vad(mode)
        self._peak = _FIRST_PEAK
        self._floor = _FIRST_FLOOR

    def is_voice(self, frame: bytes) -> bool:
        """True when 20 ms of PCM16 mono 8 kHz hold voice; a frame of another size is taken for voice."""
        if len(frame) != FRAME_BYTES:
            return True
        return bool(self._vad.is_speech(self._levelled(frame), EAR_HZ))

    def _levelled(self, frame: bytes) -> bytes:
        power = audioop.rms(frame, 2)
        if power == 0:
            return frame
        self._floor = max(1.0, min(self._floor * _FLOOR_RISES, power))
        self._peak = max(audioop.max(frame, 2), self._peak * _PEAK_FADES)
        gain = min(_LONGEST_GAIN, _USUAL_PEAK / self._peak, max(1.0, _LOUDEST_NOISE / self._floor))
        return audioop.mul(frame, 2, gain) if gain > 1.0 else frame
