"""What a provider publishes of itself, and whether the console can work with it (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ivr.domain.account.id_token import ALGORITHMS
from ivr.openid.exchange import Answer, away
from ivr.services.ports.openid import ProviderAway

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MOST_KEYS = 50
_REMEDY = "correct console.oidc, or the provider's own settings"


@dataclass(frozen=True)
class Metadata:
    """`basic`: whether the client's secret goes into a header, else into the form."""

    authorization: str
    token: str
    keys: str
    algorithms: tuple[str, ...]
    names_itself: bool
    basic: bool


def address_of(issuer: str) -> str:
    """Return where an issuer's metadata are."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def read_metadata(answer: Answer, issuer: str, hosts: Sequence[str]) -> Metadata:
    """Raises ProviderAway for what is no answer, and for what does not fit: it says what.

    `hosts` are those to which the provider may point besides its own: whoever could change its answer would else
    have the console send a code, and its secret, anywhere.
    """
    found = json_of(answer, issuer)
    if found.get("issuer") != issuer:
        raise _unfit(issuer, "its metadata are of another issuer")
    response_types = found.get("response_types_supported", ["code"])
    if not isinstance(response_types, list) or "code" not in response_types:
        raise _unfit(issuer, "it gives no code (response_types_supported)")
    # Where it says nothing of PKCE it may know it all the same; where it does, S256 is among it.
    if "S256" not in _texts(found.get("code_challenge_methods_supported", ["S256"])):
        raise _unfit(issuer, "it does not know PKCE with S256 (code_challenge_methods_supported)")
    signed = _texts(found.get("id_token_signing_alg_values_supported", ["RS256"]))
    algorithms = tuple(one for one in ALGORITHMS if one in signed)
    if not algorithms:
        raise _unfit(issuer, "it signs by no algorithm that is allowed (id_token_signing_alg_values_supported)")
    ways = _texts(found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]))
    if not ways & {"client_secret_basic", "client_secret_post"}:
        raise _unfit(issuer, "it takes no client secret (token_endpoint_auth_methods_supported)")
    return Metadata(
        authorization=_endpoint(found, "authorization_endpoint", issuer, hosts),
        token=_endpoint(found, "token_endpoint", issuer, hosts),
        keys=_endpoint(found, "jwks_uri", issuer, hosts),
        algorithms=algorithms,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        basic="client_secret_basic" in ways,
    )


def read_keys(answer: Answer, where: str) -> list[dict[str, Any]]:
    """Return the JSON web keys of an answer. Raises ProviderAway."""
    keys = json_of(answer, where).get("keys")
    if not isinstance(keys, list) or len(keys) > _MOST_KEYS:
        raise away(where, "it publishes no keys")
    return [one for one in keys if isinstance(one, dict)]


def json_of(answer: Answer, where: str) -> dict[str, Any]:
    """Return the object of an answer of status 200. Raises ProviderAway."""
    if answer.status != 200:
        raise away(where, f"it answers with status {answer.status}")
    try:
        found = json.loads(answer.body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise away(where, "it answers what is no JSON") from None
    if not isinstance(found, dict):
        raise away(where, "it answers what is no JSON")
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Each name once: readers differ in which one counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _endpoint(found: Mapping[str, object], name: str, issuer: str, hosts: Sequence[str]) -> str:
    url, own = found.get(name), urlsplit(issuer)
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _unfit(issuer, f"it has no {name}")
    try:
        parts = urlsplit(url)
        schemes = ("https", "http") if own.scheme == "http" and parts.hostname in LOOPBACK else ("https",)
    except ValueError:
        raise _unfit(issuer, f"it has no {name}") from None
    if parts.scheme not in schemes or parts.fragment or "@" in parts.netloc:
        raise _unfit(issuer, f"its {name} is no https address")
    if parts.netloc.lower() not in {own.netloc.lower(), *(one.lower() for one in hosts)}:
        raise ProviderAway(
            f"its {name} is at another host, {parts.netloc}",
            where=issuer,
            remedy="if that host is the provider's, add it to console.oidc.hosts",
        )
    return url


def _texts(value: object) -> set[str]:
    return {one for one in value if isinstance(one, str)} if isinstance(value, list) else set()


def _unfit(issuer: str, what: str) -> ProviderAway:
    return ProviderAway(f"the identity provider does not fit: {what}", where=issuer, remedy=_REMEDY)
