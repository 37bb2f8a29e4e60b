"""`ivr queue show`, `ready` and `pause`, for who runs the nodes; a denial stands in the evidence."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.queues import open_queues
from ivr.cli.queue import queue
from ivr.domain.queue.place import Place
from ivr.settings import load_settings
from tests.databases import fresh_url
from tests.integration.house import REPOSITORY

QUEUES = """
[agents.marie]
skills = ["sante"]
uris = ["sip:marie@127.0.0.1:5070"]
[queues.sante]
skills = ["sante"]
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    shutil.copytree(REPOSITORY / "config", tmp_path / "config")
    (tmp_path / "config" / "queues.toml").write_text(QUEUES, "utf-8")
    given = {
        "IVR_CONFIG": str(tmp_path / "config"),
        "IVR_NODE__DATA_DIR": str(tmp_path / "var"),
        "IVR_DATABASE__URL": fresh_url("sqlite", tmp_path),
    }
    open_archive(load_settings(tmp_path / "config", given), create=True).close()
    return given


def run(env: dict[str, str], *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(queue, [*arguments, "--role", "operator"], env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, done.output


def told(env: dict[str, str], *arguments: str) -> Any:
    return json.loads(run(env, *arguments, "--json")[1])


def wait(env: dict[str, str], call_id: str) -> None:
    settings = load_settings(Path(env["IVR_CONFIG"]), env)
    archive = open_archive(settings)
    now = datetime.now(UTC)
    try:
        assert open_queues(settings, archive).join(Place(call_id, "sante", now, "line-0", now), now)
    finally:
        archive.close()


def test_who_waits_why_and_what_agents_do_is_shown(env: dict[str, str]) -> None:
    wait(env, "call-1")
    found = told(env, "show")
    assert [(one["call"], one["position"], one["why"]) for one in found["places"]] == [
        ("call-1", 1, "No agent who has its skills is ready.")
    ]
    assert [(one["agent"], one["state"], one["pause"]) for one in found["agents"]] == [("marie", "paused", "absent")]
    code, shown = run(env, "show")
    assert code == 0
    assert "Aucun agent qui a les compétences demandées n'est disponible." in shown
    assert "marie  en pause (absent)" in shown


def test_an_agent_is_let_in_and_paused(env: dict[str, str]) -> None:
    assert told(env, "ready", "marie")["state"] == "ready"
    assert told(env, "show")["agents"][0]["state"] == "ready"
    assert told(env, "pause", "marie", "--name", "déjeuner")["pause"] == "déjeuner"
    assert run(env, "ready", "marie")[1] == "marie : disponible.\n"
    code, output = run(env, "ready", "mari")
    assert code == 2
    assert "marie" in output


def test_without_the_right_nothing_is_shown(env: dict[str, str]) -> None:
    done = CliRunner().invoke(queue, ["show", "--role", "agent"], env=env)
    assert done.exit_code == 1
