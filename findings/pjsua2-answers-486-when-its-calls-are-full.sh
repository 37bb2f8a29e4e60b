#!/usr/bin/env bash
# pjsua2-python 2.15.1.post1 (the published wheel of pjsip's Python binding).
# Surprise: the wheel is compiled for 4 calls, whatever maxCalls asks for, and beyond them the library answers by itself,
# before its user is asked: onIncomingCall is not called, and the caller gets 486 Busy Here without Retry-After. A proxy
# takes 486 for the answer of the person called and tries no other place, where 503 with Retry-After (RFC 3261 section
# 21.5.4) would make it try the next one. Nothing in EpConfig changes the status. So a line must refuse at the transaction
# level, before pjsua sees the INVITE (ivr/sip/pjsip_gate.py does), or never let the fourth place be taken.
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

calls = []


class Account(pj.Account):
    def onIncomingCall(self, prm):
        call = pj.Call(self, prm.callId)
        calls.append(call)
        answer = pj.CallOpParam(True)
        answer.statusCode = 180
        call.answer(answer)


config = pj.EpConfig()
config.uaConfig.maxCalls = 100
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


def invite(name):
    """Call, and return the first answer beyond 100."""
    phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phone.bind(("127.0.0.1", 0))
    phone.setblocking(False)
    own = phone.getsockname()[1]
    sdp = "\r\n".join(
        ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
        + ["m=audio 40002 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", ""]
    )
    via = f"Via: SIP/2.0/UDP 127.0.0.1:{own};rport;branch=z9hG4bK{name}"
    head = [f"INVITE sip:finding@127.0.0.1:{port} SIP/2.0", via]
    head += [f"From: <sip:phone@127.0.0.1:{own}>;tag={name}", f"To: <sip:finding@127.0.0.1:{port}>", f"Call-ID: {name}"]
    head += ["CSeq: 1 INVITE", f"Contact: <sip:phone@127.0.0.1:{own}>", "Max-Forwards: 70"]
    head += ["Content-Type: application/sdp", f"Content-Length: {len(sdp)}", "", sdp]
    phone.sendto("\r\n".join(head).encode(), ("127.0.0.1", port))
    until = time.monotonic() + 3
    while time.monotonic() < until:
        library.libHandleEvents(20)
        try:
            answer = phone.recv(65535).decode()
        except BlockingIOError:
            continue
        if not answer.startswith("SIP/2.0 100"):
            return answer
    return ""


answers = [invite(f"call{number}") for number in range(6)]
statuses = [int(answer.split(" ", 2)[1]) if answer else 0 for answer in answers]
retry = [bool(re.search(r"^Retry-After\s*:", answer, re.IGNORECASE | re.MULTILINE)) for answer in answers]
print("answers to six calls:", statuses, "- with Retry-After:", retry, "- asked of its user:", len(calls))
as_seen = statuses == [180] * 4 + [486] * 2 and not any(retry) and len(calls) == 4
os._exit(not as_seen)
PYTHON
echo "as seen: the fifth call gets 486 from the library itself, without Retry-After, and its user is not asked"
