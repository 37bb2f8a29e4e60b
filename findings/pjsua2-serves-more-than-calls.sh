#!/usr/bin/env bash
# pjsua2-python 2.15.1.post1 (module pjsua2), an endpoint with one account and no code of ours for anything but its start.
# Surprise: it serves whoever asks. SUBSCRIBE from a stranger is answered 200 and followed by NOTIFY requests to the address in
# its Contact; MESSAGE and NOTIFY are answered 200 and vanish; REGISTER, PUBLISH and unknown methods get no answer at all,
# so that a peer repeats them for 32 s. Allow names REFER, which it would obey in a call. Decide each method before it does.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pjsua2-python==2.15.1.post1 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON'
import socket
import sys

import pjsua2 as pj

endpoint = pj.Endpoint()
endpoint.libCreate()
config = pj.EpConfig()
config.uaConfig.threadCnt = 0
config.uaConfig.mainThreadOnly = True
config.logConfig.level = config.logConfig.consoleLevel = 0
endpoint.libInit(config)
transport = pj.TransportConfig()
transport.boundAddress = "127.0.0.1"
number = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
endpoint.libStart()
endpoint.audDevManager().setNullDev()
port = int(endpoint.transportGetInfo(number).localName.rpartition(":")[2])
settings = pj.AccountConfig()
settings.idUri = f"sip:a@127.0.0.1:{port}"
account = pj.Account()
account.create(settings)

asker, third = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
for each in (asker, third):
    each.bind(("127.0.0.1", 0))
    each.setblocking(False)


def received(by):
    found = []
    try:
        while True:
            found.append(by.recv(4000).decode())
    except BlockingIOError:
        return found


def ask(method, *headers):
    lines = [
        f"{method} sip:a@127.0.0.1:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{asker.getsockname()[1]};rport;branch=z9hG4bK{method}",
        "From: <sip:b@127.0.0.1>;tag=1",
        "To: <sip:a@127.0.0.1>",
        f"Call-ID: {method}",
        f"CSeq: 1 {method}",
        "Max-Forwards: 70",
        f"Contact: <sip:c@127.0.0.1:{third.getsockname()[1]}>",
        *headers,
        "Content-Length: 0",
    ]
    asker.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), ("127.0.0.1", port))
    for _ in range(40):
        endpoint.libHandleEvents(20)
    answers = received(asker)
    return answers[0] if answers else ""


seen = {
    "SUBSCRIBE": ask("SUBSCRIBE", "Event: presence", "Expires: 60"),
    "MESSAGE": ask("MESSAGE", "Content-Type: text/plain"),
    "NOTIFY": ask("NOTIFY", "Event: message-summary", "Subscription-State: active"),
    "REGISTER": ask("REGISTER"),
    "PUBLISH": ask("PUBLISH", "Event: presence"),
    "X": ask("X"),
}
for method, answer in seen.items():
    print(f"{method}: {answer.splitlines()[0] if answer else 'no answer'}")
to_third = [text.split(" ", 1)[0] for text in received(third)]
print("to the address in Contact, from which nothing came:", to_third)
options = ask("OPTIONS")
allow = next(line for line in options.splitlines() if line.startswith("Allow:"))
print(allow)
account.shutdown()
del account
endpoint.libDestroy()
taken = {method for method, answer in seen.items() if answer.startswith("SIP/2.0 200")}
as_seen = taken == {"SUBSCRIBE", "MESSAGE", "NOTIFY"} and not any(seen[method] for method in ("REGISTER", "PUBLISH", "X"))
sys.stdout.flush()
sys.exit(not (as_seen and "NOTIFY" in to_third and "REFER" in allow))
PYTHON
echo "as seen: subscriptions of strangers are kept, other requests are left without an answer"
