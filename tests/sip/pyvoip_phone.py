"""A headless telephone on a second, independent SIP stack (pyVoIP): answers every call, speaks, listens.

`python -m tests.sip.pyvoip_phone --registrar 127.0.0.1:5060 --user agent --password …` registers there (pyVoIP has no
other way to be reached). Commands and reports are JSON lines as those of `ivr_demo.softphone`:

    {"do": "speak", "wav": "path", "id": "…"}   {"do": "hangup"}   {"do": "quit"}
    ready, confirmed, spoke, media (with --tap), disconnected
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ivr.hardening import die_with_parent
from ivr.sip.prompt_frames import load_prompt

with warnings.catch_warnings():
    # It still imports audioop, which Python 3.13 drops; this project ends at 3.12.
    warnings.simplefilter("ignore", DeprecationWarning)
    import pyVoIP
    from pyVoIP.RTP import PayloadType
    from pyVoIP.VoIP import CallState, InvalidStateError, PhoneStatus, VoIPPhone

_FRAME_BYTES = 160
_TAP_FRAMES = 10
_REGISTER_S = 10.0
_CENTRE = 128
"""pyVoIP speaks 8-bit unsigned audio: 128 is silence."""


class PyvoipPhone:
    """One registered telephone that answers at once. One call at a time matters; others are answered and ignored."""

    def __init__(self, *, tap: bool) -> None:
        self._tap = tap
        self._call: Any = None
        self._printing = threading.Lock()

    def report(self, event: str, **fields: object) -> None:
        with self._printing:
            print(json.dumps({"event": event, "at": time.monotonic(), **fields}), flush=True)

    def called(self, call: Any) -> None:
        """Answer and follow a call to its end; pyVoIP runs this on a thread of the call's own."""
        try:
            call.answer()
        except InvalidStateError:
            # It tells some calls twice; the first telling has answered.
            return
        self._call = call
        self.report("confirmed", sip_call_id=call.call_id)
        heard: list[bytes] = []
        while call.state == CallState.ANSWERED:
            heard.append(call.read_audio(_FRAME_BYTES, blocking=False))
            if len(heard) == _TAP_FRAMES:
                if self._tap:
                    self.report("media", rms=round(_rms(b"".join(heard)), 4))
                heard.clear()
            time.sleep(_FRAME_BYTES / 8000)
        self.report("disconnected")

    def speak(self, wav: Path, play_id: str) -> None:
        """Send a WAV file (PCM16, 8 or 16 kHz); reports when its last sample is due to have been sent."""
        if self._call is None:
            raise ValueError("there is no call")
        prompt = load_prompt(wav, 8000)
        samples = np.frombuffer(b"".join(prompt.frames), dtype="<i2")
        self._call.write_audio(((samples >> 8) + _CENTRE).astype(np.uint8).tobytes())
        timer = threading.Timer(prompt.duration_ms / 1000, lambda: self.report("spoke", id=play_id))
        timer.daemon = True
        timer.start()

    def hangup(self) -> None:
        if self._call is not None and self._call.state == CallState.ANSWERED:
            self._call.hangup()

    def obey(self) -> None:
        """Serve the commands on standard input until told to quit."""
        for text in sys.stdin:
            try:
                command = json.loads(text)
                match command["do"]:
                    case "speak":
                        self.speak(Path(command["wav"]), command["id"])
                    case "hangup":
                        self.hangup()
                    case "quit":
                        return
                    case other:
                        raise ValueError(f"unknown command '{other}'")
            except (ValueError, KeyError, TypeError) as failure:
                self.report("error", what=f"not a command: {failure}")


def _rms(unsigned: bytes) -> float:
    samples = np.frombuffer(unsigned, dtype=np.uint8).astype(np.float64) - _CENTRE
    return float(np.sqrt(np.mean(samples**2)) / _CENTRE) if samples.size else 0.0


def main(arguments: list[str] | None = None) -> int:
    """Run one phone; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.sip.pyvoip_phone", description="A headless SIP telephone.")
    parser.add_argument("--registrar", required=True, help="HOST:PORT of the registrar, UDP")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", default="")
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="SIP port")
    parser.add_argument("--rtp-port", type=int, required=True, help="first of ten RTP ports")
    parser.add_argument("--tap", action="store_true", help="report the level of what is heard")
    options = parser.parse_args(arguments)
    die_with_parent(by=signal.SIGKILL)
    # It writes mu-law whatever was agreed, so mu-law alone is agreed.
    pyVoIP.RTPCompatibleCodecs[:] = [PayloadType.PCMU, PayloadType.EVENT]
    host, port = options.registrar.rsplit(":", 1)
    phone = PyvoipPhone(tap=options.tap)
    stack = VoIPPhone(
        host,
        int(port),
        options.user,
        options.password,
        myIP=options.bind,
        callCallback=phone.called,
        sipPort=options.port,
        rtpPortLow=options.rtp_port,
        rtpPortHigh=options.rtp_port + 9,
    )
    stack.start()
    deadline = time.monotonic() + _REGISTER_S
    while stack.get_status() == PhoneStatus.REGISTERING and time.monotonic() < deadline:
        time.sleep(0.05)
    registered = stack.get_status() == PhoneStatus.REGISTERED
    if registered:
        phone.report("ready", uri=f"sip:{options.user}@{options.registrar}")
        phone.obey()
    else:
        print(f"{options.registrar}: registration of '{options.user}' failed", file=sys.stderr)
    stack.stop()
    sys.stdout.flush()
    # pyVoIP's threads are not daemons and one of them may wait for a packet that never comes.
    os._exit(0 if registered else 3)


if __name__ == "__main__":
    sys.exit(main())
