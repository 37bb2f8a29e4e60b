#!/usr/bin/env bash
# pyVoIP 1.6.8, a SIP telephone in pure Python.
# Surprise: when PCMA was agreed it labels its packets PCMA (payload type 8) and fills them with mu-law. A tone stays a
# tone, so a test that looks for its frequency passes; it stands only 7 to 12 dB above its own distortion. Offer it PCMU alone.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pyVoIP==1.6.8 2>/dev/null
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import audioop
import math
import sys

from pyVoIP.RTP import PayloadType, RTPClient, TransmitType

client = RTPClient({8: PayloadType.PCMA}, "127.0.0.1", 0, "127.0.0.1", 9, TransmitType.SENDRECV)
tone = bytes(128 + round(31 * math.sin(2 * math.pi * 500 * n / 8000)) for n in range(160))
sent = client.encode_packet(tone)
signed = audioop.bias(tone, 1, -128)
print("agreed:", client.preference, "payload type", int(client.preference))
print("filled with A-law: ", sent == audioop.lin2alaw(signed, 1))
print("filled with mu-law:", sent == audioop.lin2ulaw(signed, 1))


def above_rest_db(samples):
    turn = [2 * math.pi * 500 * n / 8000 for n in range(len(samples))]
    a = 2 / len(samples) * sum(s * math.cos(t) for s, t in zip(samples, turn))
    b = 2 / len(samples) * sum(s * math.sin(t) for s, t in zip(samples, turn))
    rest = sum((s - a * math.cos(t) - b * math.sin(t)) ** 2 for s, t in zip(samples, turn))
    return 10 * math.log10((a * a + b * b) / 2 * len(samples) / rest)


linear = memoryview(audioop.alaw2lin(sent, 2)).cast("h")
ratio = above_rest_db(list(linear))
print(f"decoded as A-law, the tone stands {ratio:.1f} dB above the rest")
sys.exit(not (sent == audioop.lin2ulaw(signed, 1) and ratio < 15))
PYTHON
echo "as seen: mu-law in packets that say A-law"
