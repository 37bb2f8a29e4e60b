"""Whole calls through a whole node: from an independent softphone, and placed from the command line."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr_demo.softphone_process import SoftphoneProcess
from tests.integration.baresip import baresip_command
from tests.integration.house import House, Serving, run
from tests.integration.sounds import LINE_HZ, speech, write_wav
from tests.ports import free_port

pytestmark = [pytest.mark.sip, pytest.mark.ear]

_PROSPECT = "+33639980001"


@asynccontextmanager
async def baresip(folder: Path, microphone: Path, uri: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A baresip that calls `uri`; its microphone is a WAV file, it has no loudspeaker."""
    command = baresip_command(folder, microphone, uri)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def test_a_call_from_baresip_is_answered_told_recorded_and_sealed(house: House, tmp_path: Path) -> None:
    # The notice is heard in silence; then they speak.
    said = speech("Bonjour, je voudrais changer mon adresse.", pause_s=8.0)
    wav = write_wav(tmp_path / "microphone.wav", np.concatenate([np.zeros(4 * LINE_HZ, np.int16), said]))

    async def call() -> str:
        async with Serving(house) as serving, baresip(tmp_path / "baresip", wav, serving.uri) as phone:
            await serving.until("leg.confirmed", party="caller")
            await serving.until("disclosure.completed", party="caller")
            await serving.until_all(
                {"kind": "recording.state", "state": "CAPTURING"}, {"kind": "prompt.ended", "prompt": "hotline-menu"}
            )
            await serving.until("hearing.judged", final=True)
            phone.terminate()
            report = await serving.until("call.reported")
            assert (report["disposition"], report["ended_by"]) == ("ANSWERED", "caller")
            return str(report["recording_id"])

    recording_id = run(call())
    house.must_be_whole()
    shown = house.ivr_json("recordings", "show", recording_id)
    assert (shown["state"], shown["program"], shown["retention"]) == ("SEALED", "hotline-quality", "quality_audio")
    assert shown["deadline"] > shown["opened_at"]
    assert shown["policy_id"] == "fr-2026"
    assert {"REC-001", "REC-004"} <= set(shown["rule_ids"])
    assert shown["consent"]["caller"]["state"] == "NOTIFIED"
    assert shown["file"]["duration_ms"] > 1000
    told = [event["kind"] for event in shown["events"]]
    assert told.index("disclosure.played") < told.index("recording.sealed") < told.index("call.reported")
    # Audio went both ways: baresip tells what it received, the recording holds what it was sent.
    assert "incoming rtp for 'audio' established" in (tmp_path / "baresip" / "log").read_text(errors="replace")


# ---- ivr call


async def place(house: House, uri: str, **env: str) -> tuple[int, list[dict[str, Any]], str]:
    """Run `ivr call URI --program prospecting --json`; returns its exit code, objects and stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ivr", "call", uri, "--program", "prospecting", "--json",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**house.env, **env},
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), 180)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, [json.loads(line) for line in out.splitlines()], err.decode()


def test_a_prospect_who_is_called_and_hangs_up_gives_a_report(house: House) -> None:
    async def call() -> dict[str, Any]:
        async with SoftphoneProcess("--user", _PROSPECT, "--auto-answer") as phone:
            placed = asyncio.create_task(place(house, phone.uri))
            await phone.expect("confirmed", timeout_s=180)
            # The line answers within the disclosure's second: let it be told first.
            await asyncio.to_thread(_wait_for_disclosure, house)
            await phone.hangup()
            code, objects, complaints = await placed
        assert code == 0, complaints
        return objects[-1]

    report = run(call())
    assert report["ok"] is True
    assert (report["kind"], report["disposition"], report["ended_by"]) == ("call.reported", "ANSWERED", "caller")
    assert report["recording_state"] in ("SEALED", "WITHHELD")
    house.must_be_whole()
    if report["recording_id"]:
        assert house.ivr_json("recordings", "show", report["recording_id"])["retention"] == "sales_audio"


def _wait_for_disclosure(house: House) -> None:
    archive = house.archive()
    try:
        gives_up = time.monotonic() + 180
        while time.monotonic() < gives_up:
            if any(event.kind == "disclosure.played" for event in archive.audit.events()):
                return
            time.sleep(0.1)
    finally:
        archive.close()
    raise AssertionError("the disclosure was never played")


def test_a_barred_person_is_not_dialled(house: House) -> None:
    archive = house.archive()
    archive.do_not_call.add(f"sip:{_PROSPECT}@127.0.0.1", scope="sales", rule_id="CAN-012", call_id="earlier")
    archive.close()

    async def call() -> None:
        async with SoftphoneProcess("--user", _PROSPECT, "--auto-answer") as phone:
            code, objects, complaints = await place(house, phone.uri)
            assert code == 1
            assert objects[-1]["ok"] is False
            assert "n'appelez pas" in complaints
            assert [report["event"] for report in phone.reports] == ["ready"]

    run(call())
    archive = house.archive()
    try:
        assert "dial.refused" in [event.kind for event in archive.audit.events()]
        assert archive.call_log.find(limit=10) == []
    finally:
        archive.close()


def test_a_call_that_nobody_can_take_is_reported_with_its_disposition(house: House) -> None:
    async def call() -> None:
        nobody = f"sip:nobody@127.0.0.1:{free_port()}"
        async with SoftphoneProcess("--user", "busy", "--busy") as busy:
            for uri, disposition in ((busy.uri, "BUSY"), (nobody, "NO_ANSWER")):
                code, objects, _ = await place(house, uri)
                assert code == 1
                assert objects[-1]["ok"] is False
                assert objects[-1]["disposition"] == disposition
                assert objects[-1]["recording_id"] is None

    run(call())
    house.must_be_whole()


@pytest.mark.parametrize("uri", ["not-a-uri", ""])
def test_an_address_that_is_none_is_refused_or_fails_and_is_never_left_hanging(uri: str, house: House) -> None:
    code, objects, complaints = run(place(house, uri))
    assert code in (1, 2)
    assert objects[-1]["ok"] is False
    assert "Traceback" not in complaints
