"""Programs of people at the API: accounts made by the services, tokens of some of their rights."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fastapi.testclient import TestClient
from httpx2 import Response

from ivr.domain.access import Action, Actor, Role
from ivr.domain.account.account import Account
from ivr.domain.account.session import Session
from ivr.services.account.api_tokens import MadeToken, TokenWish
from ivr.services.account.invitations import Enrolling
from ivr.services.account.new_password import NewPassword
from tests.unit.console.rig import PASSWORD, URL, ConsoleRig


@dataclass
class Program:
    """Bears a token, and says why with each request. `cookies` are none unless a test sets some."""

    rig: ConsoleRig
    token: str
    purpose: str = "quality_audio"
    reason: str = "revue 12"
    browser: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.browser = TestClient(self.rig.app, base_url=URL, follow_redirects=False)

    def asks(self, method: str, path: str, body: object = None, **headers: str) -> Response:
        self.rig.seconds += 60
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {
            "authorization": f"Bearer {self.token}", "ivr-purpose": self.purpose, "ivr-reason": quote(self.reason),
            **named,
        }  # fmt: skip
        sent: dict[str, Any] = (
            {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        )
        answer: Response = self.browser.request(method, f"/api/v1{path}", headers=given, **sent)
        return answer

    def get(self, path: str, **headers: str) -> Response:
        return self.asks("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Response:
        return self.asks("POST", path, {} if body is None else body, **headers)


def account(rig: ConsoleRig, login: str, role: Role) -> Account:
    """Make an account by the services, as the pages do."""
    invitations = rig.accounts.invitations
    first = not rig.accounts.book.count()
    token = invitations.first(role) if first else invitations.invite(login, role, Actor("node", role))
    assert token
    secret = invitations.open(token).code_secret
    rig.secrets[login] = base64.b32encode(secret).decode()
    code = rig.code(login)
    made = invitations.enrol(
        token, Enrolling(login, NewPassword(PASSWORD, PASSWORD), code), rig.hasher, rig.pages.codes
    )
    assert isinstance(made, Account), made
    return made


def program(
    rig: ConsoleRig, login: str, role: Role, *scopes: Action, days: int = 7, purpose: str = "quality_audio"
) -> Program:
    """A program of this person's, whose account is made when there is none; without scopes, all of the role's."""
    found = rig.accounts.book.find(login)
    of = found[0] if found else account(rig, login, role)
    rights = frozenset(scopes) or rig.settings.access.actions[role]
    session = Session("", of, rig.clock.at, rig.clock.at)
    made = rig.pages.account.tokens.make(session, TokenWish("nuit", rights, days, PASSWORD, rig.code(login)))
    assert isinstance(made, MadeToken), made
    return Program(rig, made.text, purpose)


def kind_of(answer: Response) -> str:
    """The last part of a problem's type."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"]
    return str(body["type"]).rpartition(":")[2]
