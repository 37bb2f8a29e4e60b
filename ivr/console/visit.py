"""One request of one person: what a page is given, and how it answers."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ivr.console.guard import ORIGIN, Origin
from ivr.console.words import Words
from ivr.domain.account.session import Session

HERE = Path(__file__).parent
#: `__Host-`: this host alone, over HTTPS or on this machine, for every path.
SESSION_COOKIE, DEVICE_COOKIE, LINK_COOKIE = "__Host-session", "__Host-device", "__Host-link"
PASSKEY_COOKIE = "__Host-passkey"
#: Not strict: whoever comes back from the identity provider comes from elsewhere.
PROVIDER_COOKIE = "__Host-provider"
LANGUAGE_COOKIE = "language"
_YEAR_S = 31_536_000

_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Visit:
    """`session` is there on every page that is not open to all. `token` is the one in the session's
    cookie, `rights` are those of its role, `purpose_title` names the purpose that was chosen (empty: none, or all)."""

    request: Request
    form: Mapping[str, str]
    words: Words
    token: str = ""
    session: Session | None = None
    role_title: str = ""
    rights: frozenset[str] = frozenset()
    purpose_title: str = ""

    @property
    def signed_in(self) -> Session:
        assert self.session is not None
        return self.session

    @property
    def form_token(self) -> str:
        return form_token(self.token) if self.session else ""

    @property
    def origin(self) -> str:
        """Where browsers find the console, on what answers a form: the guard has compared it."""
        return str(self.request.headers["origin"])

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the console over TLS, be it through a proxy that ends it."""
        return Origin(self.request.scope[ORIGIN]).is_https

    def cookie(self, name: str) -> str:
        return str(self.request.cookies.get(name, ""))

    def page(self, template: str, *, status: int = 200, **given: Any) -> Response:
        """Answer with a page; whatever is filled in is escaped. `path` is where it is asked for, else as it was now."""
        return HTMLResponse(self.part(template, **{"path": self.request.scope["path"], **given}), status_code=status)

    def part(self, template: str, **given: Any) -> str:
        """Return what a template makes of what is filled in: a page, or a part of one that goes on."""
        return str(_TEMPLATES.get_template(f"{template}.html").render(words=self.words, visit=self, **given))

    def go(self, path: str) -> Response:
        """Answer a form: the browser asks for `path`, and going back sends nothing twice."""
        return RedirectResponse(path, status_code=303)


def form_token(token: str) -> str:
    """Return what the forms of a session bear: known to nobody who has not its cookie."""
    return hashlib.sha256(f"form {token}".encode()).hexdigest()


def is_form_token(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), form_token(token).encode())


def keep(response: Response, name: str, value: str, *, forever: bool = False) -> None:
    """Set a cookie that no script reads and no other site has sent along; it ends with the browser unless `forever`."""
    response.set_cookie(
        name, value, httponly=True, secure=True, samesite="strict", path="/", max_age=_YEAR_S if forever else None
    )


def keep_abroad(response: Response, name: str, value: str, *, max_age_s: int) -> None:
    """Set a cookie that no script reads, and that comes along when another site sends the browser here."""
    response.set_cookie(name, value, httponly=True, secure=True, samesite="lax", path="/", max_age=max_age_s)


def drop(response: Response, name: str) -> None:
    response.delete_cookie(name, httponly=True, secure=True, samesite="strict", path="/")
