"""SIGKILL at every step of a retention run: the next one ends the same, with one certificate each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import KINDS, fresh_url

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_killed_at_any_step_is_finished_by_the_next_with_one_certificate_each(kind: str, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.integration.retention_crash_driver",
        fresh_url(kind, tmp_path),
        str(tmp_path),
    ]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False, cwd=root)
    assert done.returncode == 0, done.stderr
    deaths = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(deaths) > {"sqlite": 30, "postgresql": 10}[kind]
    for death in deaths:
        assert death["told"] == [["PURGED", False, False, 1]] * 3, death
        assert death["chain"] == [], death
        assert death["ok"], death
