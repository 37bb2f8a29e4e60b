"""What stands before every page: which host, how often, how large, from where; and the headers of every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ivr.console.rate_limit import RateLimit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Where the guard leaves what it read, for the pages.
FORM = "ivr.form"
#: Where browsers find the console, for what makes links.
ORIGIN = "ivr.origin"
#: The status with which the error page answers instead of the page that was asked for.
REFUSED = "ivr.refused"
#: Bytes and fields of a form; of one under a roomy path, such as an analysis grid with a note to each question.
_LARGEST_FORM, _LARGEST_ROOMY_FORM = 64 << 10, 256 << 10
_MOST_FIELDS, _MOST_ROOMY_FIELDS = 50, 250
_SAFE = ("GET", "HEAD")
_FORM_TYPE = b"application/x-www-form-urlencoded"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # With no-referrer, browsers would send our own forms with `Origin: null`.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}


class Refused(Exception):
    """Raised for a request that is not to be read on, with the status of the answer."""

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass(frozen=True)
class Origin:
    """Where browsers find the console, e.g. `http://127.0.0.1:8090`."""

    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https:")


class Guard:
    """ASGI middleware. A refused request reaches the app with `REFUSED` in its scope, to be answered by its page."""

    def __init__(
        self,
        app: App,
        *,
        origin: Callable[[], Origin],
        requests: RateLimit,
        forms: RateLimit,
        frequent: Mapping[str, RateLimit],
        roomy: tuple[str, ...] = (),
    ) -> None:
        """`forms` bounds what changes something, or tries to sign in; `origin` is known once the console listens.

        What lies under a path of `frequent` is bounded by that alone; forms under one of `roomy` may be larger.
        """
        self._app = app
        self._origin = origin
        self._requests = requests
        self._forms = forms
        self._frequent = frequent
        self._roomy = roomy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        origin = self._origin()
        scope[ORIGIN] = origin.url
        try:
            scope[FORM] = await self._examined(scope, receive, origin)
        except Refused as refused:
            scope[FORM] = {}
            scope[REFUSED] = refused.status
        # What was in the body has been read, or is of no interest any more.
        await self._app(scope, after_body(b"", receive), with_headers(send, origin))

    async def _examined(self, scope: Scope, receive: Receive, origin: Origin) -> Mapping[str, str]:
        headers = {name.lower(): value for name, value in scope["headers"]}
        address = scope["client"][0] if scope.get("client") else ""
        often = next((limit for path, limit in self._frequent.items() if scope["path"].startswith(path)), None)
        if not (often or self._requests).allows(address):
            raise Refused(429)
        if headers.get(b"host", b"").decode("latin-1").lower() != origin.host:
            # A name that somebody else points here (DNS rebinding) is none of ours.
            raise Refused(400)
        if scope["method"] in _SAFE:
            return {}
        if often is None and not self._forms.allows(address):
            raise Refused(429)
        if not _is_ours(headers, origin):
            raise Refused(403)
        if headers.get(b"content-type", b"").split(b";")[0].strip().lower() != _FORM_TYPE:
            raise Refused(400)
        roomy = bool(self._roomy) and scope["path"].startswith(self._roomy)
        body = await read_body(receive, _LARGEST_ROOMY_FORM if roomy else _LARGEST_FORM, too_large=400)
        return _fields(body, _MOST_ROOMY_FIELDS if roomy else _MOST_FIELDS)


def with_headers(send: Send, origin: Origin) -> Send:
    """Return a `send` that adds the headers of every answer, where the answer has none of its own."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            more = {**HEADERS, **({"strict-transport-security": "max-age=31536000"} if origin.is_https else {})}
            message["headers"] = [
                *message["headers"],
                *((name.encode(), value.encode()) for name, value in more.items() if name.encode() not in there),
            ]
        await send(message)

    return sending


def _is_ours(headers: Mapping[bytes, bytes], origin: Origin) -> bool:
    """Whether a page of the console sent this form: browsers say where it comes from, and no script can lie there."""
    site = headers.get(b"sec-fetch-site")
    if site is not None and site != b"same-origin":
        return False
    return headers.get(b"origin", b"").decode("latin-1") == origin.url


async def read_body(receive: Receive, largest: int, *, too_large: int = 413) -> bytes:
    """Return a request's body. Raises Refused, with the status `too_large` for one of more bytes than `largest`."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(400)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > largest:
            raise Refused(too_large)
        if not message.get("more_body"):
            return b"".join(parts)


def _fields(body: bytes, most: int) -> Mapping[str, str]:
    """Each name once: what is sent twice is refused, since readers differ in which one counts."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=most,
        )
    except ValueError:
        raise Refused(400) from None
    fields = dict(pairs)
    if len(fields) < len(pairs) or any("\0" in value for value in fields.values()):
        raise Refused(400)
    return fields


def after_body(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, then whatever else comes: a browser that goes away."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return messages.pop() if messages else await receive()

    return receiving
