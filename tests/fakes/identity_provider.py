"""An identity provider in this process: what it answers over HTTP, and the person who signs in there. No socket."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

from ivr.openid.exchange import Exchange

ISSUER = "https://login.test/realms/house"
CLIENT, SECRET = "ivr console", "a secret: with + and %"


@cache
def rsa_key(name: str = "first", bits: int = 2048) -> RSAKey:
    """One key of each name for all tests: they take their time."""
    return RSAKey.generate_key(bits, {"kid": name, "use": "sig"}, private=True)


@dataclass
class SoftProvider:
    """`claims` and `header` are put over those of an honest token (None: left out); `published` over its metadata."""

    now: Callable[[], float]
    subject: str = "sub-1"
    issuer: str = ISSUER
    claims: dict[str, object] = field(default_factory=dict)
    header: dict[str, object] = field(default_factory=dict)
    published: dict[str, object] = field(default_factory=dict)
    #: Over what it sends the browser back with.
    sent_back: dict[str, str | None] = field(default_factory=dict)
    key: RSAKey = field(default_factory=rsa_key)
    #: The keys that it publishes; None: the one that it signs with.
    keys: list[RSAKey] | None = None
    #: What answers instead, by the end of the path that was asked for.
    instead: dict[str, Callable[[httpx2.Request], httpx2.Response]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def exchange(self) -> Exchange:
        return Exchange(timeout_s=2.0, transport=httpx2.MockTransport(self.answer))

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
            **self.published,
        }

    def authorize(self, url: str) -> dict[str, str]:
        """The person signs in: what the browser is sent back with."""
        asked = {name: one for name, (one,) in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{self.issuer}/authorize?")
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer, **self.sent_back}
        return {name: value for name, value in back.items() if value is not None}

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.url.path.rpartition("/")[2])
        for end, instead in self.instead.items():
            if request.url.path.endswith(end):
                return instead(request)
        if request.url.path.endswith("/.well-known/openid-configuration"):
            return httpx2.Response(200, json=self.metadata())
        if request.url.path.endswith("/keys"):
            keys = [self.key] if self.keys is None else self.keys
            return httpx2.Response(200, json={"keys": [one.as_dict(private=False) for one in keys]})
        return self._token(request)

    def _token(self, request: httpx2.Request) -> httpx2.Response:
        form = {name: one for name, (one,) in parse_qs(request.content.decode()).items()}
        if _bearer(request, form) != (CLIENT, SECRET):
            return httpx2.Response(401, json={"error": "invalid_client"})
        # A code is good once.
        asked = self._codes.pop(form["code"], None)
        if asked is None or form["redirect_uri"] != asked["redirect_uri"] or not _proves(form, asked):
            return httpx2.Response(400, json={"error": "invalid_grant"})
        # Asked how long ago somebody signed in at most, it says when (OpenID Connect Core 1.0, section 3.1.2.1).
        timed = {"auth_time": int(self.now())} if "max_age" in asked else {}
        token = self.id_token(nonce=asked["nonce"], aud=asked["client_id"], **timed)
        return httpx2.Response(200, json={"access_token": "access", "token_type": "Bearer", "id_token": token})

    def id_token(self, **claims: object) -> str:
        now = int(self.now())
        honest: dict[str, object] = {"iss": self.issuer, "sub": self.subject, "iat": now, "exp": now + 300, **claims}
        told = {name: value for name, value in {**honest, **self.claims}.items() if value is not None}
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        return jwt.encode({k: v for k, v in header.items() if v is not None}, told, self.key, algorithms=["RS256"])


def unsigned(header: Mapping[str, object], claims: Mapping[str, object], signature: bytes = b"") -> str:
    """A token whose parts are as they are given."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts)


def _bearer(request: httpx2.Request, form: Mapping[str, str]) -> tuple[str, str]:
    """The client that the request says it comes from, by either way (RFC 6749, section 2.3.1)."""
    basic = request.headers.get("authorization", "")
    if not basic:
        return form.get("client_id", ""), form.get("client_secret", "")
    pair = base64.b64decode(basic.removeprefix("Basic ")).decode().split(":")
    name, secret = (parse_qs(f"x={one}")["x"][0] for one in pair)
    return name, secret


def _proves(form: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
