#!/usr/bin/env bash
# sipp 3.6.1 (Debian sip-tester 1:3.6.1-1), action rtp_stream with a raw A-law file played once.
# Surprise: when the file's length is no multiple of 160 bytes, the last packet is neither short nor filled with silence:
# it is completed with the first bytes of the file. A tone then ends in a click, and a dictated test call ends with the
# beginning of its first word. Pad the file to whole packets yourself.
# Prints what was seen; exits 1 when it no longer happens. Everything stays on 127.0.0.1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "sip-tester=1:3.6.1-1*" >/dev/null 2>&1
dpkg -x sip-tester_*.deb package
cat >scenario.xml <<'XML'
<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="plays a file once">
  <send><![CDATA[
INVITE sip:peer@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:sipp@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:peer@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:sipp@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
  <recv response="200" rtd="true"/>
  <send><![CDATA[
ACK sip:peer@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:sipp@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:peer@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0
]]></send>
  <nop><action><exec rtp_stream="sound.al,1,8,PCMA/8000"/></action></nop>
  <pause milliseconds="600"/>
</scenario>
XML
python3 - <<'PYTHON'
import re
import socket
import subprocess
import sys

PACKET, TAIL = 160, 40
sound = bytes(range(1, 41)) * 4 + bytes([99]) * PACKET * 3 + bytes([77]) * TAIL
open("sound.al", "wb").write(sound)

sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for one in (sip, rtp):
    one.bind(("127.0.0.1", 0))
    one.settimeout(5)
sipp = subprocess.Popen(
    [
        "package/usr/bin/sipp", "-sf", "scenario.xml", "-i", "127.0.0.1", "-m", "1", "-timeout", "10s", "-nostdin",
        "-mp", "26000", f"127.0.0.1:{sip.getsockname()[1]}",
    ],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)  # fmt: skip
try:
    invite, peer = sip.recvfrom(4096)
    head = {name.lower(): value for name, value in re.findall(r"^([\w-]+): *(.*?)\r?$", invite.decode(), re.MULTILINE)}
    body = (
        f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {rtp.getsockname()[1]} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
    )
    answer = (
        f"SIP/2.0 200 OK\r\nVia: {head['via']}\r\nFrom: {head['from']}\r\nTo: {head['to']};tag=peer\r\n"
        f"Call-ID: {head['call-id']}\r\nCSeq: {head['cseq']}\r\nContact: <sip:peer@127.0.0.1:{sip.getsockname()[1]}>\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    sip.sendto(answer.encode(), peer)
    packets = [rtp.recv(2048)[12:] for _ in range(5)]
finally:
    sipp.terminate()
    sipp.wait(10)
last = packets[-1]
print(f"file: {len(sound)} bytes = 4 packets and {TAIL} bytes; last packet: {len(last)} bytes,")
print(f"  {TAIL} of the file's end, then {sum(a == b for a, b in zip(last[TAIL:], sound))} equal to the file's first bytes")
sys.exit(last != sound[-TAIL:] + sound[: PACKET - TAIL])
PYTHON
echo "as seen: the last packet is completed with the beginning of the file"
