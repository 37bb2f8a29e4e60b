"""Accounts: an administrator invites and closes them; everybody has their own, with its password and sessions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Response

from ivr.bootstrap.accounts import Accounts
from ivr.console.open_listenings import OpenListenings
from ivr.console.times import moment_text
from ivr.console.visit import DEVICE_COOKIE, Visit
from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.domain.account.account import AccountState
from ivr.domain.account.api_token import ApiToken
from ivr.errors import ArchiveError, ComplianceError, ConfigurationError
from ivr.services.account.api_tokens import ApiTokens, MadeToken, TokenWish
from ivr.services.account.linked_identities import LinkedIdentities
from ivr.services.account.new_password import NewPassword
from ivr.services.account.own_account import OwnAccount, PasswordChange
from ivr.services.account.passkeys import Passkeys
from ivr.services.account.sign_in import Refused
from ivr.services.export.access_gate import Gate
from ivr.settings import Settings

_LONGEST_REASON = 200


@dataclass(frozen=True)
class AccountLine:
    """An account as the page shows it. `mine`: that of whoever looks, which nobody changes themselves."""

    login: str
    role: str
    state: str
    made: str
    open: bool
    mine: bool


@dataclass(frozen=True)
class InvitationLine:
    """An invitation that is still out, as the page shows it."""

    login: str
    role: str
    by: str
    until: str
    mine: bool


@dataclass(frozen=True)
class TokenLine:
    """A token of one's own as the page shows it."""

    id: str
    name: str
    rights: str
    until: str
    used: str


@dataclass(frozen=True)
class AccountPages:
    settings: Settings
    accounts: Accounts
    own: OwnAccount
    tokens: ApiTokens
    listenings: OpenListenings
    gate: Gate
    passkeys: Passkeys
    #: None: no identity provider is configured.
    identities: LinkedIdentities | None = None

    # ---- an administrator's

    def listed(self, visit: Visit) -> Response:
        self._may(visit, reason=visit.words("accounts.title"))
        return self._list(visit)

    def inviting(self, visit: Visit) -> Response:
        """The link stands on the page that answers and nowhere else: it is shown once."""
        login, reason = visit.form.get("login", ""), _reason(visit)
        role = next((role for role in Role if role.value == visit.form.get("role")), None)
        if role is None or not reason:
            self._may(visit, reason=visit.words("accounts.title"))
            return self._list(visit, fault=visit.words("accounts.missing"), login=login)
        self._may(visit, reason=reason)
        try:
            token = self.accounts.invitations.invite(login, role, visit.signed_in.account.actor)
        except (ConfigurationError, ComplianceError) as error:
            return self._list(visit, fault=visit.words.told(error.what), login=login)
        link = f"{visit.origin}/invitation?jeton={token}"
        return self._list(visit, link=link, login=login)

    def closing(self, visit: Visit) -> Response:
        return self._ending(visit, self.accounts.invitations.close)

    def withdrawing(self, visit: Visit) -> Response:
        """The link alone: whoever has an account and was invited again keeps it."""
        return self._ending(visit, self.accounts.invitations.withdraw)

    def _ending(self, visit: Visit, end: Callable[[str, str, Actor], None]) -> Response:
        login, reason = visit.form.get("login", ""), _reason(visit)
        self._may(visit, reason=reason or visit.words("accounts.title"))
        if not reason:
            return self._list(visit, fault=visit.words("accounts.missing"))
        try:
            end(login, reason, visit.signed_in.account.actor)
        except (ArchiveError, ComplianceError) as error:
            return self._list(visit, fault=visit.words.told(error.what))
        return visit.go("/comptes")

    def _may(self, visit: Visit, *, reason: str) -> None:
        self.gate.check(AccessRequest(visit.signed_in.account.actor, Action.ACCOUNTS, reason=reason))

    def _list(self, visit: Visit, *, fault: str = "", link: str = "", login: str = "") -> Response:
        titles = self.settings.access.titles
        reason = _reason(visit) or visit.words("accounts.title")
        lines = [
            AccountLine(
                one.login,
                titles.get(one.role, one.role.value),
                visit.words(f"accounts.{one.state.value.lower()}"),
                self._shown(one.made_at),
                one.state is AccountState.ACTIVE,
                one.id == visit.signed_in.account.id,
            )
            for one in self.accounts.invitations.listing(visit.signed_in.account.actor, reason)
        ]
        invited = [
            InvitationLine(
                one.login,
                titles.get(one.role, one.role.value),
                one.invited_by,
                self._shown(one.until),
                one.login == visit.signed_in.account.login,
            )
            for one in self.accounts.invitations.pending()
        ]
        roles = {role.value: title for role, title in titles.items() if role is not Role.AUTHORITY_VIEWER}
        given = {"lines": lines, "invited": invited, "roles": roles, "fault": fault, "link": link, "login": login}
        return visit.page("accounts", status=422 if fault else 200, path="/comptes", **given)

    # ---- everybody's own

    def mine(self, visit: Visit) -> Response:
        return self.shown(visit)

    def changing_password(self, visit: Visit) -> Response:
        form = visit.form
        new = NewPassword(form.get("password", ""), form.get("again", ""))
        change = PasswordChange(form.get("current", ""), form.get("code", ""), new, visit.cookie(DEVICE_COOKIE))
        found = self.own.change_password(visit.signed_in, change)
        if found is None:
            return self.shown(visit, notice=visit.words("account.changed"))
        if not isinstance(found, Refused):
            return self.shown(visit, fault=visit.words.told(found))
        return self.shown(visit, fault=refused(visit, found, visit.words("account.refused")))

    def ending_others(self, visit: Visit) -> Response:
        self.own.end_others(visit.signed_in)
        return visit.go("/compte")

    def making_token(self, visit: Visit) -> Response:
        """The token stands on the page that answers and nowhere else: it is shown once."""
        form, days = visit.form, visit.form.get("days", "")
        wish = TokenWish(
            form.get("name", ""),
            frozenset(action for action in Action if form.get(f"right_{action.value}") == "yes"),
            int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0,
            form.get("current", ""),
            form.get("code", ""),
            visit.cookie(DEVICE_COOKIE),
        )
        found = self.tokens.make(visit.signed_in, wish)
        if isinstance(found, MadeToken):
            return self.shown(visit, token=found.text)
        if isinstance(found, Refused):
            return self.shown(visit, fault=refused(visit, found, visit.words("tokens.refused")))
        return self.shown(visit, fault=visit.words.told(found))

    def withdrawing_token(self, visit: Visit) -> Response:
        withdrawn = self.tokens.withdraw(visit.signed_in.account, visit.form.get("token_id", ""))
        self.listenings.end_all(withdrawn.key)
        return visit.go("/compte")

    def shown(self, visit: Visit, *, fault: str = "", notice: str = "", token: str = "") -> Response:
        sessions = [
            (self._shown(one.began_at), self._shown(one.seen_at), one.key == visit.signed_in.key)
            for one in self.own.sessions(visit.signed_in.account)
        ]
        given = {
            "sessions": sessions,
            "fault": fault,
            "notice": notice,
            "token": token,
            "tokens": [self._token_line(visit, one) for one in self.tokens.of(visit.signed_in.account)],
            "rights": sorted(visit.rights),
            "longest": self.tokens.longest.days,
            "typed": visit.form if fault else {},
            "keys": [
                (one.key, one.name, self._shown(one.made_at), self._shown(one.used_at))
                for one in self.passkeys.of(visit.signed_in)
            ],
            "usable": self.passkeys.usable,
            "provider": self.settings.console.oidc.label if self.identities else "",
            "linked": [
                (one.key, one.name, one.issuer, self._shown(one.linked_at), self._shown(one.used_at))
                for one in (self.identities.of(visit.signed_in) if self.identities else ())
            ],
        }
        return visit.page("account", status=422 if fault else 200, path="/compte", **given)

    def _token_line(self, visit: Visit, one: ApiToken) -> TokenLine:
        rights = ", ".join(visit.words(f"right.{name}") for name in sorted(scope.value for scope in one.scopes))
        used = moment_text(one.used_at, self.settings.profile.timezone)[:10]
        return TokenLine(one.id, one.name, rights, self._shown(one.until), used)

    def _shown(self, at: datetime | None) -> str:
        return moment_text(at, self.settings.profile.timezone)


def refused(visit: Visit, found: Refused, wrong: str) -> str:
    """What is told of a proof that failed: how long to wait, else that it was wrong."""
    seconds = math.ceil(found.retry.total_seconds())
    return visit.words("sign_in.slowed", seconds=seconds) if seconds else wrong


def _reason(visit: Visit) -> str:
    """Why, as far as the evidence has room; empty: none was given."""
    return visit.form.get("reason", "").strip()[:_LONGEST_REASON]
