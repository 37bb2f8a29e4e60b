"""What the bytes of a whole container hold: checked, decoded, copied, wherever they came from."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping

from ivr.domain.audio.peaks import Peaks
from ivr.errors import ArchiveError
from ivr.recording.alaw import AlawCodec
from ivr.recording.codec import Codec, Sound
from ivr.recording.container import read_prefix, read_whole
from ivr.recording.copy_metadata import with_metadata
from ivr.recording.export import render
from ivr.recording.ogg_sound import OggSound
from ivr.recording.opus import OpusCodec
from ivr.recording.peaks import measured
from ivr.recording.segment_reader import SegmentReader
from ivr.services.ports.vault import SealedFile

CODECS: dict[str, Codec] = {codec.name: codec for codec in (OpusCodec(), AlawCodec())}


def codec_of(content: bytes) -> Codec | None:
    """Return the codec whose files begin like `content`; None when no codec's do."""
    return next((codec for codec in CODECS.values() if codec.owns(content)), None)


def codec_named(name: str, recording_id: str) -> Codec:
    """Return the codec that the row of a recording names. Raises ArchiveError when there is none of that name."""
    chosen = CODECS.get(name)
    if chosen is None:
        raise ArchiveError(
            f"unknown codec '{name}'", where=f"recording {recording_id}", remedy="use " + ", ".join(CODECS)
        )
    return chosen


def check(stored: bytes, data_key: bytes | bytearray, sealed: SealedFile, *, recording_id: str, where: str) -> None:
    """Raise ArchiveError, naming the recording and the remedy, unless these bytes are what was sealed."""
    if hashlib.sha256(stored).hexdigest() != sealed.sha256:
        change = (
            "changed"
            if len(stored) == sealed.size_bytes
            else "cut"
            if len(stored) < sealed.size_bytes
            else "lengthened"
        )
        raise ArchiveError(
            f"the file of recording {recording_id} was {change} ({len(stored)} bytes, sealed {sealed.size_bytes})",
            where=where,
            remedy="restore it from a backup; until then 'ivr recordings export' refuses it",
        )
    content = read_whole(io.BytesIO(stored), data_key, recording_id)
    duration_ms = _known(content, recording_id).duration_ms(content)
    if abs(duration_ms - sealed.duration_ms) > 1:
        raise ArchiveError(
            f"recording {recording_id} lasts {duration_ms} ms, its row says {sealed.duration_ms}",
            where=where,
            remedy="the row was changed: restore the database",
        )


def described(stored: bytes, data_key: bytes | bytearray, recording_id: str) -> SealedFile | None:
    """What these bytes are when they are whole and of this key; None otherwise."""
    plain, complete = read_prefix(io.BytesIO(stored), data_key, recording_id)
    codec = codec_of(plain) if complete else None
    if codec is None:
        return None
    return SealedFile(hashlib.sha256(stored).hexdigest(), len(stored), codec.decode(plain).duration_ms)


def sound(
    stored: Callable[[int, int], bytes],
    size: int,
    data_key: bytes | bytearray,
    sealed: SealedFile,
    *,
    recording_id: str,
) -> OggSound:
    """What is played of a container of `size` bytes, of which `stored` gives [start, end). Lossless ones are encoded,
    whole and in memory. Raises ArchiveError when it is not what was sealed, or not of this key."""
    where = f"recording {recording_id}"
    if size != sealed.size_bytes:
        raise ArchiveError(
            f"the file has {size} bytes, {sealed.size_bytes} were sealed",
            where=where,
            remedy="restore it from a backup; 'ivr recordings verify' says more",
        )
    reader = SegmentReader(stored, size, data_key, recording_id)
    if OpusCodec().owns(reader.read(0, 4)):
        return OggSound(reader.read, reader.size, where=where, forget=reader.forget)
    whole = bytearray(copy(stored(0, size), data_key, recording_id, "opus"))

    def read(start: int, end: int) -> bytes:
        if not whole:
            raise ArchiveError("the recording is closed", where=where, remedy="open it again")
        return bytes(whole[max(0, start) : end])

    return OggSound(read, len(whole), where=where, forget=whole.clear)


def copy(
    stored: bytes,
    data_key: bytes | bytearray,
    recording_id: str,
    form: str,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    made = render(*_opened(stored, data_key, recording_id), form)
    return with_metadata(made, form, metadata) if metadata else made


def peaks(stored: bytes, data_key: bytes | bytearray, recording_id: str) -> Peaks:
    """Measured now, in memory, for what has no file of them."""
    content = read_whole(io.BytesIO(stored), data_key, recording_id)
    return measured(_known(content, recording_id).pieces(content))


def missing(recording_id: str, where: str) -> ArchiveError:
    return ArchiveError(
        f"the file of recording {recording_id} is missing", where=where, remedy="restore it from a backup"
    )


def _opened(stored: bytes, data_key: bytes | bytearray, recording_id: str) -> tuple[bytes, Sound]:
    content = read_whole(io.BytesIO(stored), data_key, recording_id)
    return content, _known(content, recording_id).decode(content)


def _known(content: bytes, recording_id: str) -> Codec:
    codec = codec_of(content)
    if codec is None:
        raise ArchiveError(
            "the container holds no audio of ours",
            where=f"recording {recording_id}",
            remedy="see docs/recording-format.md",
        )
    return codec
