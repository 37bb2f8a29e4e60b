"""Accounts, for administrators: listed, invited, closed. A login stands in no address."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from ivr.console.api.caller import Asked, Asking
from ivr.console.api.fields import Given, Line, Shown, Told
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.guard import ORIGIN
from ivr.domain.access import Action, Role
from ivr.domain.account.account import AccountState

_SCOPES = (Action.ACCOUNTS,)


class AccountLineOut(Shown):
    login: str
    role: Role
    state: AccountState
    made_at: Told


class PendingOut(Shown):
    login: str
    role: Role
    invited_by: str
    until: Told


class AccountList(Shown):
    """`invitations`: those that nobody has used yet."""

    accounts: list[AccountLineOut]
    invitations: list[PendingOut]


class InvitationIn(Given):
    login: Line
    role: Role


class InvitationOut(Shown):
    """`link` makes the account of whoever opens it, once, within 24 hours."""

    link: str


class ClosingIn(Given):
    login: Line


@dataclass(frozen=True)
class AccountsApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute("GET", "/accounts", self.list_accounts, _SCOPES, AccountList),
            ApiRoute("POST", "/accounts/invitations", self.invite, _SCOPES, InvitationOut, 201),
            ApiRoute("POST", "/accounts/close", self.close_account, _SCOPES, status=204),
        )

    def list_accounts(self, asked: Asked) -> AccountList:
        """List the accounts of the console, by login, and the invitations that are out."""
        self._may(asked)
        found = self.services.accounts.invitations.listing(asked.actor, asked.reason)
        lines = [AccountLineOut(login=it.login, role=it.role, state=it.state, made_at=it.made_at) for it in found]
        out = [
            PendingOut(login=it.login, role=it.role, invited_by=it.invited_by, until=it.until)
            for it in self.services.accounts.invitations.pending()
        ]
        return AccountList(accounts=lines, invitations=out)

    def invite(self, asked: Asked, given: InvitationIn, request: Request) -> InvitationOut:
        """Make the one-time link with which an account is made, or made anew."""
        self._may(asked)
        token = self.services.accounts.invitations.invite(given.login, given.role, asked.actor)
        return InvitationOut(link=f"{request.scope[ORIGIN]}/invitation?jeton={token}")

    def close_account(self, asked: Asked, given: ClosingIn) -> Response:
        """Close an account: its sessions and tokens end, and its link if one is out. Nobody closes their own."""
        self._may(asked)
        self.services.accounts.invitations.close(given.login, asked.reason, asked.actor)
        return Response(status_code=204)

    def _may(self, asked: Asking) -> None:
        self.services.gate.check(asked.request(Action.ACCOUNTS))
