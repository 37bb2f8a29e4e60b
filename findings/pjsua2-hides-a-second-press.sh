#!/usr/bin/env bash
# pjsua2-python 2.15.1.post1 (the published wheel of pjsip's Python binding), keys by RFC 4733 and by SIP INFO.
# Surprise: what is a new press is decided by digit and duration, not by the RTP time at which a press began (RFC 4733
# section 2.5.1.2). So a second press of a key is no new one when its first packet is lost, or when a gateway writes one
# duration into every packet: it comes as an "update". onDtmfEvent shows the time of each packet, which tells them apart.
# INFO is read by exact case: `signal=9` gets 400; `application/dtmf` with "9" gets 500, and the key is lost.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pjsua2-python==2.15.1.post1 2>/dev/null
timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import os
import re
import socket
import time

import pjsua2 as pj

calls, digits, events = [], [], []


class Call(pj.Call):
    def onDtmfDigit(self, prm):
        digits.append(prm.digit)

    def onDtmfEvent(self, prm):
        events.append((prm.digit, prm.timestamp))


class Account(pj.Account):
    def onIncomingCall(self, prm):
        call = Call(self, prm.callId)
        calls.append(call)
        answer = pj.CallOpParam(True)
        answer.statusCode = 200
        call.answer(answer)


config = pj.EpConfig()
config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
config.logConfig.level = config.logConfig.consoleLevel = 0
library = pj.Endpoint()
library.libCreate()
library.libInit(config)
library.audDevManager().setNullDev()
transport = pj.TransportConfig()
transport.boundAddress = "127.0.0.1"
number = library.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
port = int(library.transportGetInfo(number).localName.rsplit(":", 1)[1])
library.libStart()
account_config = pj.AccountConfig()
account_config.idUri = f"sip:finding@127.0.0.1:{port}"
account = Account()
account.create(account_config)

phone, rtp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
for one in (phone, rtp):
    one.bind(("127.0.0.1", 0))
    one.setblocking(False)
own, media = phone.getsockname()[1], rtp.getsockname()[1]
tag = ""


def turn(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        library.libHandleEvents(20)


def ask(method, sequence, kind="", body=""):
    """Send a request, return the last answer."""
    global tag
    head = [f"{method} sip:finding@127.0.0.1:{port} SIP/2.0"]
    head += [f"Via: SIP/2.0/UDP 127.0.0.1:{own};rport;branch=z9hG4bK{method}{sequence}"]
    head += [f"From: <sip:phone@127.0.0.1:{own}>;tag=1", f"To: <sip:finding@127.0.0.1:{port}>{tag}", "Call-ID: finding"]
    head += [f"CSeq: {sequence} {method}", f"Contact: <sip:phone@127.0.0.1:{own}>", "Max-Forwards: 70"]
    head += [f"Content-Type: {kind}"] if kind else []
    phone.sendto("\r\n".join([*head, f"Content-Length: {len(body)}", "", body]).encode(), ("127.0.0.1", port))
    turn(0.3)
    answer = ""
    while True:
        try:
            answer = phone.recv(8000).decode()
        except BlockingIOError:
            break
    if method == "INVITE":
        tag = ";tag=" + re.search(r"^To:.*;tag=([^;\s]+)", answer, re.MULTILINE).group(1)
    return answer


sdp = "\r\n".join(
    ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", f"m=audio {media} RTP/AVP 8 101"]
    + ["a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", ""]
)
answer = ask("INVITE", 1, "application/sdp", sdp)
there = ("127.0.0.1", int(re.search(r"^m=audio (\d+)", answer, re.MULTILINE).group(1)))
ask("ACK", 1)
sequence = 100
for begin in (4000, 8000):
    for end in (0, 0, 0, 0x80, 0x80, 0x80):
        packet = bytes([0x80, 101]) + sequence.to_bytes(2, "big") + begin.to_bytes(4, "big") + bytes([0, 0, 0, 7])
        rtp.sendto(packet + bytes([9, end | 10]) + (800).to_bytes(2, "big"), there)
        sequence += 1
        turn(0.02)
turn(0.3)
begun, told = sorted({at for digit, at in events}), len(digits)
print("two presses of 9, each 100 ms by all of its packets")
print("onDtmfDigit:", told, "- times in onDtmfEvent (ms):", begun)
relay, plain = "application/dtmf-relay", "application/dtmf"
statuses = [
    ask("INFO", 2, relay, "Signal=9\r\nDuration=160\r\n")[8:11],
    ask("INFO", 3, relay, "signal=9\r\nduration=160\r\n")[8:11],
    ask("INFO", 4, plain, "9")[8:11],
]
print("INFO Signal=9, signal=9, application/dtmf 9:", ", ".join(statuses))
as_seen = told == 1 and begun == [500, 1000] and statuses == ["200", "400", "500"]
os._exit(not as_seen)
PYTHON
echo "as seen: one press told of two, and INFO read by exact case"
