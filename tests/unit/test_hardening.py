"""The kernel is asked to keep memory in memory, and to let nothing outlive its node."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

_CHILD = """
import signal
from ivr.hardening import die_with_parent
die_with_parent()
print("up", flush=True)
signal.pause()
"""
_PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {_CHILD!r}], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def test_a_process_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdin is not None
    orphan = int(parent.stdout.readline())
    assert _alive(orphan)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdin.close()
    parent.stdout.close()
    gives_up = time.monotonic() + 60
    while _alive(orphan) and time.monotonic() < gives_up:
        time.sleep(0.01)
    assert not _alive(orphan)


def test_no_core_may_be_dumped_once_it_is_forbidden() -> None:
    code = "import resource, ivr.hardening as h; h.forbid_core_dumps(); print(resource.getrlimit(resource.RLIMIT_CORE))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "(0, 0)"


def test_nothing_of_ours_lets_onnx_runtime_call_home() -> None:
    code = "import ivr, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "1"
