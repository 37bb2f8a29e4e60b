"""`ivr menu emergency on` and `off`, for a supervisor; who may not is told so, and the evidence has both."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.emergencies import open_emergencies
from ivr.cli.menu import menu
from ivr.settings import load_settings
from tests.databases import fresh_url
from tests.integration.house import REPOSITORY


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    shutil.copytree(REPOSITORY / "config", tmp_path / "config")
    given = {
        "IVR_CONFIG": str(tmp_path / "config"),
        "IVR_NODE__DATA_DIR": str(tmp_path / "var"),
        "IVR_DATABASE__URL": fresh_url("sqlite", tmp_path),
    }
    open_archive(load_settings(tmp_path / "config", given), create=True).close()
    return given


def run(env: dict[str, str], *arguments: str, role: str = "supervisor") -> tuple[int, str]:
    given = ["emergency", *arguments, "--reason", "panne du tiers payant", "--actor", "lea", "--role", role]
    done = CliRunner().invoke(menu, given, env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, done.output


def kept(env: dict[str, str]) -> tuple[bool, list[dict[str, object]]]:
    """Whether the message is on, and what the evidence says of switches and denials."""
    archive = open_archive(load_settings(Path(env["IVR_CONFIG"]), env))
    try:
        told = [event for event in archive.audit.events() if event.kind in ("menu.emergency", "access.denied")]
        return open_emergencies(archive).since("hotline") is not None, [dict(event.body) for event in told]
    finally:
        archive.close()


def test_a_supervisor_switches_the_message_on_and_off(env: dict[str, str]) -> None:
    assert run(env, "on") == (0, "Menu hotline : message d'urgence allumé.\n")
    on, told = kept(env)
    assert on
    assert [(one["actor"], one["on"], one["prompt_id"], one["reason"]) for one in told] == [
        ("lea", True, "menu-emergency", "panne du tiers payant")
    ]
    assert run(env, "on", "hotline") == (0, "Menu hotline : message d'urgence déjà allumé.\n")
    code, output = run(env, "off", "--json")
    assert (code, json.loads(output)) == (0, {"ok": True, "menu": "hotline", "emergency": False, "changed": True})
    assert not kept(env)[0]


def test_who_may_not_supervise_switches_nothing_and_the_denial_is_evidence(env: dict[str, str]) -> None:
    assert run(env, "on", role="agent")[0] == 1
    on, told = kept(env)
    assert not on
    assert [one["action"] for one in told] == ["supervise"]


def test_a_menu_without_a_message_says_so(env: dict[str, str]) -> None:
    path = Path(env["IVR_CONFIG"]) / "menus" / "hotline.toml"
    path.write_text(
        path.read_text("utf-8").replace('[emergency]\nprompt = "menu-emergency"\nthen = "menu"\n', ""), "utf-8"
    )
    code, output = run(env, "on")
    assert code == 2
    assert "message d'urgence" in output
