"""What stands before the API: which host, how often, who, how large, JSON alone. A program bears a token, no cookie.

Whoever bears none is told so whatever they ask for, so that no answer tells which paths or things there are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from fastapi import Response

from ivr.console.api.caller import TOKEN
from ivr.console.api.problems import answer_to, problem, unauthorized
from ivr.console.guard import ORIGIN, App, Origin, Receive, Refused, Scope, Send, after_body, read_body, with_headers
from ivr.console.rate_limit import RateLimit
from ivr.domain.account.api_token import ApiToken
from ivr.errors import IvrError

_LOG = logging.getLogger(__name__)
_SCHEME = "bearer "
#: In bytes; under a roomy path: a grid, or the answers to one.
_LARGEST, _LARGEST_ROOMY = 64 << 10, 256 << 10
_NESTED = 30
_WITH_BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Limits:
    """Requests of one address; those of it without a good token; of one token, and of one that listens."""

    addresses: RateLimit
    strangers: RateLimit
    tokens: RateLimit
    listening: RateLimit


class ApiGuard:
    """ASGI middleware: the app is asked by whoever has a token, with a body that is JSON."""

    def __init__(
        self,
        app: App,
        *,
        resume: Callable[[str], ApiToken | None],
        origin: Callable[[], Origin],
        limits: Limits,
        roomy: tuple[str, ...],
        frequent: str,
    ) -> None:
        """`resume` finds a token; `frequent` begins the paths of listenings; `roomy` those of larger bodies."""
        self._app = app
        self._resume = resume
        self._origin = origin
        self._limits = limits
        self._roomy = roomy
        self._frequent = frequent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = self._origin()
        started = False

        async def sending(message: Any) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        answering = with_headers(sending, origin)
        refused = await self._refused(scope, receive, origin)
        if isinstance(refused, Response):
            await refused(scope, receive, answering)
            return
        scope[ORIGIN] = origin.url
        try:
            await self._app(scope, after_body(refused, receive), answering)
        except Exception as error:
            # The application has answered, or cannot any more; what the error says may hold anything.
            _LOG.error("api: %s", type(error).__name__)
            if not started:
                await problem(500)(scope, receive, answering)

    async def _refused(self, scope: Scope, receive: Receive, origin: Origin) -> Response | bytes:
        """Return the answer to what is refused; the body of what is not."""
        headers = {name.lower(): value for name, value in scope["headers"]}
        address = scope["client"][0] if scope.get("client") else ""
        if not self._limits.addresses.allows(address):
            return _too_many()
        if headers.get(b"host", b"").decode("latin-1").lower() != origin.host:
            return problem(400, "Ce nom d'hôte n'est pas celui de la console.")
        try:
            token = await self._token(headers)
        except IvrError as error:
            return answer_to(error)
        if token is None:
            return unauthorized() if self._limits.strangers.allows(address) else _too_many()
        often = scope["path"].startswith(self._frequent)
        if not (self._limits.listening if often else self._limits.tokens).allows(token.key):
            return _too_many()
        scope[TOKEN] = token
        return await self._body(scope, receive, headers) if scope["method"] in _WITH_BODY else b""

    async def _token(self, headers: Mapping[bytes, bytes]) -> ApiToken | None:
        borne = headers.get(b"authorization", b"").decode("latin-1")
        if borne[: len(_SCHEME)].lower() != _SCHEME:
            return None
        return await anyio.to_thread.run_sync(self._resume, borne[len(_SCHEME) :].strip())

    async def _body(self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes]) -> Response | bytes:
        roomy = scope["path"].startswith(self._roomy)
        try:
            body = await read_body(receive, _LARGEST_ROOMY if roomy else _LARGEST)
        except Refused as refused:
            return problem(refused.status)
        media = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if body and media != b"application/json":
            return problem(415, "Écrivez du JSON : Content-Type: application/json.")
        return body if not body or is_plain_json(body) else problem(400, "Le corps n'est pas du JSON lisible.")


def is_plain_json(body: bytes) -> bool:
    """Whether all readers read it alike: UTF-8, no name twice, no NaN, no lone surrogate, not nested beyond reason."""
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_none)
        return _is_shallow(found, _NESTED) and bool(json.dumps(found, ensure_ascii=False).encode("utf-8"))
    except (ValueError, RecursionError):
        return False


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _none(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _is_shallow(value: object, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_shallow(one, levels - 1) for one in inner)


def _too_many() -> Response:
    return problem(429, headers={"retry-after": "1"})
