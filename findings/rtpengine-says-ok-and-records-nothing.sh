#!/usr/bin/env bash
# rtpengine 10.5 (Debian rtpengine-daemon 10.5.3.5), used as a media relay that forks recordings.
# Surprise: with --recording-method=proc and no kernel module (any container, most virtual machines) the command
# "start recording" is answered "ok" and nothing is ever written; a line in the relay's own log is the only sign, and
# "query" tells neither way. Whoever asked has no way to know. Method pcap, asked the same way, does write a file.
# Prints what was seen; exits 1 when it no longer happens. Everything stays on 127.0.0.1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "rtpengine-daemon=10.5.3.5*" >/dev/null 2>&1
dpkg -x rtpengine-daemon_*.deb package
ldd package/usr/bin/rtpengine | grep -q "not found" && apt-get install -y -qq --no-install-recommends rtpengine-daemon >/dev/null 2>&1
cat >trial.py <<'PYTHON'
import os
import socket
import subprocess
import sys
import time


def encode(value):
    if isinstance(value, dict):
        return b"d" + b"".join(encode(key) + encode(value[key]) for key in sorted(value)) + b"e"
    text = value.encode()
    return str(len(text)).encode() + b":" + text


def sdp(port):
    return f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"


def free(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def trial(method):
    control, base = free(), 40000
    folder = os.path.abspath(method)
    os.makedirs(folder)
    relay = subprocess.Popen(
        ["package/usr/bin/rtpengine", "--interface=127.0.0.1", f"--listen-ng=127.0.0.1:{control}", "--foreground",
         "--log-stderr", "--table=-1", f"--recording-method={method}", f"--recording-dir={folder}",
         f"--port-min={base}", f"--port-max={base + 99}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    parties = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asker.settimeout(0.5)
    for one in parties:
        one.bind(("127.0.0.1", 0))

    def ask(**command):
        # A cookie that was used is a retransmission: it gets the earlier answer again.
        for cookie in (f"{command['command']}-{attempt}".replace(" ", "-") for attempt in range(20)):
            asker.sendto(cookie.encode() + b" " + encode(command), ("127.0.0.1", control))
            try:
                return asker.recv(65535).split(b" ", 1)[1]
            except (TimeoutError, ConnectionRefusedError):
                time.sleep(0.1)
        raise SystemExit("rtpengine does not answer")

    try:
        call = {"call-id": "trial", "from-tag": "a"}
        offer = ask(command="offer", sdp=sdp(parties[0].getsockname()[1]), **call)
        answer = ask(command="answer", sdp=sdp(parties[1].getsockname()[1]), **{"to-tag": "b"}, **call)
        said = ask(command="start recording", **call)
        at = [int(reply.split(b"m=audio ")[1].split()[0]) for reply in (answer, offer)]
        for number in range(50):
            packet = b"\x80\x08" + number.to_bytes(2, "big") + (160 * number).to_bytes(4, "big") + b"\0\0\0\1" + b"\xd5" * 160
            for party, port in zip(parties, at):
                party.sendto(packet, ("127.0.0.1", port))
            time.sleep(0.01)
        ask(command="delete", **call)
    finally:
        relay.terminate()
        relay.wait(10)
    audio = [name for _, _, names in os.walk(folder) for name in names if name.endswith((".pcap", ".wav"))]
    print(f"{method}: start recording -> {'ok' if b'6:result2:ok' in said else said!r}; audio files: {len(audio)}")
    return b"6:result2:ok" in said, len(audio)


sys.exit(not (trial("proc") == (True, 0) and trial("pcap") == (True, 1)))
PYTHON
python3 trial.py
echo "as seen: method proc without the kernel module answers ok and records nothing"
