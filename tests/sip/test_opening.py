"""Opening and closing a line: ports, registration, and the end of the process."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ivr.errors import EXIT_ENVIRONMENT, HostError
from ivr.services.ports.telephony import LegConfirmed, LegDisconnected
from ivr.sip.endpoint import EndpointThread
from ivr.sip.line import PjsuaLine
from ivr.sip.prompter import Prompter
from ivr.sip.settings import Registration, SipSettings
from ivr_demo.softphone_process import SoftphoneProcess
from tests.fakes.registrar import Registrar
from tests.sip.raw_peer import HANGS_S
from tests.sip.rig import Sipp, rigged, run, tone_wav


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_port_in_use_is_named_with_its_remedy(kind: socket.SocketKind) -> None:
    async def scenario() -> None:
        with socket.socket(socket.AF_INET, kind) as other:
            other.bind(("127.0.0.1", 0))
            if kind == socket.SOCK_STREAM:
                other.listen()
            port = other.getsockname()[1]
            with pytest.raises(HostError) as refusal:
                await PjsuaLine.open(SipSettings(port=port))
            assert f"127.0.0.1:{port}" in str(refusal.value)
            assert "in use" in str(refusal.value)
            assert "sip.port" in refusal.value.remedy
            assert refusal.value.exit_code == EXIT_ENVIRONMENT

    run(scenario())


@pytest.mark.parametrize("set_before", ["", "timeout:3"])
def test_a_name_that_nobody_answers_for_is_looked_up_for_a_second_unless_set_otherwise(
    set_before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The C library reads the bound from the environment (resolv.conf(5))."""
    monkeypatch.setenv("RES_OPTIONS", set_before)
    if not set_before:
        monkeypatch.delenv("RES_OPTIONS")

    async def scenario() -> None:
        async with rigged():
            assert os.environ["RES_OPTIONS"] == (set_before or "timeout:1 attempts:1")

    run(scenario())


def test_an_address_that_is_not_ours_is_named() -> None:
    async def scenario() -> None:
        with pytest.raises(HostError, match=r"192\.0\.2\.1.*sip\.bind"):
            await PjsuaLine.open(SipSettings(bind="192.0.2.1"))

    run(scenario())


def test_after_a_refused_port_the_next_line_opens() -> None:
    async def scenario() -> None:
        with pytest.raises(HostError):
            await PjsuaLine.open(SipSettings(bind="192.0.2.1"))
        async with rigged() as rig:
            assert rig.line.port > 0
            with pytest.raises(HostError, match="already has a SIP endpoint"):
                await PjsuaLine.open(SipSettings())

    run(scenario())


def test_a_chosen_port_is_used_and_free_again_afterwards() -> None:
    async def scenario() -> None:
        async with rigged() as rig:
            port = rig.line.port
        for _ in range(3):
            async with rigged(port=port) as rig:
                assert rig.line.uri == f"sip:ivr@127.0.0.1:{port}"

    run(scenario())


def test_the_advertised_address_is_what_the_peer_sees(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = rigged(public_address="198.51.100.7", answer_timeout_s=0.3)
        async with settings as rig, Sipp("caller_rings_out", tmp_path, to=rig.line.port) as sipp:
            assert "198.51.100.7" in rig.line.uri
            await rig.expect(LegDisconnected)
            await sipp.passed()
            assert "Contact: <sip:ivr@198.51.100.7:" in sipp.messages()

    run(scenario())


def test_the_line_registers_with_digest_and_is_reached_through_the_registrar() -> None:
    async def scenario() -> None:
        async with Registrar({"hotline": "s3cret"}) as registrar:
            account = Registration(registrar.uri, "hotline", "s3cret")
            assert "s3cret" not in repr(account)
            async with rigged(registration=account) as rig:
                assert await rig.line.registered() == 200
                assert "hotline" in registrar.registered
                assert registrar.challenges == 1
                async with SoftphoneProcess() as phone:
                    await phone.call(f"sip:hotline@127.0.0.1:{registrar.port}")
                    up = await rig.take_call()
                    await phone.expect("confirmed")
                    rig.line.hangup(up.leg_id)
                    await phone.expect("disconnected")
            await registrar.wait_for("hotline", registered=False)

    run(scenario())


def test_a_wrong_password_is_refused_once_and_told() -> None:
    async def scenario() -> None:
        async with Registrar({"hotline": "s3cret"}) as registrar:
            account = Registration(registrar.uri, "hotline", "wrong")
            async with rigged(registration=account) as rig:
                assert await rig.line.registered() == 403
                assert not registrar.registered

    run(scenario())


def test_closing_ends_every_call_and_tells_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("caller_waits", tmp_path, to=rig.line.port, calls=2) as sipp:
            legs = set(await rig.take_calls(2))
            await rig.line.close()
            ends = [await rig.expect(LegDisconnected) for _ in range(2)]
            assert {end.leg_id for end in ends} == legs
            assert not any(end.by_peer for end in ends)
            await sipp.passed()

    run(scenario())


_PROGRAM = """
import asyncio, sys
from pathlib import Path
from ivr.services.ports.telephony import IncomingCall, LegConfirmed
from ivr.sip.line import PjsuaLine
from ivr.sip.settings import SipSettings

async def main():
    line = await PjsuaLine.open(SipSettings())
    print(line.port, flush=True)
    while True:
        event = await line.next_event()
        if isinstance(event, IncomingCall):
            line.answer(event.leg_id)
        if isinstance(event, LegConfirmed):
            break
    line.play(event.leg_id, "p", Path(sys.argv[1]), loop=True)
    await asyncio.sleep(0.3)
    if sys.argv[2] == "close":
        await line.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("ending", ["close", "forget"])
def test_a_process_that_ends_in_mid_call_says_bye_and_exits_with_0(tmp_path: Path, ending: str) -> None:
    async def scenario() -> None:
        tone = tone_wav(tmp_path, 0.5, 500)
        for _ in range(2):
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                _PROGRAM,
                str(tone),
                ending,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                assert child.stdout is not None
                port = int(await child.stdout.readline())
                async with SoftphoneProcess() as phone:
                    await phone.call(f"sip:ivr@127.0.0.1:{port}")
                    await phone.expect("disconnected")
                    output, errors = await child.communicate()
                assert (child.returncode, output, errors) == (0, b"", b"")
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()

    run(scenario())


def test_a_softphone_ends_with_its_parent() -> None:
    program = "\n".join(
        (
            "import os, subprocess, sys",
            "phone = subprocess.Popen([sys.executable, '-m', 'ivr_demo.softphone'],",
            "                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)",
            "phone.stdout.readline()",
            "print(phone.pid, flush=True)",
            "os.kill(os.getpid(), 9)",
        )
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, timeout=HANGS_S, check=False)
    pid = int(done.stdout)

    deadline = time.monotonic() + HANGS_S
    while _is_running(pid):
        assert time.monotonic() < deadline, "the softphone outlived its parent"
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_softphone_that_cannot_open_its_port_says_so() -> None:
    async def scenario() -> None:
        async with rigged() as rig:
            phone = SoftphoneProcess("--port", str(rig.line.port))
            with pytest.raises(HostError, match=r"code 3"):
                await phone.start()

    run(scenario())


def test_an_endpoint_that_dies_is_told_to_whoever_waits_for_events(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with rigged() as rig:

            def broken(_: EndpointThread, __: int) -> None:
                raise RuntimeError("the library is broken")

            monkeypatch.setattr(EndpointThread, "turn", broken)
            with pytest.raises(HostError, match="stopped by itself"):
                await rig.line.next_event()
            monkeypatch.undo()

    run(scenario())


def test_a_command_that_fails_does_not_take_the_line_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("no such prompt")

    async def scenario() -> None:
        async with rigged() as rig, Sipp("caller_waits", tmp_path, to=rig.line.port) as sipp:
            up = await rig.take_call()
            monkeypatch.setattr(Prompter, "play", failing)
            rig.line.play(up.leg_id, "p", tmp_path / "x.wav")
            rig.line.hangup(up.leg_id)
            await rig.expect(LegDisconnected)
            await sipp.passed()

    run(scenario())


def test_many_calls_one_after_the_other_leave_the_line_whole(tmp_path: Path) -> None:
    async def scenario() -> None:
        calls = 40
        async with rigged() as rig:
            async with Sipp(
                "caller_hangs_up_at_once", tmp_path, to=rig.line.port, calls=calls, options=("-l", "1", "-r", "20")
            ) as sipp:
                ended = 0
                while ended < calls:
                    event = await asyncio.wait_for(rig.line.next_event(), HANGS_S)
                    if isinstance(event, LegDisconnected):
                        ended += 1
                    elif not isinstance(event, LegConfirmed):
                        rig.line.answer(event.leg_id)
                await sipp.passed()
            await rig.all_free()

    run(scenario())
