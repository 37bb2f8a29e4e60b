"""An identity provider over HTTPS: the code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0)."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

from ivr.domain.account.id_token import IdToken
from ivr.openid.exchange import Answer, Asking, Exchange, TooMany, away
from ivr.openid.metadata import Metadata, address_of, json_of, read_keys, read_metadata
from ivr.services.ports.openid import Directions, Errand, ProviderAway, Rejected, TokenReader, UnknownKey

T = TypeVar("T")
#: Metadata and keys are asked for again after so long; after a failure not before so long; keys for an unknown one
#: not more often than so.
_FRESH_S, _AWAY_S, _KEYS_AGAIN_S = 3600.0, 5.0, 60.0
_LONGEST_TOKEN = 16 << 10


@dataclass(frozen=True)
class ProviderSettings:
    """`redirect_uri` is where browsers come back to; `hosts` are the provider's besides its own.

    `secret` is asked for each time, so that it can be renewed; it raises HostError.
    """

    issuer: str
    client_id: str
    secret: Callable[[], str] = field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...] = ("openid",)
    acr: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


class _ToOneCode(ProviderAway):
    """What the provider answered to a code: whoever sends one chooses that, and to others it may answer well."""


@dataclass
class _Known:
    """What the provider has told, and when."""

    at: float
    metadata: Metadata
    keys: list[dict[str, Any]] = field(default_factory=list)
    keys_at: float | None = None


class HttpIdentityProvider:
    """Port IdentityProvider. Safe for threads."""

    def __init__(
        self, settings: ProviderSettings, exchange: Exchange, reader: TokenReader, monotonic: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._exchange = exchange
        self._reader = reader
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._failed: tuple[float, ProviderAway] | None = None

    @property
    def issuer(self) -> str:
        return self._settings.issuer

    def directions(self, errand: Errand) -> Directions:
        metadata = self._run(self._metadata)
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": " ".join(self._settings.scopes),
            "state": errand.state,
            "nonce": errand.nonce,
            "code_challenge": errand.challenge,
            "code_challenge_method": "S256",
            **({"acr_values": " ".join(self._settings.acr)} if self._settings.acr else {}),
            # The second has the token say when (`auth_time`): a browser may leave the first out.
            **({"prompt": "login", "max_age": "0"} if errand.again else {}),
        }
        joined = "&" if urlsplit(metadata.authorization).query else "?"
        return Directions(metadata.authorization + joined + urlencode(asked), metadata.names_itself)

    def redeem(self, code: str, verifier: str) -> IdToken | Rejected:
        secret = self._settings.secret()

        async def redeeming(asking: Asking) -> IdToken | Rejected:
            metadata = await self._metadata(asking)
            try:
                answer = await self._token(asking, metadata, code, verifier, secret)
            except ProviderAway as error:
                raise _ToOneCode(error.what, where=error.where, remedy=error.remedy) from error
            return answer if isinstance(answer, Rejected) else await self._read(asking, metadata, answer)

        return self._run(redeeming)

    def _run(self, work: Callable[[Asking], Awaitable[T]]) -> T:
        """A provider that was away a moment ago is not waited for again by everybody who comes."""
        with self._lock:
            failed = self._failed
        if failed is not None and self._monotonic() - failed[0] < _AWAY_S:
            raise ProviderAway(failed[1].what, where=failed[1].where, remedy=failed[1].remedy)
        try:
            return self._exchange.run(self.issuer, work)
        except (TooMany, _ToOneCode):
            raise
        except ProviderAway as error:
            with self._lock:
                self._failed = (self._monotonic(), error)
            raise

    async def _metadata(self, asking: Asking) -> Metadata:
        now = self._monotonic()
        with self._lock:
            known = self._known
        if known is not None and now - known.at < _FRESH_S:
            return known.metadata
        answer = await asking.get(address_of(self.issuer))
        metadata = read_metadata(answer, self.issuer, self._settings.hosts)
        with self._lock:
            self._known = _Known(now, metadata)
        return metadata

    async def _token(
        self, asking: Asking, metadata: Metadata, code: str, verifier: str, secret: str
    ) -> tuple[str, str] | Rejected:
        """Return ID token and access token (empty: none), as they came."""
        ours = self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": ours.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        if metadata.basic:
            # RFC 6749, section 2.3.1: both are encoded as in a form before they are put together.
            pair = f"{quote_plus(ours.client_id)}:{quote_plus(secret)}".encode()
            headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        else:
            form |= {"client_id": ours.client_id, "client_secret": secret}
        answer = await asking.post(metadata.token, form, headers)
        if 400 <= answer.status < 500:
            return self._refusal(answer, metadata.token)
        found = json_of(answer, metadata.token)
        token, access = found.get("id_token"), found.get("access_token", "")
        if not isinstance(token, str) or not isinstance(access, str) or max(len(token), len(access)) > _LONGEST_TOKEN:
            return Rejected("no ID token came for the code")
        return token, access

    def _refusal(self, answer: Answer, where: str) -> Rejected:
        """A code that is none is its bearer's fault; that it does not know the client is the house's."""
        found = re.search(rb'"error"\s*:\s*"([a-z_]{1,40})"', answer.body)
        error = found[1].decode() if found else f"status {answer.status}"
        if error == "invalid_grant":
            return Rejected("the provider does not take the code")
        if answer.status != 401 and error not in ("invalid_client", "unauthorized_client"):
            return Rejected(f"the provider does not take the request: {error}")
        raise ProviderAway(
            f"the identity provider refuses this console: {error}",
            where=where,
            remedy="correct console.oidc.client_id and the secret in client_secret_file; the address to come back to, "
            f"{self._settings.redirect_uri}, must be registered there",
        )

    async def _read(self, asking: Asking, metadata: Metadata, came: tuple[str, str]) -> IdToken | Rejected:
        token, access = came
        found = self._reader.read(token, await self._keys(asking, metadata, older_than_s=_FRESH_S), metadata.algorithms)
        if isinstance(found, UnknownKey):
            # The provider may have made a new key since; whoever makes keys up has it asked for once a minute.
            keys = await self._keys(asking, metadata, older_than_s=_KEYS_AGAIN_S)
            found = self._reader.read(token, keys, metadata.algorithms)
        return found if isinstance(found, Rejected) else IdToken(found.header, found.claims, access)

    async def _keys(self, asking: Asking, metadata: Metadata, *, older_than_s: float) -> Sequence[dict[str, Any]]:
        now = self._monotonic()
        with self._lock:
            known = self._known
            if known is not None and known.keys_at is not None and now - known.keys_at < older_than_s:
                return known.keys
        keys = read_keys(await asking.get(metadata.keys), metadata.keys)
        with self._lock:
            if self._known is not None:
                self._known.keys, self._known.keys_at = keys, now
        return keys


def examine_provider(settings: ProviderSettings, exchange: Exchange) -> int:
    """Return how many keys it publishes, its metadata and our secret being well. Raises HostError."""
    settings.secret()

    async def examining(asking: Asking) -> int:
        metadata = read_metadata(await asking.get(address_of(settings.issuer)), settings.issuer, settings.hosts)
        keys = read_keys(await asking.get(metadata.keys), metadata.keys)
        if not keys:
            raise away(metadata.keys, "it publishes no keys")
        return len(keys)

    return exchange.run(settings.issuer, examining)
