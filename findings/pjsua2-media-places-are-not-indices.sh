#!/usr/bin/env bash
# pjsua2-python 2.15.1.post1 (the published wheel of pjsip's Python binding).
# Surprise: CallInfo.media leaves out the lines that the library does not know (fax, or video in this build).
# getAudioMedia(n) takes n as a place in that list, getStreamInfo(n) and getStreamStat(n) as the index of the line in
# the SDP, which is CallMediaInfo.index. For an offer with fax before the audio they are 0 and 1, and each method refuses
# the other's number. Also: JbufState.size counts frames of the codec, which for G.711 are 10 ms, not packets of 20 ms.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pjsua2-python==2.15.1.post1 2>/dev/null
timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import os
import socket
import time

import pjsua2 as pj

calls = []


class Account(pj.Account):
    def onIncomingCall(self, prm):
        call = pj.Call(self, prm.callId)
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

phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
phone.bind(("127.0.0.1", 0))
own = phone.getsockname()[1]
sdp = "\r\n".join(
    ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
    + ["m=image 40000 udptl t38", "m=audio 40002 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", ""]
)
head = [f"INVITE sip:finding@127.0.0.1:{port} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{own};rport;branch=z9hG4bKf"]
head += [f"From: <sip:phone@127.0.0.1:{own}>;tag=1", f"To: <sip:finding@127.0.0.1:{port}>", "Call-ID: finding"]
head += ["CSeq: 1 INVITE", f"Contact: <sip:phone@127.0.0.1:{own}>", "Max-Forwards: 70"]
head += ["Content-Type: application/sdp", f"Content-Length: {len(sdp)}", "", sdp]
phone.sendto("\r\n".join(head).encode(), ("127.0.0.1", port))
until = time.monotonic() + 3
while time.monotonic() < until and not (calls and calls[0].hasMedia()):
    library.libHandleEvents(50)


def works(ask, number):
    try:
        ask(number)
    except pj.Error:
        return False
    return True


call = calls[0]
info = call.getInfo()
media = info.media
print("lines in CallInfo.media:", len(media), "- index of the audio:", media[0].index)
audio = [works(call.getAudioMedia, n) for n in (0, 1)]
stream = [works(call.getStreamInfo, n) for n in (0, 1)]
print("getAudioMedia(0), (1) work: ", audio)
print("getStreamInfo(0), (1) work: ", stream)
details = call.getStreamInfo(1)
parameters = details.audCodecParam
codec = parameters.info
print("a frame of", details.codecName, "in the jitter buffer is", codec.frameLen, "ms")
as_seen = audio == [True, False] and stream == [False, True] and media[0].index == 1 and codec.frameLen == 10
os._exit(not as_seen)
PYTHON
echo "as seen: a place in the list for one, the index of the line for the other"
