#!/usr/bin/env bash
# Kamailio 5.6.3 (Debian kamailio 5.6.3-2), module dispatcher, function ds_is_from_list(set, mode).
# Surprise: an entry of the list that names no transport ("1 sip:127.0.0.2:5060"), which calls are sent to by UDP, is like
# no source at all in the modes that compare transports: a request by UDP from exactly this address and port is told to be
# from the list in mode 2 and 3 (transport not compared), and not in mode 0, the strictest, nor 1 (port not compared).
# With ";transport=udp" at the entry all four say yes. Without a mode, the function is as lax as mode 2, not as strict
# as 0. A proxy that lets its gateways in by mode 0 shuts them all out.
# Prints what was seen; exits 1 when it no longer happens. Everything stays on 127.0.0.0/8.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "kamailio=5.6.3-2*" >/dev/null 2>&1
dpkg -x kamailio_*.deb package
cat >edge.cfg <<'CFG'
#!KAMAILIO
debug=0
log_stderror=yes
children=1
auto_aliases=no
listen=LISTEN
mpath=MODULES
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "tm.so"
loadmodule "dispatcher.so"
modparam("dispatcher", "list_file", LIST)
request_route {
  $var(said) = "";
  if (ds_is_from_list("1")) { $var(said) = $var(said) + "n"; }
  if (ds_is_from_list("1", "0")) { $var(said) = $var(said) + "0"; }
  if (ds_is_from_list("1", "1")) { $var(said) = $var(said) + "1"; }
  if (ds_is_from_list("1", "2")) { $var(said) = $var(said) + "2"; }
  if (ds_is_from_list("1", "3")) { $var(said) = $var(said) + "3"; }
  sl_send_reply("200", "said $var(said)");
}
CFG
python3 - <<'PYTHON'
import socket
import subprocess
import sys
import time


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def asked(parameter: str) -> str:
    """Which modes find the source in the list: n without a mode."""
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.2", 0))
        peer.settimeout(0.3)
        own = f"127.0.0.2:{peer.getsockname()[1]}"
        with open("list", "w") as file:
            file.write(f"1 sip:{own}{parameter} 0\n")
        command = ["package/usr/sbin/kamailio", "-DD", "-E", "-m", "32", "-w", ".", "-Y", ".", "-f", "edge.cfg"]
        command += ["-A", f"LISTEN=udp:127.0.0.1:{port}", "-A", 'LIST="list"']
        command += ["-A", 'MODULES="package/usr/lib/x86_64-linux-gnu/kamailio/modules/"']
        libraries = {"LD_LIBRARY_PATH": "package/usr/lib/x86_64-linux-gnu/kamailio"}
        proxy = subprocess.Popen(command, env=libraries, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for number in range(100):
                lines = [f"OPTIONS sip:127.0.0.1:{port} SIP/2.0", f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{number}"]
                lines += [f"From: <sip:a@{own}>;tag=1", "To: <sip:b@127.0.0.1>", f"Call-ID: {number}"]
                lines += ["CSeq: 1 OPTIONS", "Max-Forwards: 70", "Content-Length: 0", "", ""]
                peer.sendto("\r\n".join(lines).encode(), ("127.0.0.1", port))
                try:
                    return peer.recv(4096).decode().split("\r\n", 1)[0].partition("said ")[2]
                except OSError:
                    time.sleep(0.1)
            raise SystemExit("kamailio does not answer")
        finally:
            proxy.terminate()
            proxy.wait(20)


plain, named = asked(""), asked(";transport=udp")
print(f"entry without transport: found by '{plain}'; with ;transport=udp: by '{named}' (n: no mode)")
sys.exit(0 if (plain, named) == ("n23", "n0123") else 1)
PYTHON
