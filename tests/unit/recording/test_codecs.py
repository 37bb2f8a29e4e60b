"""Opus and A-law: in memory, prompt, and decodable from any prefix."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.errors import ArchiveError
from ivr.recording import ogg
from ivr.recording.alaw import AlawCodec
from ivr.recording.codec import Codec, Sound
from ivr.recording.content import CODECS
from ivr.recording.export import render
from ivr.recording.opus import OpusCodec

each_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.name)


def noise(samples: int, channels: int = 2) -> bytes:
    return np.random.default_rng(7).integers(-9000, 9000, samples * channels).astype("<i2").tobytes()


def encoded(codec: Codec, pcm: bytes, *, step: int = 640, channels: int = 2, rate_hz: int = 8000) -> bytes:
    encoder = codec.encoder(rate_hz=rate_hz, channels=channels)
    return b"".join(encoder.encode(pcm[at : at + step]) for at in range(0, len(pcm), step)) + encoder.finish()


@each_codec
@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 2), (8000, 1), (16000, 2)])
def test_rate_channels_and_length_come_back(codec: Codec, rate_hz: int, channels: int) -> None:
    content = encoded(codec, noise(rate_hz * 3, channels), channels=channels, rate_hz=rate_hz)
    sound = codec.decode(content)
    assert (sound.rate_hz, sound.channels) == (rate_hz, channels)
    assert sound.duration_ms == pytest.approx(3000, abs=5)
    assert codec.duration_ms(content) == pytest.approx(3000, abs=1)
    assert codec.owns(content)


@each_codec
@settings(max_examples=40)
@given(cut=st.floats(0, 1))
def test_any_prefix_trims_to_something_that_decodes(codec: Codec, cut: float) -> None:
    content = encoded(codec, noise(8000 * 6))
    prefix = content[: int(len(content) * cut)]
    kept = codec.trim(prefix)
    assert prefix.startswith(kept)
    if kept:
        assert codec.decode(kept).duration_ms == pytest.approx(codec.duration_ms(kept), abs=5)
    if cut > 0.5:
        assert codec.duration_ms(kept) >= 1500


@each_codec
def test_audio_leaves_the_encoder_about_every_second(codec: Codec) -> None:
    encoder = codec.encoder(rate_hz=8000, channels=2)
    out = b""
    for second in range(1, 13):
        for _ in range(50):
            out += encoder.encode(noise(160))
        decodable = codec.duration_ms(codec.trim(out)) if codec.trim(out) else 0
        assert decodable >= second * 1000 - 2000


@each_codec
@pytest.mark.parametrize("content", [b"", b"OggS", b"RIFF", b"RIFF\0\0\0\0WAVE" + bytes(60), b"OggS" + bytes(80)])
def test_rubbish_is_refused(codec: Codec, content: bytes) -> None:
    with pytest.raises(ArchiveError):
        codec.decode(content)


def test_alaw_keeps_every_code_of_g711() -> None:
    header = encoded(AlawCodec(), b"")
    every_code = bytes(range(256))
    pcm = AlawCodec().decode(header + every_code).pcm
    assert encoded(AlawCodec(), pcm) == header + every_code
    assert np.frombuffer(pcm, "<i2").max() == 32256
    assert np.frombuffer(pcm, "<i2").min() == -32256


def test_opus_head_says_what_was_put_in() -> None:
    head = ogg.opus_head(encoded(OpusCodec(), noise(8000)))
    assert head is not None
    assert (head.channels, head.input_rate_hz) == (2, 8000)


def test_opus_at_a_rate_it_does_not_know_is_refused() -> None:
    with pytest.raises(ArchiveError, match="11025"):
        OpusCodec().encoder(rate_hz=11025, channels=2)


def test_a_wav_copy_opens_in_an_ordinary_reader() -> None:
    pcm = noise(8000)
    with wave.open(io.BytesIO(render(b"", Sound(pcm, 8000, 2), "wav"))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 2, 2)
        assert file.readframes(10_000) == pcm


def test_an_opus_copy_is_made_of_what_was_stored_as_alaw_and_left_alone_when_it_was_opus() -> None:
    sound = AlawCodec().decode(encoded(AlawCodec(), noise(16000)))
    copy = render(b"RIFF", sound, "opus")
    assert OpusCodec().decode(copy).duration_ms == pytest.approx(2000, abs=5)
    assert render(copy, sound, "opus") == copy
