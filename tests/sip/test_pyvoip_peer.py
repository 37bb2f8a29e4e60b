"""The line with an independent SIP stack on the other side: pyVoIP, reached through a registrar."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.services.ports.telephony import LegConfirmed, LegDisconnected
from ivr.sip.settings import Registration
from ivr_demo.softphone_process import SoftphoneProcess
from tests.fakes.registrar import Registrar
from tests.ports import free_port, free_rtp_range
from tests.sip.raw_peer import HANGS_S
from tests.sip.rig import (
    frames_with_tone,
    loudness,
    rigged,
    run,
    tone_above_rest_db,
    tone_wav,
    until,
)


def _phone(registrar: Registrar) -> SoftphoneProcess:
    options = ["--registrar", f"127.0.0.1:{registrar.port}", "--user", "agent", "--password", "pw", "--tap"]
    ports = ["--port", str(free_port()), "--rtp-port", str(free_rtp_range()[0])]
    return SoftphoneProcess(*options, *ports, module="tests.sip.pyvoip_phone")


@pytest.mark.parametrize("who_ends", ["line", "phone"])
def test_a_pyvoip_agent_is_called_hears_speaks_and_either_side_ends(tmp_path: Path, who_ends: str) -> None:
    async def scenario() -> None:
        async with Registrar({"line": "pw", "agent": "pw"}) as registrar:
            account = Registration(registrar.uri, "line", "pw")
            async with rigged(registration=account) as rig, _phone(registrar) as phone:
                rig.line.place("agent", phone.uri, ring_timeout_s=HANGS_S)
                up = await rig.expect(LegConfirmed)
                await phone.expect("confirmed")
                assert up.codec == "PCMU/8000"
                rig.line.play("agent", "p1", tone_wav(tmp_path, 20.0, 700))
                await phone.speak(tone_wav(tmp_path, 10.0, 500))
                # Its sender is paced by sleeps and falls behind on a busy machine: most of the tone is enough.
                spoken, _ = await rig.hear_until("agent", lambda said, _: frames_with_tone(said, 500) > 25)
                # Audio of one law in packets of another is a tone as well, 7 dB above its own distortion.
                assert tone_above_rest_db(spoken, 500) >= 15
                await until(lambda: max(loudness(phone), default=0) > 0.1, "the agent hears the prompt")
                if who_ends == "line":
                    rig.line.hangup("agent")
                else:
                    await phone.hangup()
                end = await rig.expect(LegDisconnected)
                assert (end.sip_status, end.by_peer) == (200, who_ends == "phone")
                await phone.expect("disconnected")

    run(scenario())
