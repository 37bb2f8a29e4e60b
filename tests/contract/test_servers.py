"""The servers of the tests end with their test process, however that one ends."""

from __future__ import annotations

import os
import pwd
import select
import shutil
import subprocess
import sys

import pytest

from tests.servers import identity

_WORKER = """
import sys
from tests import servers
server = getattr(servers, sys.argv[1])().server
print(server.process.pid, server.folder, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("name", ["bao", "postgres", "seaweed"])
def test_a_killed_test_process_leaves_no_server(name: str) -> None:
    command = [sys.executable, "-c", _WORKER, name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        pid, folder = worker.stdout.readline().split()
        server = os.pidfd_open(int(pid))
        try:
            assert select.select([server], [], [], 0)[0] == []
            worker.kill()
            # A process that has ended is what can be read here.
            assert select.select([server], [], [], 60)[0] == [server]
        finally:
            os.close(server)
            shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs programs as somebody else")
def test_a_program_of_another_user_has_no_group_of_roots() -> None:
    """A folder that root's group may not enter, but others may, would be closed to it."""
    told = subprocess.run(["id", "-G"], check=True, capture_output=True, text=True, **identity("nobody"))
    assert told.stdout.split() == [str(pwd.getpwnam("nobody").pw_gid)]
