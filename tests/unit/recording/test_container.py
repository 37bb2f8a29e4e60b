"""The container: Tink's format, written promptly, never mistaken for whole when it is not."""

from __future__ import annotations

import io
import os

import pytest
import tink
from hypothesis import given, settings
from hypothesis import strategies as st
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from ivr.errors import ArchiveError, HostError
from ivr.recording.container import (
    FIRST_PLAIN_BYTES,
    PLAIN_BYTES,
    SEGMENT_BYTES,
    SegmentWriter,
    read_prefix,
    read_whole,
)

KEY = bytes(range(32))
#: Lengths around every boundary of the format.
EDGES = [0, 1, FIRST_PLAIN_BYTES - 1, FIRST_PLAIN_BYTES, FIRST_PLAIN_BYTES + 1, FIRST_PLAIN_BYTES + PLAIN_BYTES, 50_000]


def sealed(plain: bytes, recording_id: str = "rec-1", key: bytes = KEY) -> bytes:
    out = bytearray()
    writer = SegmentWriter(out.extend, key, recording_id)
    writer.write(plain)
    writer.finish()
    return bytes(out)


def tink_itself() -> streaming_aead.StreamingAead:
    """Tink set up by its own key template rules, apart from our code."""
    streaming_aead.register()
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        key_value=KEY,
        params=aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
            ciphertext_segment_size=4096, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
        ),
    )
    data = tink_pb2.KeyData(
        type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
        value=key.SerializeToString(),
        key_material_type=tink_pb2.KeyData.SYMMETRIC,
    )
    entry = tink_pb2.Keyset.Key(key_id=7, status=tink_pb2.ENABLED, output_prefix_type=tink_pb2.RAW, key_data=data)
    keyset = tink_pb2.Keyset(primary_key_id=7, key=[entry])
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


class Kept(io.BytesIO):
    """Survives being closed by Tink."""

    def close(self) -> None:
        pass


@pytest.mark.parametrize("size", EDGES)
def test_tink_reads_what_we_write(size: int) -> None:
    plain = os.urandom(size)
    with tink_itself().new_decrypting_stream(io.BytesIO(sealed(plain)), b"rec-1") as stream:
        assert stream.read() == plain


@pytest.mark.parametrize("size", EDGES)
def test_we_read_what_tink_writes(size: int) -> None:
    plain, out = os.urandom(size), Kept()
    with tink_itself().new_encrypting_stream(out, b"rec-1") as stream:
        stream.write(plain)
    assert read_whole(io.BytesIO(out.getvalue()), KEY, "rec-1") == plain
    assert len(out.getvalue()) == len(sealed(plain))


@settings(max_examples=60)
@given(st.lists(st.integers(0, 9000), max_size=12))
def test_all_but_one_segment_has_left_memory_after_each_write(sizes: list[int]) -> None:
    out = bytearray()
    writer = SegmentWriter(out.extend, KEY, "rec-1")
    plain = b""
    for size in sizes:
        piece = os.urandom(size)
        writer.write(piece)
        plain += piece
        readable, complete = read_prefix(io.BytesIO(bytes(out)), KEY, "rec-1")
        assert not complete
        assert plain.startswith(readable)
        assert len(plain) - len(readable) <= PLAIN_BYTES
    writer.finish()
    assert read_whole(io.BytesIO(bytes(out)), KEY, "rec-1") == plain


@settings(max_examples=150)
@given(st.data())
def test_a_cut_container_is_never_whole_and_gives_every_complete_segment(data: st.DataObject) -> None:
    plain = os.urandom(data.draw(st.sampled_from(EDGES)))
    container = sealed(plain)
    cut = data.draw(st.integers(0, len(container) - 1))
    readable, complete = read_prefix(io.BytesIO(container[:cut]), KEY, "rec-1")
    assert not complete
    assert plain.startswith(readable)
    whole_segments = cut // SEGMENT_BYTES
    expected = FIRST_PLAIN_BYTES + (whole_segments - 1) * PLAIN_BYTES if whole_segments else 0
    assert len(readable) == min(expected, len(plain))
    with pytest.raises(ArchiveError, match="rec-1"):
        read_whole(io.BytesIO(container[:cut]), KEY, "rec-1")


@settings(max_examples=100)
@given(st.data())
def test_a_changed_byte_is_found_and_what_stands_before_its_segment_stays(data: st.DataObject) -> None:
    plain = os.urandom(20_000)
    container = bytearray(sealed(plain))
    at = data.draw(st.integers(0, len(container) - 1))
    container[at] ^= data.draw(st.integers(1, 255))
    readable, complete = read_prefix(io.BytesIO(bytes(container)), KEY, "rec-1")
    assert not complete
    segment = at // SEGMENT_BYTES
    assert readable == plain[: FIRST_PLAIN_BYTES + (segment - 1) * PLAIN_BYTES if segment else 0]


@pytest.mark.parametrize("tail", [b"\0", b"x" * 16, b"y" * SEGMENT_BYTES])
def test_bytes_after_the_end_are_found(tail: bytes) -> None:
    with pytest.raises(ArchiveError):
        read_whole(io.BytesIO(sealed(b"z" * 9000) + tail), KEY, "rec-1")


def test_segments_cannot_change_places() -> None:
    container = sealed(os.urandom(20_000))
    first, second, third = (container[at : at + SEGMENT_BYTES] for at in (0, SEGMENT_BYTES, 2 * SEGMENT_BYTES))
    swapped = first + third + second + container[3 * SEGMENT_BYTES :]
    with pytest.raises(ArchiveError):
        read_whole(io.BytesIO(swapped), KEY, "rec-1")


def test_a_container_is_bound_to_its_recording_and_its_key() -> None:
    container = sealed(b"audio" * 1000)
    for key, recording_id in ((KEY, "rec-2"), (bytes(32), "rec-1")):
        assert read_prefix(io.BytesIO(container), key, recording_id) == (b"", False)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ArchiveError, match="31"):
        SegmentWriter(bytearray().extend, bytes(31), "rec-1")


def test_no_plaintext_and_no_key_stands_in_the_container() -> None:
    plain = b"the very same sixteen bytes " * 500
    container = sealed(plain)
    assert plain[:16] not in container
    assert KEY[:16] not in container
    assert sealed(plain) != container


def test_after_the_sink_failed_the_stream_is_broken() -> None:
    taken: list[bytes] = []

    def sink(data: bytes) -> None:
        if len(taken) == 2:
            raise HostError("full")
        taken.append(data)

    writer = SegmentWriter(sink, KEY, "rec-1")
    with pytest.raises(HostError):
        writer.write(bytes(20_000))
    with pytest.raises(ArchiveError):
        writer.write(b"more")
    with pytest.raises(ArchiveError):
        writer.finish()
