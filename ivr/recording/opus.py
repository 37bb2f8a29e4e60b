"""Ogg Opus in memory, through PyAV.

CPU decides how many calls a node carries, so: batches of one second, frames of 60 ms, complexity 0. Measured on speech
at 8 kHz stereo, that costs a third of libopus' defaults fed by 20 ms frames; see `benchmarks/recording.py`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import av
import av.error

from ivr.errors import ArchiveError
from ivr.recording import ogg
from ivr.recording.codec import Sound

BIT_RATE = 24_000
BATCH_MS = 1_000
_OPTIONS = {"application": "voip", "frame_duration": "60", "compression_level": "0", "vbr": "on"}
#: Half-second pages, each flushed: the muxer keeps one page back, so a crash costs about a second here.
_MUXER = {"page_duration": "480000", "flush_packets": "1"}
_LAYOUTS = {1: "mono", 2: "stereo"}


class OpusCodec:
    name = "opus"

    def owns(self, content: bytes) -> bool:
        return content[:4] == b"OggS"

    def encoder(self, *, rate_hz: int, channels: int) -> OpusEncoder:
        return OpusEncoder(rate_hz, channels)

    def decode(self, content: bytes) -> Sound:
        rate_hz, channels = _form(content)
        return Sound(b"".join(piece.pcm for piece in self.pieces(content)), rate_hz, channels)

    def pieces(self, content: bytes) -> Iterator[Sound]:
        rate_hz, channels = _form(content)
        if self.duration_ms(content) == 0:
            return
        resampler = av.AudioResampler(format="s16", layout=_LAYOUTS[channels], rate=rate_hz)
        try:
            with av.open(io.BytesIO(content), "r", format="ogg") as container:
                for frame in container.decode(audio=0):
                    yield from (_piece(part, rate_hz, channels) for part in resampler.resample(frame))
                yield from (_piece(part, rate_hz, channels) for part in resampler.resample(None))
        except (av.error.FFmpegError, EOFError) as fault:
            raise ArchiveError(f"the Opus stream cannot be decoded: {fault}", remedy="recover the recording") from fault

    def trim(self, prefix: bytes) -> bytes:
        whole = prefix[: max((page.end for page in ogg.pages(prefix)), default=0)]
        return whole if ogg.opus_head(whole) is not None and self.duration_ms(whole) > 0 else b""

    def duration_ms(self, content: bytes) -> int:
        head = ogg.opus_head(content)
        if head is None:
            raise ArchiveError("not an Ogg Opus stream", remedy="see docs/recording-format.md")
        return max(0, ogg.last_granule(content) - head.pre_skip) * 1000 // ogg.GRANULE_HZ


def _form(content: bytes) -> tuple[int, int]:
    """Sampling rate and channels of what was encoded."""
    head = ogg.opus_head(content)
    if head is None:
        raise ArchiveError("not an Ogg Opus stream", remedy="see docs/recording-format.md")
    return head.input_rate_hz or ogg.GRANULE_HZ, head.channels


def _piece(part: av.AudioFrame, rate_hz: int, channels: int) -> Sound:
    return Sound(bytes(part.planes[0])[: part.samples * 2 * channels], rate_hz, channels)


class OpusEncoder:
    def __init__(self, rate_hz: int, channels: int) -> None:
        if rate_hz not in (8000, 12000, 16000, 24000, 48000) or channels not in _LAYOUTS:
            raise ArchiveError(f"Opus cannot encode {channels} channels at {rate_hz} Hz", remedy="use 8000 Hz, 1 or 2")
        self._rate_hz = rate_hz
        self._layout = _LAYOUTS[channels]
        self._sample_bytes = 2 * channels
        self._batch_bytes = BATCH_MS * rate_hz // 1000 * self._sample_bytes
        self._pending = bytearray()
        self._at = 0
        self._out = _Growing()
        self._container = av.open(self._out, "w", format="ogg", options=_MUXER, buffer_size=8192)
        self._stream = self._container.add_stream("libopus", rate=rate_hz, options=_OPTIONS)
        self._stream.bit_rate = BIT_RATE
        self._stream.layout = self._layout

    def encode(self, pcm: bytes) -> bytes:
        self._pending += pcm
        while len(self._pending) >= self._batch_bytes:
            self._feed(self._batch_bytes)
        return self._out.take()

    def finish(self) -> bytes:
        if self._pending:
            self._feed(len(self._pending))
        if self._at == 0:
            # The muxer writes its headers only with a first packet; one frame of nothing is no audio either.
            self._container.start_encoding()
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()
        return self._out.take()

    def _feed(self, size: int) -> None:
        frame = av.AudioFrame(format="s16", layout=self._layout, samples=size // self._sample_bytes)
        frame.sample_rate = self._rate_hz
        frame.pts = self._at
        frame.planes[0].update(bytes(self._pending[:size]))
        self._at += frame.samples
        self._pending[:size] = bytes(size)
        del self._pending[:size]
        for packet in self._stream.encode(frame):
            self._container.mux(packet)


class _Growing:
    """What the muxer writes to: memory only, forwards only."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        self._bytes += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._bytes)
        self._bytes[:] = bytes(len(self._bytes))
        self._bytes.clear()
        return taken
