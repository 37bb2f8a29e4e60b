"""A whole call in which the caller says a member number, types a birth date, and is known; nothing of it remains."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ivr_demo.softphone_process import SoftphoneProcess
from tests.integration.house import House, Serving, run
from tests.integration.sounds import speech, write_wav

pytestmark = [pytest.mark.sip, pytest.mark.ear]

_LIST = "member_number;last_name;birth_date;postal_code\n0047382;Delacroix;1985-03-12;75011\n"
_ASK = '[identity]\nitems = ["birth_date", "member_number"]\n\n[prompts]'


def test_a_caller_is_identified_by_voice_and_dtmf_and_leaves_no_value(house: House, tmp_path: Path) -> None:
    program = house.config_dir / "programs" / "hotline-quality.toml"
    program.write_text(program.read_text("utf-8").replace("[prompts]", _ASK, 1), "utf-8")
    assert house.ivr("init").returncode == 0, "the program says more prompts now"
    assert house.ivr("members", "import", "-", text=_LIST).returncode == 0
    number = write_wav(tmp_path / "number.wav", speech("Zéro, zéro, quatre, sept, trois, huit, deux.", pause_s=2.0))

    async def call() -> tuple[dict[str, object], str, list[object]]:
        async with Serving(house) as serving, SoftphoneProcess() as phone:
            await phone.call(serving.uri)
            await serving.until("prompt.ended", prompt="identity-member-number")
            await phone.speak(number)
            await serving.until("prompt.ended", prompt="identity-birth-date")
            await phone.press("12031985")
            outcome = await serving.until("identity.checked")
            await serving.until("prompt.ended", prompt="hotline-menu")
            await phone.hangup()
            report = await serving.until("call.reported")
            return outcome, str(report["recording_id"]), list(serving.events)

    outcome, recording_id, events = run(call())
    assert (outcome["identified"], outcome["matched"]) == (True, ["member_number", "birth_date"])
    shown = house.ivr_json("recordings", "show", recording_id)
    (body,) = [event["body"] for event in shown["events"] if event["kind"] == "identity.checked"]
    assert body["identified"] is True
    masks = [mask for mask in shown["masks"] if mask["kind"] == "identity"]
    assert [mask["channel"] for mask in masks] == ["caller"]
    house.must_be_whole()
    told = json.dumps([events, shown], default=str)
    kept = b"".join(path.read_bytes() for path in house.data_dir.rglob("*") if path.is_file()).decode("latin-1")
    # Five digits count as a word only: a clock's decimals and a checksum hold any five now and then.
    for value in ("0047382", "12031985", "1985-03-12", r"\b75011\b", "Delacroix"):
        assert re.search(value, told) is None
        assert re.search(value, kept) is None
