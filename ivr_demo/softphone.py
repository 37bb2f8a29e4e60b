"""A small scripted SIP telephone: `python -m ivr_demo.softphone --bind 127.0.0.1 --port 0 --auto-answer`.

Commands are JSON lines on standard input, reports are JSON lines on standard output; each report carries `at`, in
seconds of the monotonic clock, comparable between processes of one machine. It holds one call at a time and ends
with its parent.

    {"do": "call", "uri": "sip:…"}   {"do": "answer"}   {"do": "hangup"}   {"do": "hold"}   {"do": "unhold"}
    {"do": "speak", "wav": "path", "id": "…"}   {"do": "digit", "digits": "9", "via": "rfc4733" | "info"}
    {"do": "quit"}
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from pathlib import Path

import numpy as np

from ivr.errors import EXIT_OK, EXIT_USAGE, IvrError
from ivr.hardening import die_with_parent
from ivr.services.ports.telephony import (
    DigitPressed,
    IncomingCall,
    LegConfirmed,
    LegDisconnected,
    LegHeld,
    LegProgress,
    LineEvent,
    PromptEnded,
)
from ivr.sip.line import PjsuaLine
from ivr.sip.settings import FIRST_SOURCE, Registration, SipSettings

_TAP_MS = 200
_RING_TIMEOUT_S = 60.0
_BUSY_HERE = 486
_DECLINE = 603


class Softphone:
    """One telephone. `policy` is what it does when called: answer, busy, decline, or ring (until told)."""

    def __init__(self, line: PjsuaLine, *, policy: str, tap: bool) -> None:
        self._line = line
        self._policy = policy
        self._tap = tap
        self._leg_id = ""
        self._calls = 0

    async def run(self) -> None:
        """Serve until told to quit or standard input ends."""
        self._report("ready", uri=self._line.uri, capacity=self._line.capacity)
        tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._listen())]
        try:
            await self._obey()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _obey(self) -> None:
        stream = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), sys.stdin)
        async for text in stream:
            try:
                command = json.loads(text)
                if command["do"] == "quit":
                    return
                self._do(command)
            except (ValueError, KeyError, TypeError) as failure:
                self._report("error", what=f"not a command: {failure}")

    def _do(self, command: dict[str, str]) -> None:
        match command["do"]:
            case "call":
                self._calls += 1
                self._leg_id = f"call-{self._calls}"
                self._line.place(self._leg_id, command["uri"], ring_timeout_s=_RING_TIMEOUT_S)
            case "answer":
                self._line.answer(self._leg_id)
            case "hangup":
                self._line.hangup(self._leg_id)
            case "hold" | "unhold":
                self._line.set_hold(self._leg_id, held=command["do"] == "hold")
            case "speak":
                self._line.play(self._leg_id, command["id"], Path(command["wav"]))
                self._report("speaking", id=command["id"])
            case "digit":
                self._line.send_digits(self._leg_id, command["digits"], via=command.get("via", "rfc4733"))
                self._report("digit_sent", count=len(command["digits"]))
            case other:
                raise ValueError(f"unknown command '{other}'")

    async def _follow(self) -> None:
        while True:
            self._happened(await self._line.next_event())

    def _happened(self, event: LineEvent) -> None:
        match event:
            case IncomingCall():
                self._called(event)
            case LegProgress():
                self._report("ringing", event.at, status=event.sip_status)
            case LegConfirmed():
                self._report("confirmed", event.at, codec=event.codec, sip_call_id=event.sip_call_id)
            case LegHeld():
                self._report("held" if event.held else "unheld", event.at)
            case DigitPressed():
                self._report("digit_received", event.at)
            case PromptEnded():
                self._report("spoke", event.at, id=event.play_id, completed=event.completed, sent_ms=event.heard_ms)
            case LegDisconnected():
                self._report(
                    "disconnected",
                    event.at,
                    status=event.sip_status,
                    cause=event.hangup_cause,
                    by_peer=event.by_peer,
                    was_confirmed=event.was_confirmed,
                )
                if event.leg_id == self._leg_id:
                    self._leg_id = ""

    def _called(self, call: IncomingCall) -> None:
        if self._leg_id or self._policy in ("busy", "decline"):
            self._line.reject(call.leg_id, _DECLINE if self._policy == "decline" else _BUSY_HERE)
            return
        self._leg_id = call.leg_id
        self._report("incoming", call.at, from_uri=call.from_uri, to_uri=call.to_uri, sip_call_id=call.sip_call_id)
        if self._policy == "answer":
            self._line.answer(call.leg_id)

    async def _listen(self) -> None:
        """Take what is heard; with the tap on, report its level (RMS of full scale, 0 to 1) per 200 ms."""
        heard: list[bytes] = []
        while True:
            await asyncio.sleep(_TAP_MS / 1000)
            while audio := self._line.drain(self._leg_id):
                heard += audio.spoken
            size = _TAP_MS // 20
            while len(heard) >= size:
                part, heard = b"".join(heard[:size]), heard[size:]
                if self._tap:
                    self._report("media", rms=round(rms(part), 4))

    def _report(self, event: str, at: float | None = None, **fields: object) -> None:
        line = json.dumps({"event": event, "at": time.monotonic() if at is None else at, **fields})
        print(line, flush=True)


def rms(pcm: bytes) -> float:
    """Return the root mean square of PCM16 audio, 0 (silence) to 1 (full scale)."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    return float(np.sqrt(np.mean(samples**2)) / 32768) if samples.size else 0.0


def main(arguments: list[str] | None = None) -> int:
    """Run one softphone; returns the exit code."""
    options = _parser().parse_args(arguments)
    # A softphone whose parent was killed must not ring on.
    die_with_parent(by=signal.SIGKILL)
    registration = None
    if options.registrar:
        registration = Registration(options.registrar, options.user, options.password)
    try:
        settings = SipSettings(
            bind=options.bind,
            port=options.port,
            tcp=True,
            udp=not options.tcp,
            codecs=tuple(options.codecs.split(",")),
            srtp=options.srtp,
            registration=registration,
            user=options.user,
            display_name=options.display_name,
            user_agent="ivr-softphone",
            # A line on all addresses names one of them and sends from the one that the way to us asks for.
            rtp_source=FIRST_SOURCE,
            rtp_timeout_s=0,
            answer_timeout_s=0,
        )
        asyncio.run(_serve(settings, policy=options.policy, tap=options.tap))
    except IvrError as failure:
        print(failure, file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt:
        return EXIT_USAGE
    return EXIT_OK


async def _serve(settings: SipSettings, *, policy: str, tap: bool) -> None:
    line = await PjsuaLine.open(settings)
    try:
        await Softphone(line, policy=policy, tap=tap).run()
    finally:
        await line.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ivr_demo.softphone", description="A scripted SIP telephone.")
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="SIP port, 0 for a free one")
    parser.add_argument("--tcp", action="store_true", help="use TCP instead of UDP")
    parser.add_argument("--codecs", default="PCMA,PCMU,G722", help="codecs in order of preference")
    parser.add_argument("--srtp", default="off", choices=("off", "optional", "mandatory"))
    parser.add_argument("--user", default="softphone")
    parser.add_argument("--display-name", default="")
    parser.add_argument("--registrar", default="", help="registrar URI to register at")
    parser.add_argument("--password", default="")
    parser.add_argument("--tap", action="store_true", help="report the level of what is heard")
    policy = parser.add_mutually_exclusive_group()
    for name, value in (("auto-answer", "answer"), ("busy", "busy"), ("decline", "decline"), ("ring-only", "ring")):
        policy.add_argument(f"--{name}", dest="policy", action="store_const", const=value)
    parser.set_defaults(policy="ring")
    return parser


if __name__ == "__main__":
    sys.exit(main())
