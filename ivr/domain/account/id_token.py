"""What an identity provider says of whoever signed in there, and whether the console believes it.

OpenID Connect Core 1.0, section 3.1.3.7. The signature is checked before, by whoever reads the token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

#: Asymmetric ones alone: with a shared secret, or none, whoever knows the public key could sign.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
)  # fmt: skip
#: By how much the provider's clock and ours may differ.
SKEW = timedelta(seconds=60)
#: It was made for this sign-in, a moment ago.
OLDEST = timedelta(minutes=10)
#: Characters of `sub` (OpenID Connect Core 1.0, section 2).
LONGEST_SUBJECT = 255
LONGEST_NAME = 60
#: Seconds: thirty thousand years.
_FARTHEST = 10**12
#: How somebody signed in, as RFC 8176 names it: no other word of a provider gets into the evidence.
METHODS = frozenset(
    (
        "face", "fpt", "geo", "hwk", "iris", "kba", "mca", "mfa", "otp", "pin", "pop", "pwd", "rba", "retina", "sc",
        "sms", "swk", "tel", "user", "vbm", "wia",
    )
)  # fmt: skip


class TokenFault(Enum):
    """What is wrong with an ID token; its value is what the log says."""

    ALGORITHM = "signed by an algorithm that is not allowed"
    TYPE = "not an ID token by its type"
    ISSUER = "of another issuer"
    SUBJECT = "without a subject"
    AUDIENCE = "for another client"
    PARTY = "asked for by another client"
    EXPIRED = "run out, or without an end"
    ISSUED = "without the time of its making, made too long ago or in the future"
    NOT_BEFORE = "not good yet"
    NONCE = "not for this sign-in"
    ACCESS_TOKEN = "not for the access token that came with it"
    AUTHENTICATED = "without the time at which the person signed in there, or of one before they were asked to"
    METHOD = "of a sign-in that was not as strong as is asked here"


@dataclass(frozen=True)
class IdToken:
    """One whose signature is good. `access_token` is what came with it; empty: nothing did."""

    header: Mapping[str, object]
    claims: Mapping[str, object] = field(repr=False)
    access_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Expected:
    """What it must say. `acr`: one of these, `amr`: all of these; empty: whatever the provider asks for will do.

    `since`: the person signed in there after this, and the token says so (`auth_time`); None: whenever it was.
    """

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True)
class TokenVerdict:
    """Everything that is wrong with a token; nothing: it is believed."""

    faults: tuple[TokenFault, ...]

    @property
    def accepted(self) -> bool:
        return not self.faults

    @property
    def only_too_weak(self) -> bool:
        """Whether it is beyond doubt who signed in, and only how is not enough."""
        return self.faults == (TokenFault.METHOD,)


def judge_id_token(token: IdToken, expected: Expected, now: datetime) -> TokenVerdict:
    """Return every fault of a token, in the order of `TokenFault`."""
    header, claims = token.header, token.claims
    issued, expires = moment(claims.get("iat")), moment(claims.get("exp"))
    at = now.timestamp()
    skew = SKEW.total_seconds()
    wrong = {
        TokenFault.ALGORITHM: header.get("alg") not in ALGORITHMS,
        # An access token that is a JWT says so (RFC 9068): it is none.
        TokenFault.TYPE: str(header.get("typ", "JWT")).lower() not in ("jwt", "application/jwt"),
        TokenFault.ISSUER: claims.get("iss") != expected.issuer,
        TokenFault.SUBJECT: not subject_of(claims),
        TokenFault.AUDIENCE: not _is_audience(claims.get("aud"), expected.client_id),
        TokenFault.PARTY: not _is_party(claims, expected.client_id),
        TokenFault.EXPIRED: expires is None or expires <= at - skew,
        TokenFault.ISSUED: issued is None or not at - OLDEST.total_seconds() - skew <= issued <= at + skew,
        TokenFault.NOT_BEFORE: "nbf" in claims and not _is_past(claims["nbf"], at + skew),
        TokenFault.NONCE: not _same(claims.get("nonce"), expected.nonce),
        TokenFault.ACCESS_TOKEN: "at_hash" in claims and not _is_hash(token),
        TokenFault.AUTHENTICATED: expected.since is not None and not _is_fresh(claims, expected.since, now),
        TokenFault.METHOD: not _is_strong(claims, expected),
    }
    return TokenVerdict(tuple(fault for fault, is_wrong in wrong.items() if is_wrong))


def subject_of(claims: Mapping[str, object]) -> str:
    """Return `sub`, by which alone a provider names a person for good; empty: there is none that can be used."""
    subject = claims.get("sub")
    if isinstance(subject, str) and len(subject) <= LONGEST_SUBJECT and subject.isascii() and subject.isprintable():
        return subject
    return ""


def shown_name(claims: Mapping[str, object], claim: str) -> str:
    """Return what a claim calls the person, to show it to them; nothing is ever looked up by it."""
    name = claims.get(claim)
    return name if isinstance(name, str) and name.isprintable() and len(name) <= LONGEST_NAME else ""


def factors_of(claims: Mapping[str, object]) -> tuple[str, ...]:
    """Return what the evidence says was proven: `oidc`, and what the provider says of how (`amr`)."""
    return ("oidc", *sorted(METHODS & _texts(claims.get("amr"))))


def moment(value: object) -> float | None:
    """Return a NumericDate in seconds; None for what is none: beyond any date, infinity among them, there is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _FARTHEST:
        return float(value)
    return None


def _is_past(value: object, at: float) -> bool:
    found = moment(value)
    return found is not None and found <= at


def _is_audience(value: object, client_id: str) -> bool:
    """Whether it is for this client; for others, too, which the provider may name beside it (see `_is_party`)."""
    return value == client_id or (isinstance(value, list) and client_id in value)


def _is_party(claims: Mapping[str, object], client_id: str) -> bool:
    """Whether this client asked for it: of several audiences `azp` says which one did."""
    audience = claims.get("aud")
    several = isinstance(audience, list) and len(audience) > 1
    return claims.get("azp") == client_id if several or "azp" in claims else True


def _is_hash(token: IdToken) -> bool:
    """Whether `at_hash` is of the access token (OpenID Connect Core 1.0, section 3.1.3.6)."""
    algorithm = str(token.header.get("alg"))
    name = f"sha{algorithm[2:]}" if algorithm[2:] in ("256", "384", "512") else "sha512"
    digest = hashlib.new(name, token.access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    return bool(token.access_token) and _same(token.claims["at_hash"], half)


def _is_fresh(claims: Mapping[str, object], since: datetime, now: datetime) -> bool:
    """Whether the person signed in there after `since` and not in the future, by clocks that may differ."""
    at, skew = moment(claims.get("auth_time")), SKEW.total_seconds()
    return at is not None and since.timestamp() - skew <= at <= now.timestamp() + skew


def _is_strong(claims: Mapping[str, object], expected: Expected) -> bool:
    graded = not expected.acr or claims.get("acr") in expected.acr
    return graded and set(expected.amr) <= _texts(claims.get("amr"))


def _texts(value: object) -> set[str]:
    return {one for one in value if isinstance(one, str)} if isinstance(value, list) else set()


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
