"""Builds the console's accounts on an open archive; and tells whether the console is installed."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from datetime import timedelta

from ivr.bootstrap.archive import Archive
from ivr.bootstrap.runtime import new_id
from ivr.domain.access import Role
from ivr.domain.account.session import SessionBounds
from ivr.recording.sealer import AccountSealer
from ivr.recording.secret_file import create, load
from ivr.services.account.api_tokens import ApiTokens
from ivr.services.account.invitations import Invitations
from ivr.services.account.linked_identities import LinkedIdentities, Terms
from ivr.services.account.own_account import OwnAccount
from ivr.services.account.passkeys import Passkeys
from ivr.services.account.sessions import Sessions
from ivr.services.account.sign_in import SignIn
from ivr.services.ports.accounts import OneTimeCodes, PasswordHasher
from ivr.services.ports.openid import IdentityProvider
from ivr.services.ports.passkeys import PasskeyCeremonies
from ivr.settings import Settings
from ivr.storage.accounts import SqlAccounts
from ivr.storage.api_tokens import SqlApiTokens
from ivr.storage.linked_identities import SqlLinkedIdentities
from ivr.storage.passkeys import SqlPasskeys

_SECRET = "console"


@dataclass(frozen=True)
class Accounts:
    """The accounts of an archive. Nodes that share a database share the key file beside the KEK, too."""

    archive: Archive
    book: SqlAccounts
    sealer: AccountSealer
    invitations: Invitations
    sessions: Sessions

    def sign_in(self, hasher: PasswordHasher, codes: OneTimeCodes) -> SignIn:
        clock = self.archive.clock
        return SignIn(self.book, self.archive.audit, hasher, codes, self.sealer, clock, random=os.urandom)

    def own(self, hasher: PasswordHasher, codes: OneTimeCodes) -> OwnAccount:
        return OwnAccount(self.book, self.sign_in(hasher, codes), hasher)

    def tokens(self, settings: Settings, hasher: PasswordHasher, codes: OneTimeCodes) -> ApiTokens:
        return ApiTokens(
            SqlApiTokens(self.archive.database, self.archive.audit),
            self.sign_in(hasher, codes),
            self.archive.clock,
            policy=settings.access,
            longest=timedelta(days=settings.console.token_days),
            random=os.urandom,
            new_id=new_id,
        )

    def passkeys(self, hasher: PasswordHasher, codes: OneTimeCodes, ceremonies: PasskeyCeremonies) -> Passkeys:
        book = SqlPasskeys(self.archive.database, self.archive.audit)
        return Passkeys(book, ceremonies, self.sign_in(hasher, codes), self.archive.clock, random=os.urandom)

    def identities(
        self, settings: Settings, hasher: PasswordHasher, codes: OneTimeCodes, provider: IdentityProvider
    ) -> LinkedIdentities:
        oidc, archive = settings.console.oidc, self.archive
        return LinkedIdentities(
            SqlLinkedIdentities(archive.database, archive.audit),
            provider,
            self.sign_in(hasher, codes),
            archive.clock,
            terms=Terms(oidc.client_id, oidc.acr, oidc.amr, oidc.shown_claim),
            tags_key=self.sealer.tags_key,
            random=os.urandom,
        )


def open_accounts(settings: Settings, archive: Archive) -> Accounts:
    """Raises HostError when there are accounts and the key is gone: nobody's second factor could be read."""
    clock = archive.clock
    book = SqlAccounts(archive.database, archive.audit)
    path = settings.keys.kek_file.with_name(_SECRET)
    secret = load(path, _SECRET) if book.count() else create(path, _SECRET)
    sealer = AccountSealer(secret.key)
    bounds = SessionBounds(
        idle=timedelta(minutes=settings.console.idle_minutes), longest=timedelta(hours=settings.console.session_hours)
    )
    invitations = Invitations(book, sealer, clock, random=os.urandom, new_id=new_id)
    return Accounts(archive, book, sealer, invitations, Sessions(book, clock, bounds=bounds))


def first_token(settings: Settings, archive: Archive) -> str | None:
    """Return what the first account is made with, by whoever can read this node's terminal; None when there is one."""
    return open_accounts(settings, archive).invitations.first(Role.ADMINISTRATOR)


def console_installed() -> bool:
    """Whether the extra is there, without importing it: whoever asks may be a node of calls alone."""
    try:
        return importlib.util.find_spec("fastapi") is not None
    except ModuleNotFoundError:
        return False


def console_url(settings: Settings, port: int) -> str:
    """Return what browsers ask for, without a path."""
    section = settings.console
    if section.public_url:
        return section.public_url
    host = f"[{section.bind}]" if ":" in section.bind else section.bind
    return f"{'https' if section.tls_cert_file else 'http'}://{host}:{port}"
