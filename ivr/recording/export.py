"""A copy that ordinary players understand, made in memory."""

from __future__ import annotations

import io
import wave

from ivr.errors import ArchiveError
from ivr.recording.codec import Sound
from ivr.recording.opus import OpusCodec

FORMS = ("wav", "opus")


def render(content: bytes, sound: Sound, form: str) -> bytes:
    """Return the bytes of a WAV file (PCM16) or an Ogg Opus file; `content` is what the container held.

    Opus that is stored as Opus is handed out as it is, without another loss.
    """
    if form == "wav":
        return wav_bytes(sound)
    if form == "opus":
        codec = OpusCodec()
        if codec.owns(content):
            return content
        encoder = codec.encoder(rate_hz=sound.rate_hz, channels=sound.channels)
        return encoder.encode(sound.pcm) + encoder.finish()
    raise ArchiveError(f"cannot make a copy as '{form}'", remedy="use " + ", ".join(FORMS))


def wav_bytes(sound: Sound) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(sound.channels)
        file.setsampwidth(2)
        file.setframerate(sound.rate_hz)
        file.writeframes(sound.pcm)
    return out.getvalue()
