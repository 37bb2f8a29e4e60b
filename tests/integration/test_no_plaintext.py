"""Promise 5 on a real disk: stored audio is always encrypted, and nothing else of it is stored."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest

from ivr.audio.g711 import alaw_encode, ulaw_encode
from ivr_demo.softphone_process import SoftphoneProcess
from tests.fakes.heard import heard
from tests.integration.house import House, Serving, run, until
from tests.integration.plaintext import Search
from tests.integration.sounds import noise, write_wav

pytestmark = [pytest.mark.sip, pytest.mark.ear]

_SECONDS = 5.0
#: Sixteen digits, none of which objects in this program.
_TYPED = "4570101234560828"


@pytest.mark.parametrize("codec", ["alaw", "opus"])
def test_no_byte_of_the_callers_audio_lies_on_a_disk_in_plain_while_and_after_a_call(
    codec: str, house: House, tmp_path: Path
) -> None:
    spoken = noise(_SECONDS, seed=11)
    wav = write_wav(tmp_path / "caller.wav", spoken)
    search = Search(spoken)
    house.extra["IVR_RECORDING__CODEC"] = codec

    def look(pids: list[int]) -> int:
        finds, count = search.files([house.data_dir, house.temp_dir]), 0
        for pid in pids:
            try:
                more, opened = search.open_files(pid)
            except PermissionError:
                # The engine's memory and descriptors are shut to other processes of its user; root looks anyway.
                assert os.geteuid() != 0
                continue
            finds, count = finds + more, count + opened
        assert finds == []
        return count

    async def type_unasked(serving: Serving, phone: SoftphoneProcess) -> None:
        """RFC 4733 events, at their own pace; each is told, and none is told from another."""
        await phone.press(_TYPED)
        for _ in _TYPED:
            await serving.until("dtmf.pressed")
        pressed = [{name for name in item if name != "level"} for item in serving.all("dtmf.pressed")]
        assert all(names == {"kind", "time", "process", "line", "call_id", "at", "party"} for names in pressed)
        told = f"{serving.events} {serving.complaints}"
        assert _TYPED[:9] not in "".join(c for c in told if c not in " ,.:'\"")

    async def call() -> None:
        async with Serving(house) as serving, SoftphoneProcess("--codecs", "PCMA") as phone:
            pids = [serving.process.pid, *serving.pids.values()]
            await phone.call(serving.uri)
            await serving.until("recording.state", state="CAPTURING")
            await phone.speak(wav)
            stored = house.partials()
            assert stored, "the recording has no file yet"
            await until(lambda: stored[0].stat().st_size > 8192, "audio reaches the disk")
            assert await asyncio.to_thread(look, pids) > 0
            await phone.expect("spoke")
            assert await asyncio.to_thread(look, pids) > 0
            if codec == "alaw":
                await type_unasked(serving, phone)
            await phone.hangup()
            await serving.until("call.reported", recording_state="SEALED")
            await asyncio.to_thread(look, pids)

    run(call())
    look([])
    for path in (path for folder in (house.data_dir, house.temp_dir) for path in folder.rglob("*") if path.is_file()):
        assert _TYPED[:8].encode() not in path.read_bytes(), path

    # What was looked for is what was stored: decrypted, the caller's own samples are there.
    archive = house.archive()
    try:
        row = archive.vault.ports.catalogue.find()[0]
        pcm, rate_hz, channels = heard(archive.vault, row.tag.recording_id)
    finally:
        archive.close()
    assert (rate_hz, channels) == (8000, 2)
    left = np.frombuffer(pcm, "<i2")[0::2]
    assert len(left) > _SECONDS * 8000
    if codec == "alaw":
        assert [find.form for find in search.blob(pcm, "decrypted")] != []
        # Packets may come too late on a busy machine: half of its stretches of 20 ms are enough.
        stored_bytes = left.astype("<i2").tobytes()
        frames = [spoken[at : at + 160].astype("<i2").tobytes() for at in range(8000, 24000, 160)]
        assert sum(frame in stored_bytes for frame in frames) >= 50
    else:
        assert np.sqrt(np.mean(left.astype(float) ** 2)) > 500


@pytest.mark.parametrize("form", ["<i2", ">i2", "alaw", "ulaw"])
@pytest.mark.parametrize("stereo", [False, True], ids=["mono", "stereo"])
@pytest.mark.parametrize("shift", [0, 1, 3])
def test_the_search_finds_a_fiftieth_of_a_second_in_every_form(
    form: str, stereo: bool, shift: int, tmp_path: Path
) -> None:
    spoken = noise(2.0, seed=12)
    part = spoken[7003 : 7003 + 160]
    other = noise(0.02, seed=13)
    if form in ("alaw", "ulaw"):
        encode = alaw_encode if form == "alaw" else ulaw_encode
        sides = [encode(part), encode(other)]
    else:
        sides = [part.astype(form), other.astype(form)]
    samples = np.stack(sides, axis=1).ravel() if stereo else sides[0]
    around = os.urandom(50_000)
    (tmp_path / "planted").write_bytes(around[:shift] + samples.tobytes() + around)
    assert len(Search(spoken).files([tmp_path])) == 1
    assert Search(noise(2.0, seed=14)).files([tmp_path]) == []


def test_the_search_finds_a_deleted_file_that_is_still_open_and_ogg_in_the_clear(tmp_path: Path) -> None:
    spoken = noise(1.0, seed=15)
    search = Search(spoken)
    with (tmp_path / "gone").open("w+b") as file:
        file.write(spoken.tobytes())
        file.flush()
        (tmp_path / "gone").unlink()
        assert search.files([tmp_path]) == []
        finds, _ = search.open_files(os.getpid())
        assert [find for find in finds if "gone" in find.place]
    assert [find.form for find in search.blob(b"..OggS\x00\x02", "here")] == ["Ogg"]
