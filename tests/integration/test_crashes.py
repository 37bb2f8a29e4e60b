"""Processes killed in the middle of real calls: what was stored is proven or gone, and the node goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from ivr_demo.softphone_process import SoftphoneProcess
from tests.fakes.heard import heard
from tests.integration.house import House, Serving, alive, run, until
from tests.integration.sounds import Pcm, noise, speech, write_wav

pytestmark = [pytest.mark.sip, pytest.mark.ear, pytest.mark.crash]

#: Four segments of the container: at least two of them are whole.
_SOME_AUDIO = 4 * 4096


async def capturing(serving: Serving, phone: SoftphoneProcess, uri: str, wav: Path, house: House) -> str:
    """Call, speak, and wait until audio lies on the disk; returns the recording's id."""
    await phone.call(uri)
    state = await serving.until("recording.state", state="CAPTURING")
    await phone.speak(wav)
    stored = house.partials()[0]
    await until(lambda: stored.stat().st_size > _SOME_AUDIO, "audio reaches the disk")
    return str(state["recording_id"])


def left_channel(house: House, recording_id: str) -> Pcm:
    archive = house.archive()
    try:
        pcm, _, _ = heard(archive.vault, recording_id)
    finally:
        archive.close()
    return np.frombuffer(pcm, "<i2")[0::2].astype(np.int16)


def share_stored(part: Pcm, stored: Pcm) -> float:
    """Return how much of what was said stands in a recording, by its loud hundredths of a second, 0 to 1."""
    inside = stored.astype("<i2").tobytes()
    loud = [at for at in range(0, len(part) - 80, 80) if np.abs(part[at : at + 80]).max() > 1000]
    return sum(part[at : at + 80].astype("<i2").tobytes() in inside for at in loud) / len(loud)


def test_a_line_killed_in_mid_call_is_restarted_and_its_recording_keeps_its_verified_prefix(
    house: House, tmp_path: Path
) -> None:
    house.extra["IVR_RECORDING__CODEC"] = "alaw"
    spoken = noise(20.0, seed=21)
    wav = write_wav(tmp_path / "long.wav", spoken)

    async def call() -> str:
        async with Serving(house) as serving:
            async with SoftphoneProcess("--codecs", "PCMA") as phone:
                recording_id = await capturing(serving, phone, serving.uri, wav, house)
                os.kill(serving.pids["line-0"], signal.SIGKILL)
                await serving.until("process.died", process="line-0")
                recovered = await serving.until("recording.recovered")
                assert (recovered["recording_id"], recovered["state"]) == (recording_id, "DAMAGED")
                report = await serving.until("call.reported")
                assert (report["disposition"], report["recording_id"]) == ("LINE_FAILED", recording_id)
                assert report["recording_state"] == "DAMAGED"
            again = await serving.until("line.ready")
            async with SoftphoneProcess("--codecs", "PCMA") as phone:
                await phone.call(str(again["uri"]))
                await serving.until("recording.state", state="CAPTURING")
                await phone.hangup()
                await serving.until("call.reported", disposition="ANSWERED")
        return recording_id

    recording_id = run(call())
    house.must_be_whole()
    shown = house.ivr_json("recordings", "show", recording_id)
    assert shown["state"] == "DAMAGED"
    assert shown["key"] == "present"
    assert shown["file"]["duration_ms"] > 500
    assert [gap["cause"] for gap in shown["gaps"]][-1] == "crash"
    assert [event["body"]["state"] for event in shown["events"] if event["kind"] == "recording.recovered"] == [
        "DAMAGED"
    ]
    kept = left_channel(house, recording_id)
    assert abs(len(kept) / 8 - shown["file"]["duration_ms"]) <= 20
    # What a busy machine brought too late is filled by the jitter buffer.
    assert share_stored(kept, spoken) > 0.5


def test_both_calls_of_a_line_that_is_killed_have_a_report_that_says_so_and_once(house: House) -> None:
    """One call takes the other with it; the report of either survives, the second death of the line as well."""

    async def two_calls(serving: Serving) -> set[str]:
        """Ring twice, wait until one call is recorded and the other one rings or talks, and kill the line."""
        before = len(serving.all("call.started"))
        async with SoftphoneProcess("--codecs", "PCMA") as one, SoftphoneProcess("--codecs", "PCMA") as two:
            await one.call(serving.uri)
            await serving.until("recording.state", state="CAPTURING")
            await two.call(serving.uri)
            await until(lambda: len(serving.all("call.started")) == before + 2, "the second call")
            ids = {str(event["call_id"]) for event in serving.all("call.started")[before:]}
            notes = house.data_dir / "calls"
            await until(lambda: len({path.name.split("-")[0] for path in notes.glob("*.pending")} & ids) == 2, "notes")
            os.kill(serving.pids["line-0"], signal.SIGKILL)
            await until(lambda: ids <= reported(serving), "a report of either call")
        return ids

    def reported(serving: Serving) -> set[str]:
        return {str(event["call_id"]) for event in serving.all("call.reported")}

    async def call() -> set[str]:
        async with Serving(house) as serving:
            ids = await two_calls(serving)
            await serving.until("line.ready")
            ids |= await two_calls(serving)
            told = serving.all("call.reported")
            assert sorted(str(event["call_id"]) for event in told) == sorted(ids)
            assert {event["disposition"] for event in told} == {"LINE_FAILED"}
        return ids

    ids = run(call())
    house.must_be_whole()
    archive = house.archive()
    try:
        rows = archive.call_log.find()
        events = [event for event in archive.audit.events() if event.kind == "call.reported"]
    finally:
        archive.close()
    assert sorted(row.call_id for row in rows) == sorted(event.call_id for event in events) == sorted(ids)
    assert {(row.disposition, row.ended_by) for row in rows} == {("LINE_FAILED", "line")}
    assert {row.recording_state for row in rows} <= {"WITHHELD", "DAMAGED", "DISCARDED"}
    assert all(row.started_at <= row.ended_at for row in rows)
    assert list((house.data_dir / "calls").iterdir()) == []


def test_a_line_killed_once_an_objection_stands_in_the_evidence_leaves_nothing_readable(
    house: House, tmp_path: Path
) -> None:
    house.extra["IVR_RECORDING__CODEC"] = "alaw"
    wav = write_wav(tmp_path / "long.wav", noise(20.0, seed=22))

    async def call() -> str:
        archive = house.archive()
        try:
            async with Serving(house) as serving, SoftphoneProcess("--codecs", "PCMA") as phone:
                recording_id = await capturing(serving, phone, serving.uri, wav, house)
                await phone.press("9")
                objected = ["objection"]
                await until(
                    lambda: objected[0] in [event.kind for event in archive.audit.events()], "evidence of the objection"
                )
                os.kill(serving.pids["line-0"], signal.SIGKILL)
                await serving.until("process.died", process="line-0")
                await serving.until("line.ready")
        finally:
            archive.close()
        return recording_id

    recording_id = run(call())
    house.must_be_whole()
    shown = house.ivr_json("recordings", "show", recording_id)
    assert (shown["state"], shown["key"]) == ("DISCARDED", "destroyed")
    assert list(house.store_dir.glob(f"??/??/{recording_id}*")) == []
    assert "certificate.destruction" in [event["kind"] for event in shown["events"]]


def test_while_the_ear_is_gone_the_call_goes_on_and_nothing_unheard_is_stored(house: House, tmp_path: Path) -> None:
    house.extra |= {
        "IVR_RECORDING__CODEC": "alaw",
        "IVR_HEARING__TAPE__MAX_HOLD_MS": "12000",
        # What was cleared last waits in case forbidden data begin in it; here not for long.
        "IVR_HEARING__TAPE__LOOKBACK_MS": "400",
        "IVR_HEARING__MASK_BEFORE_MS": "400",
        "IVR_EAR__DEADLINE_S": "12.0",
    }
    sentences = [
        "Le médecin m'a donné une nouvelle ordonnance.",
        "La facture des lunettes date du mois de septembre.",
        "Ma fille habite à Toulouse depuis deux ans.",
    ]
    parts = [speech(sentence, pause_s=1.2) for sentence in sentences]
    wavs = [write_wav(tmp_path / f"{number}.wav", part) for number, part in enumerate(parts)]
    silence = write_wav(tmp_path / "silence.wav", np.zeros(4 * 8000, np.int16))
    longer = write_wav(tmp_path / "longer.wav", np.zeros(12 * 8000, np.int16))

    async def say(phone: SoftphoneProcess, wav: Path) -> None:
        await phone.speak(wav)
        await phone.expect("spoke")

    async def call() -> str:
        async with Serving(house) as serving, SoftphoneProcess("--codecs", "PCMA") as phone:
            ear = serving.pids["ear-0"]
            await phone.call(serving.uri)
            await serving.until_all(
                {"kind": "recording.state", "state": "CAPTURING"}, {"kind": "prompt.ended", "prompt": "hotline-menu"}
            )
            await say(phone, wavs[0])
            await serving.until_sentence()
            # It hangs, then it dies: speech waits longer than the release buffer may hold it.
            os.kill(ear, signal.SIGSTOP)
            await say(phone, wavs[1])
            await say(phone, longer)
            os.kill(ear, signal.SIGKILL)
            await serving.until("process.died", process="ear-0")
            await serving.until("ready", process="ear-0")
            await say(phone, wavs[2])
            await serving.until_sentence()
            assert serving.all("leg.disconnected") == []
            await say(phone, silence)
            await phone.hangup()
            report = await serving.until("call.reported", recording_state="SEALED")
            assert report["disposition"] == "ANSWERED"
            return str(report["recording_id"])

    recording_id = run(call())
    house.must_be_whole()
    shown = house.ivr_json("recordings", "show", recording_id)
    assert shown["gaps"], "no gap tells of what was not heard"
    stored = left_channel(house, recording_id)
    heard, unheard, heard_again = (share_stored(part, stored) for part in parts)
    assert unheard == 0
    assert min(heard, heard_again) > 0.5


def test_when_the_whole_node_is_killed_no_process_is_left_and_the_next_start_recovers(
    house: House, tmp_path: Path
) -> None:
    house.extra["IVR_RECORDING__CODEC"] = "alaw"
    wav = write_wav(tmp_path / "long.wav", noise(30.0, seed=23))

    async def call() -> str:
        async with Serving(house) as serving, SoftphoneProcess("--codecs", "PCMA") as phone:
            recording_id = await capturing(serving, phone, serving.uri, wav, house)
            pids = list(serving.pids.values())
            assert len(pids) == 3
            serving.kill()
            await serving.ended()
            await until(lambda: not any(alive(pid) for pid in pids), "ears, lines and clerk end with their node")
        async with Serving(house):
            pass
        return recording_id

    recording_id = run(call())
    house.must_be_whole()
    assert house.ivr_json("recordings", "show", recording_id)["state"] in ("SEALED", "DAMAGED")
    assert house.partials() == []
