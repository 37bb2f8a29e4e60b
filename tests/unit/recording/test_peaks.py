"""Peaks: alike in any portions, kept encrypted under a key of their own, and measured anew when they are gone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import ArchiveError
from ivr.recording import content, peaks
from ivr.recording.codec import Sound
from ivr.recording.container import read_prefix
from ivr.recording.opus import OpusCodec
from ivr.recording.peaks import PeakMeter, measured
from ivr.recording.store import LocalStore

KEY, OTHER_KEY = bytes(range(32)), bytes(32)


def pcm(*levels: int, ms: int = 100) -> bytes:
    """So many milliseconds of each level on the left; half of it, negative, on the right."""
    samples = np.repeat(np.array([[level, -level // 2] for level in levels]), ms * 8, axis=0)
    return samples.astype("<i2").tobytes()


@given(st.lists(st.integers(0, 32767), max_size=25), st.integers(1, 5_000))
def test_portions_change_nothing_and_a_root_makes_quiet_speech_visible(levels: list[int], portion: int) -> None:
    meter, whole = PeakMeter(8000, 2), pcm(*levels)
    for at in range(0, len(whole), portion * 4):
        meter.add(whole[at : at + portion * 4])
    left, right = meter.finish().lanes
    assert list(left) == [round(255 * (level / 32768) ** 0.5) for level in levels]
    assert all(abs(a / 2**0.5 - b) <= 1 for a, b in zip(left, right, strict=True))


def test_the_loudest_there_is_fits_and_a_rest_counts() -> None:
    lanes = measured([Sound(np.array([-32768, 32767] * 10, "<i2").tobytes(), 8000, 2)]).lanes
    assert lanes == (b"\xff", b"\xff")


def stored(tmp_path: Path, recording_id: str = "rec-1") -> tuple[LocalStore, Path]:
    store = LocalStore(tmp_path / "vault")
    writer = store.open(recording_id, KEY, codec="opus", rate_hz=8000, channels=2)
    beeps = np.frombuffer(pcm(9000, 0, 9000, 0) * 10, "<i2").reshape(-1, 2)
    wave = np.sin(2 * np.pi * 440 * np.arange(len(beeps)) / 8000)[:, None]
    writer.write((beeps * wave).astype("<i2").tobytes())
    writer.seal()
    return store, store.path(recording_id, ".ivr.peaks")


def test_the_file_is_private_sealed_and_of_another_key_than_the_audio(tmp_path: Path) -> None:
    store, path = stored(tmp_path)
    kept = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    lanes = store.peaks("rec-1", KEY).lanes
    assert len(lanes[0]) == 40
    assert lanes[0][:40] not in kept
    assert peaks.opened(kept, KEY, "rec-1") == store.peaks("rec-1", KEY)
    for key, name in ((OTHER_KEY, "rec-1"), (KEY, "rec-2")):
        assert peaks.opened(kept, key, name) is None
    # With the recording's own id it is no segment of the recording.
    with path.open("rb") as file:
        assert read_prefix(file, KEY, "rec-1") == (b"", False)


@pytest.mark.parametrize("harm", ["missing", "cut", "changed", "empty"])
def test_what_is_gone_or_harmed_is_measured_from_the_audio(tmp_path: Path, harm: str) -> None:
    store, path = stored(tmp_path)
    kept = path.read_bytes()
    path.unlink()
    if harm != "missing":
        path.write_bytes({"cut": kept[:-1], "changed": kept[:60] + b"?" + kept[61:], "empty": b""}[harm])
    again = store.peaks("rec-1", KEY).lanes
    before = peaks.opened(kept, KEY, "rec-1")
    assert before is not None
    assert [len(lane) for lane in again] == [len(lane) for lane in before.lanes]
    for new, old in zip(again, before.lanes, strict=True):
        # Opus overshoots where a beep begins, and rings where it ends.
        assert all(abs(new[at] - old[at]) < 35 and new[at] > new[at + 1] for at in range(0, 40, 2))


def test_they_go_with_the_recording_one_or_many(tmp_path: Path) -> None:
    store, path = stored(tmp_path)
    _, other = stored(tmp_path, "rec-2")
    store.delete("rec-1")
    assert not path.exists()
    assert store.delete_all(["rec-2"]) == {}
    assert not other.exists()
    assert [file for file in store.root.rglob("*") if file.is_file()] == []


def test_a_disk_that_takes_no_peaks_keeps_no_recording_from_being_sealed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "vault")
    writer = store.open("rec-1", KEY, codec="opus", rate_hz=8000, channels=2)
    writer.write(pcm(9000) * 10)
    # A folder of that name: the file cannot take its place.
    blocked = store.path("rec-1", ".ivr.peaks")
    (blocked / "x").mkdir(parents=True)
    assert writer.seal().duration_ms == 1000
    assert not blocked.with_name(blocked.name + ".new").exists()


def test_what_is_no_audio_has_no_peaks() -> None:
    with pytest.raises(ArchiveError):
        content.peaks(b"nothing", KEY, "rec-1")


def test_two_hours_are_decoded_piece_by_piece() -> None:
    encoder = OpusCodec().encoder(rate_hz=8000, channels=2)
    whole = encoder.encode(pcm(9000, 4000, ms=1000) * 10) + encoder.finish()
    pieces = list(OpusCodec().pieces(whole))
    assert max(len(piece.pcm) for piece in pieces) <= 4 * 8000
    assert b"".join(piece.pcm for piece in pieces) == OpusCodec().decode(whole).pcm
