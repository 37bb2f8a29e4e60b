"""What every RecordingStore keeps to."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import pytest

from ivr.errors import ArchiveError
from ivr.recording.bucket_store import BucketStore
from ivr.recording.content import CODECS
from ivr.recording.opus import OpusCodec
from ivr.recording.s3_bucket import BucketSettings, S3Bucket
from ivr.recording.store import LocalStore
from ivr.services.ports.vault import RecordingStore, RecordingWriter, SealedFile
from tests.ending import at_end
from tests.fakes.bucket import FakeBucket
from tests.fakes.heard import pcm_of
from tests.fakes.vault import FakeFarStore, FakeStore
from tests.servers import seaweed

KEY, OTHER_KEY = bytes(range(32)), bytes(32)


LOCAL = {f"local-{name}": name for name in CODECS}


@pytest.fixture(params=["fake", "fake-far", *LOCAL, "bucket-moved", "s3-waiting", "s3-moved"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def codec(kind: str) -> str:
    return LOCAL.get(kind, OpusCodec.name)


@pytest.fixture
def store(kind: str, tmp_path: Path) -> RecordingStore:
    if kind.startswith("fake"):
        return FakeFarStore() if kind == "fake-far" else FakeStore()
    local = LocalStore(tmp_path / "vault")
    if kind.startswith("local"):
        return local
    if kind == "bucket-moved":
        return MovingStore(local, FakeBucket())
    bucket = S3Bucket(replace(s3_bucket(), prefix=os.urandom(4).hex()))
    return (MovingStore if kind == "s3-moved" else BucketStore)(local, bucket)


@lru_cache(maxsize=1)
def s3_bucket() -> BucketSettings:
    folder = Path(tempfile.mkdtemp(prefix="ivr-s3-credentials-"))
    at_end.callback(shutil.rmtree, folder, ignore_errors=True)
    return seaweed().bucket("contract", folder)


class MovingStore(BucketStore):
    """As if the clerk moved each recording the moment it is sealed or recovered."""

    def move(self, recording_id: str, sealed: SealedFile) -> None:
        self.upload(recording_id, sealed, lock_until=None)
        self.release(recording_id)

    def recover(self, recording_id: str, data_key: bytes | bytearray) -> SealedFile | None:
        kept = super().recover(recording_id, data_key)
        if kept is not None and recording_id in self.at_hand():
            self.move(recording_id, kept)
        return kept


def tones(seconds: float, rate_hz: int = 8000) -> bytes:
    """Caller 440 Hz, agent 250 Hz, interleaved."""
    at = np.arange(int(seconds * rate_hz)) / rate_hz
    both = np.stack([9000 * np.sin(2 * np.pi * 440 * at), 9000 * np.sin(2 * np.pi * 250 * at)], 1)
    return both.astype("<i2").tobytes()


def opened(store: RecordingStore, codec: str, recording_id: str = "rec-1") -> RecordingWriter:
    return store.open(recording_id, KEY, codec=codec, rate_hz=8000, channels=2)


def stored(store: RecordingStore, codec: str, seconds: float, recording_id: str = "rec-1") -> SealedFile:
    writer = opened(store, codec, recording_id)
    pcm = tones(seconds)
    for at in range(0, len(pcm), 640):
        writer.write(pcm[at : at + 640])
    return sealed_by(store, recording_id, writer)


def sealed_by(store: RecordingStore, recording_id: str, writer: RecordingWriter) -> SealedFile:
    sealed = writer.seal()
    if isinstance(store, MovingStore):
        store.move(recording_id, sealed)
    return sealed


def loudest_hz(pcm: bytes, channel: int) -> float:
    samples = np.frombuffer(pcm, "<i2").reshape(-1, 2)[:, channel].astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 8000 / len(samples))


def test_what_was_written_is_heard_again_on_its_own_channel(store: RecordingStore, codec: str) -> None:
    sealed = stored(store, codec, 4.0)
    pcm, rate_hz, channels = pcm_of(store, "rec-1", KEY)
    assert (rate_hz, channels) == (8000, 2)
    assert abs(len(pcm) - len(tones(4.0))) <= 4 * 40
    assert loudest_hz(pcm, 0) == pytest.approx(440, abs=2)
    assert loudest_hz(pcm, 1) == pytest.approx(250, abs=2)
    assert sealed.duration_ms == 4000


def test_a_sealed_recording_is_played_piece_by_piece_on_its_own_channels(store: RecordingStore, codec: str) -> None:
    sealed = stored(store, codec, 4.0)
    key = bytearray(KEY)
    sound = store.sound("rec-1", key, sealed)
    key[:] = bytes(32)
    whole = b"".join(sound.read(at, at + 1000) for at in range(0, sound.size, 1000))
    assert len(whole) == sound.size
    assert whole.startswith(sound.heads)
    pcm = OpusCodec().decode(whole).pcm
    assert loudest_hz(pcm, 0) == pytest.approx(440, abs=2)
    assert loudest_hz(pcm, 1) == pytest.approx(250, abs=2)
    assert sound.passages(0, sound.size)[-1][1] == 4000
    assert OpusCodec().decode(sound.heads + sound.read(sound.at(2000), sound.size)).duration_ms > 0
    sound.close()
    with pytest.raises(ArchiveError):
        sound.read(0, 1)


def test_peaks_show_how_loud_each_lane_is_and_go_with_the_recording(store: RecordingStore, codec: str) -> None:
    quiet = np.zeros((8000, 2), "<i2")
    quiet[4000:, 1] = np.frombuffer(tones(0.5), "<i2").reshape(-1, 2)[:, 1]
    writer = opened(store, codec)
    writer.write(tones(1.05))
    writer.write(quiet.tobytes())
    sealed_by(store, "rec-1", writer)
    caller, agent = store.peaks("rec-1", KEY).lanes
    assert (len(caller), len(agent)) == (21, 21)
    loud = round(255 * (9000 / 32768) ** 0.5)
    assert all(abs(peak - loud) < 25 for peak in (*caller[1:9], *agent[1:9], *agent[17:20]))
    assert max(*caller[12:20], *agent[12:14]) < 25
    with pytest.raises(ArchiveError):
        store.peaks("rec-1", OTHER_KEY)
    store.delete("rec-1")
    with pytest.raises(ArchiveError):
        store.peaks("rec-1", KEY)


def test_a_recording_without_a_sample_has_no_peak(store: RecordingStore, codec: str) -> None:
    sealed_by(store, "rec-1", opened(store, codec))
    assert set(store.peaks("rec-1", KEY).lanes) <= {b""}


def test_nothing_is_played_of_what_is_missing_of_another_key_or_not_what_was_sealed(
    store: RecordingStore, codec: str
) -> None:
    sealed = stored(store, codec, 1.0)
    with pytest.raises(ArchiveError):
        store.sound("rec-1", OTHER_KEY, sealed)
    with pytest.raises(ArchiveError):
        store.sound("rec-1", KEY, replace(sealed, size_bytes=sealed.size_bytes + 1))
    with pytest.raises(ArchiveError):
        store.sound("nobody", KEY, sealed)


def test_a_sealed_recording_verifies_and_is_listed_as_whole(store: RecordingStore, codec: str) -> None:
    sealed = stored(store, codec, 2.0)
    store.verify("rec-1", KEY, sealed)
    assert list(store.stored()) == ["rec-1"]
    assert list(store.unfinished()) == []
    assert store.digest("rec-1") == sealed.sha256
    assert not store.busy("rec-1")


def test_a_recording_without_a_single_sample_is_whole_too(store: RecordingStore, codec: str) -> None:
    sealed = sealed_by(store, "rec-1", opened(store, codec))
    assert sealed.duration_ms == 0
    store.verify("rec-1", KEY, sealed)
    assert pcm_of(store, "rec-1", KEY) == (b"", 8000, 2)


def test_another_key_hears_nothing(store: RecordingStore, codec: str) -> None:
    sealed = stored(store, codec, 2.0)
    with pytest.raises(ArchiveError, match="rec-1"):
        pcm_of(store, "rec-1", OTHER_KEY)
    with pytest.raises(ArchiveError, match="rec-1"):
        store.verify("rec-1", OTHER_KEY, sealed)


def test_a_row_that_says_otherwise_does_not_verify(store: RecordingStore, codec: str) -> None:
    sealed = stored(store, codec, 2.0)
    for other in (
        SealedFile("0" * 64, sealed.size_bytes, sealed.duration_ms),
        SealedFile(sealed.sha256, sealed.size_bytes, sealed.duration_ms + 500),
    ):
        with pytest.raises(ArchiveError):
            store.verify("rec-1", KEY, other)


def test_while_it_is_written_it_is_busy_and_unfinished(store: RecordingStore, codec: str) -> None:
    writer = opened(store, codec)
    assert store.busy("rec-1")
    assert list(store.unfinished()) == ["rec-1"]
    assert list(store.stored()) == []
    writer.close()
    assert not store.busy("rec-1")
    assert list(store.unfinished()) == ["rec-1"]


def test_an_id_is_written_once(store: RecordingStore, codec: str) -> None:
    writer = opened(store, codec)
    with pytest.raises(ArchiveError):
        opened(store, codec)
    writer.write(tones(1.0))
    sealed = writer.seal()
    with pytest.raises(ArchiveError):
        opened(store, codec)
    store.verify("rec-1", KEY, sealed)


def test_a_closed_writer_refuses_to_write_and_to_seal(store: RecordingStore, codec: str) -> None:
    writer = opened(store, codec)
    writer.close()
    writer.close()
    with pytest.raises(ArchiveError):
        writer.write(tones(0.1))
    with pytest.raises(ArchiveError):
        writer.seal()


def test_an_aborted_recording_leaves_nothing(store: RecordingStore, codec: str) -> None:
    writer = opened(store, codec)
    writer.write(tones(3.0))
    writer.abort()
    assert store.digest("rec-1") is None
    assert [*store.unfinished(), *store.stored()] == []


def test_the_prefix_of_a_half_written_recording_is_kept_and_verifies(store: RecordingStore, codec: str) -> None:
    writer = opened(store, codec)
    writer.write(tones(20.0))
    writer.close()
    sealed = store.recover("rec-1", KEY)
    assert sealed is not None
    assert 12_000 <= sealed.duration_ms <= 20_000
    store.verify("rec-1", KEY, sealed)
    assert list(store.unfinished()) == []
    pcm, _, _ = pcm_of(store, "rec-1", KEY)
    assert loudest_hz(pcm, 0) == pytest.approx(440, abs=2)


def test_recovering_again_changes_nothing(store: RecordingStore, codec: str) -> None:
    writer = opened(store, codec)
    writer.write(tones(20.0))
    writer.close()
    first = store.recover("rec-1", KEY)
    assert first is not None
    assert store.recover("rec-1", KEY) == first


def test_recovering_a_whole_recording_leaves_it_as_it_is(store: RecordingStore, codec: str) -> None:
    sealed = stored(store, codec, 3.0)
    assert store.recover("rec-1", KEY) == sealed


def test_nothing_readable_is_recovered_as_nothing(store: RecordingStore, codec: str) -> None:
    assert store.recover("rec-1", KEY) is None
    opened(store, codec).close()
    assert store.recover("rec-1", KEY) is None
    writer = opened(store, codec, "rec-2")
    writer.write(tones(20.0))
    writer.close()
    assert store.recover("rec-2", OTHER_KEY) is None


def test_deleting_removes_whole_and_half_and_is_harmless_again(store: RecordingStore, codec: str) -> None:
    stored(store, codec, 1.0)
    opened(store, codec, "rec-2").close()
    for recording_id in ("rec-1", "rec-2", "rec-2", "never"):
        store.delete(recording_id)
    assert [*store.stored(), *store.unfinished()] == []
    with pytest.raises(ArchiveError, match="rec-1"):
        pcm_of(store, "rec-1", KEY)


def test_a_copy_is_made_in_a_known_form_only(store: RecordingStore, codec: str) -> None:
    stored(store, codec, 1.0)
    assert len(store.copy("rec-1", KEY, "wav")) > 100
    assert len(store.copy("rec-1", KEY, "opus")) > 100
    with pytest.raises(ArchiveError, match="mp3"):
        store.copy("rec-1", KEY, "mp3")


@pytest.mark.parametrize("form", ["wav", "opus"])
def test_a_copy_says_in_itself_what_it_is_told_and_sounds_the_same(
    form: str, store: RecordingStore, codec: str
) -> None:
    stored(store, codec, 2.0)
    said = {"title": "rec-1", "artist": "dora", "date": "2026-12-01T10:00:00Z", "comment": "Copie, demande n° 7"}
    plain, marked = store.copy("rec-1", KEY, form), store.copy("rec-1", KEY, form, said)
    assert [heard_in(one) for one in (plain, marked)] == [(heard_in(plain)[0], {}), (heard_in(plain)[0], said)]
    assert len(heard_in(plain)[0]) > 2 * 8000


@pytest.mark.parametrize("form", ["wav", "opus"])
def test_a_copy_of_a_recording_without_a_sample_is_a_file_too(form: str, store: RecordingStore, codec: str) -> None:
    sealed_by(store, "rec-1", opened(store, codec))
    plain, marked = store.copy("rec-1", KEY, form), store.copy("rec-1", KEY, form, {"title": "rec-1"})
    if form == "wav":
        assert [heard_in(one) for one in (plain, marked)] == [(b"", {}), (b"", {"title": "rec-1"})]
    else:
        assert len(marked) == len(plain)
        assert marked.startswith(b"OggS")


def test_what_somebody_typed_is_no_command_for_a_terminal_that_shows_the_copy(
    store: RecordingStore, codec: str
) -> None:
    stored(store, codec, 1.0)
    marked = store.copy("rec-1", KEY, "wav", {"comment": "demande D-\n\x1b[31mrouge"})
    assert heard_in(marked)[1] == {"comment": "demande D- \\x1b[31mrouge"}


def heard_in(copy: bytes) -> tuple[bytes, dict[str, str]]:
    """Samples of a copy as a player decodes them, and what it shows of the file, but for who made the encoder."""
    with av.open(io.BytesIO(copy), "r") as container:
        shown = container.metadata | container.streams.audio[0].metadata
        sound = b"".join(bytes(frame.planes[0]) for frame in container.decode(audio=0))
    return sound, {name: text for name, text in shown.items() if name != "encoder"}


def test_an_unknown_codec_is_refused(store: RecordingStore) -> None:
    with pytest.raises(ArchiveError, match="flac"):
        store.open("rec-1", KEY, codec="flac", rate_hz=8000, channels=2)


def test_a_reserved_name_is_busy_and_can_be_given_back(store: RecordingStore, codec: str) -> None:
    reserved = store.reserve("rec-1")
    assert store.busy("rec-1")
    with pytest.raises(ArchiveError):
        store.reserve("rec-1")
    reserved.abort()
    assert not store.busy("rec-1")
    assert list(store.unfinished()) == []
    writer = store.reserve("rec-1").open(KEY, codec=codec, rate_hz=8000, channels=2)
    writer.write(tones(1.0))
    assert sealed_by(store, "rec-1", writer).duration_ms == 1000


def test_only_what_holds_no_audio_is_dropped(store: RecordingStore, codec: str) -> None:
    writer = opened(store, codec)
    assert not store.drop_empty("rec-1")
    writer.write(tones(20.0))
    writer.close()
    assert not store.drop_empty("rec-1")
    opened(store, codec, "rec-2").close()
    assert store.drop_empty("rec-2")
    assert list(store.unfinished()) == ["rec-1"]


def test_a_key_may_be_cleared_once_the_recording_is_open(store: RecordingStore, codec: str) -> None:
    data_key = bytearray(KEY)
    writer = store.open("rec-1", data_key, codec=codec, rate_hz=8000, channels=2)
    data_key[:] = bytes(32)
    writer.write(tones(2.0))
    store.verify("rec-1", KEY, sealed_by(store, "rec-1", writer))


def test_many_are_deleted_at_once_whole_and_half_and_harmlessly_again(store: RecordingStore, codec: str) -> None:
    for name in ("rec-1", "rec-2", "kept"):
        stored(store, codec, 1.0, name)
    opened(store, codec, "half").close()
    for _ in range(2):
        assert store.delete_all(["rec-1", "half", "never", "rec-2"]) == {}
        assert [*store.stored(), *store.unfinished()] == ["kept"]


def test_what_cannot_be_deleted_is_named_and_hinders_nothing_else(store: RecordingStore, codec: str) -> None:
    for name in ("rec-1", "rec-2"):
        stored(store, codec, 1.0, name)
    failed = store.delete_all(["../outside", "rec-1", "rec-2"])
    assert {name: type(error) for name, error in failed.items()} == {"../outside": ArchiveError}
    assert list(store.stored()) == []


def test_a_store_says_whether_what_is_sealed_is_moved_and_then_moves_it(store: RecordingStore, codec: str) -> None:
    store.must_be_writable()
    sealed = opened(store, codec).seal()
    if store.far is None:
        assert list(store.at_hand()) == list(store.stored()) == ["rec-1"]
        return
    store.far.check()
    assert store.far.where
    for _ in range(2):
        store.far.upload("rec-1", sealed, lock_until=None)
        assert list(store.at_hand()) == list(store.stored()) == ["rec-1"]
    store.far.release("rec-1")
    assert (list(store.at_hand()), list(store.stored())) == ([], ["rec-1"])
    store.verify("rec-1", KEY, sealed)
    assert store.digest("rec-1") == sealed.sha256
    with pytest.raises(ArchiveError):
        store.far.upload("rec-1", sealed, lock_until=None)


def test_what_is_not_what_was_sealed_is_not_uploaded(store: RecordingStore, codec: str) -> None:
    sealed = opened(store, codec).seal()
    if store.far is not None:
        with pytest.raises(ArchiveError, match="rec-1"):
            store.far.upload("rec-1", replace(sealed, sha256="0" * 64), lock_until=None)
        assert list(store.at_hand()) == ["rec-1"]


def test_only_a_store_whose_bucket_locks_says_that_it_locks(tmp_path: Path) -> None:
    for mode in ("off", "governance"):
        bucket = S3Bucket(replace(s3_bucket(), object_lock=mode))
        assert BucketStore(LocalStore(tmp_path / "vault"), bucket).far.locks is (mode != "off")
