"""`ivr console invite`, `accounts` and `close`: for administrators, each act and each denial in the evidence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ivr.bootstrap.accounts import open_accounts
from ivr.bootstrap.archive import open_archive
from ivr.cli.console import console
from ivr.domain.access import Role
from ivr.services.account.invitations import Enrolling
from ivr.services.account.new_password import NewPassword
from ivr.settings import load_settings
from tests.databases import fresh_url
from tests.fakes.accounts import FakeHasher
from tests.integration.house import REPOSITORY

ADMIN = ("--actor", "admin", "--role", "administrator", "--reason", "revue")
Ivr = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    given = {
        "IVR_CONFIG": str(REPOSITORY / "config"),
        "IVR_NODE__DATA_DIR": str(tmp_path / "var"),
        "IVR_DATABASE__URL": fresh_url("sqlite", tmp_path),
        "IVR_CONSOLE__PUBLIC_URL": "https://console.example.org",
    }
    open_archive(load_settings(REPOSITORY / "config", given), create=True).close()
    return given


@pytest.fixture
def ivr(env: dict[str, str]) -> Ivr:
    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(console, [*arguments, "--json"], env=env)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        return done.exit_code, json.loads(done.stdout)

    return run


def told(env: dict[str, str]) -> list[str]:
    archive = open_archive(load_settings(REPOSITORY / "config", env))
    try:
        return [event.kind for event in archive.audit.events()]
    finally:
        archive.close()


def enrol(env: dict[str, str], token: str) -> None:
    """Make the account of a link, as its page does."""

    class AnyCode:
        def step_of(self, secret: bytes, code: str, now: datetime) -> int:
            return 1

    settings = load_settings(REPOSITORY / "config", env)
    archive = open_archive(settings)
    try:
        password = "quatre chevaux dans la prairie"
        typed = Enrolling("", NewPassword(password, password), "")
        made = open_accounts(settings, archive).invitations.enrol(token, typed, FakeHasher(), AnyCode())
        assert not isinstance(made, str), made
    finally:
        archive.close()


def test_an_administrator_invites_lists_and_closes(ivr: Ivr, env: dict[str, str]) -> None:
    code, made = ivr("invite", "Anne.Martin", "--as", "quality_analyst", *ADMIN)
    assert code == 0
    assert made["link"].startswith("https://console.example.org/invitation?jeton=")
    code, listed = ivr("accounts", *ADMIN)
    assert (code, listed["accounts"]) == (0, [])
    assert [(one["login"], one["role"], one["by"]) for one in listed["invitations"]] == [
        ("anne.martin", "quality_analyst", ADMIN[1])
    ]
    enrol(env, made["link"].partition("=")[2])
    _, listed = ivr("accounts", *ADMIN)
    assert [(one["login"], one["role"], one["state"]) for one in listed["accounts"]] == [
        ("anne.martin", "quality_analyst", "ACTIVE")
    ]
    assert listed["invitations"] == []
    assert ivr("close", "anne.martin", *ADMIN)[0] == 0
    _, listed = ivr("accounts", *ADMIN)
    assert [one["state"] for one in listed["accounts"]] == ["CLOSED"]
    # Each look at the list is evidence too.
    assert told(env) == [
        "account.invited", "account.listed", "account.made", "account.listed", "account.closed", "account.listed",
    ]  # fmt: skip


@pytest.mark.parametrize("role", [role.value for role in Role if role is not Role.ADMINISTRATOR])
def test_no_other_role_may_and_the_denial_is_evidence(ivr: Ivr, env: dict[str, str], role: str) -> None:
    who = ("--actor", "somebody", "--role", role, "--reason", "x")
    assert ivr("invite", "anne", "--as", "dpo", *who)[0] == 1
    assert ivr("accounts", *who)[0] == 1
    assert ivr("close", "anne", *who)[0] == 1
    assert told(env) == ["access.denied"] * 3


def test_what_is_no_login_and_who_has_no_account_is_told(ivr: Ivr) -> None:
    code, refused = ivr("invite", "an ne", "--as", "dpo", *ADMIN)
    assert code == 2
    assert refused["error"].startswith("Un identifiant a de 1 à 63 lettres")
    code, refused = ivr("close", "nobody", *ADMIN)
    assert (code, refused["error"]) == (1, "il n'y a ni compte ouvert ni invitation de cet identifiant")
