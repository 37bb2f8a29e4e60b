"""A copy that ordinary players understand, made in memory."""

from __future__ import annotations

from ivr.audio.wav import wav_bytes
from ivr.errors import ArchiveError
from ivr.recording.codec import Sound
from ivr.recording.opus import OpusCodec

FORMS = ("wav", "opus")


def render(content: bytes, sound: Sound, form: str) -> bytes:
    """Return the bytes of a WAV file (PCM16) or an Ogg Opus file; `content` is what the container held.

    Opus that is stored as Opus is handed out as it is, without another loss. Raises ArchiveError for another form.
    """
    if form == "wav":
        return wav_bytes(sound.pcm, sound.rate_hz, sound.channels)
    if form == "opus":
        codec = OpusCodec()
        if codec.owns(content):
            return content
        encoder = codec.encoder(rate_hz=sound.rate_hz, channels=sound.channels)
        return encoder.encode(sound.pcm) + encoder.finish()
    raise ArchiveError(f"cannot make a copy as '{form}'", remedy="use " + ", ".join(FORMS))
