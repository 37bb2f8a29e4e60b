"""One's own: who the token acts for, its sessions, and an end to the token."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Response

from ivr.console.api.caller import Caller
from ivr.console.api.fields import Scopes, Shown, Told
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.domain.access import Role


class TokenOut(Shown):
    id: str
    name: str
    scopes: Scopes
    made_at: Told
    until: Told


class AccountOut(Shown):
    """`rights` are those that the token has now: its scopes, as far as the role still has them."""

    login: str
    role: Role
    title: str
    rights: Scopes
    token: TokenOut


class OwnSessionOut(Shown):
    began_at: Told
    seen_at: Told


class OwnSessions(Shown):
    sessions: list[OwnSessionOut]


@dataclass(frozen=True)
class AccountApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute("GET", "/account", self.read_account, (), AccountOut),
            ApiRoute("GET", "/account/sessions", self.list_own_sessions, (), OwnSessions),
            ApiRoute("DELETE", "/account/token", self.withdraw_token, (), status=204),
        )

    def read_account(self, token: Caller) -> AccountOut:
        """Say who the token acts for, and what it may do. Any token."""
        account, policy = token.account, self.services.settings.access
        rights = sorted(policy.rights_of(token.actor), key=lambda one: one.value)
        scopes = sorted(token.scopes, key=lambda one: one.value)
        return AccountOut(
            login=account.login,
            role=account.role,
            title=policy.titles.get(account.role, account.role.value),
            rights=rights,
            token=TokenOut(id=token.id, name=token.name, scopes=scopes, made_at=token.made_at, until=token.until),
        )

    def list_own_sessions(self, token: Caller) -> OwnSessions:
        """List the sessions that the token's person has open in browsers. Any token."""
        found = self.services.own.sessions(token.account)
        return OwnSessions(sessions=[OwnSessionOut(began_at=one.began_at, seen_at=one.seen_at) for one in found])

    def withdraw_token(self, token: Caller) -> Response:
        """End the token that this request bears, at once, and whatever is listened to by it."""
        self.services.tokens.withdraw(token.account, token.id)
        self.services.listenings.end_all(token.key)
        return Response(status_code=204)
