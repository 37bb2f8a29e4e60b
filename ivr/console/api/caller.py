"""Who calls: the token that the guard found, and what its program says of purpose and reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPBearer

from ivr.domain.access import AccessRequest, Action, Actor
from ivr.domain.account.api_token import ApiToken
from ivr.errors import ConfigurationError

#: Where the guard leaves the token in a request's scope.
TOKEN = "ivr.token"
LONGEST_REASON = 200
#: Printable ASCII: what is beyond is percent-encoded.
_SIGNS = r"^[\x20-\x7e]+$"

bearer = HTTPBearer(auto_error=False, description="Un jeton, créé sur la page /compte de la console.")


def token_of(request: Request, _: Annotated[object, Security(bearer)] = None) -> ApiToken:
    token = request.scope[TOKEN]
    assert isinstance(token, ApiToken)
    return token


Caller = Annotated[ApiToken, Depends(token_of)]


@dataclass(frozen=True)
class Asking:
    """A caller who has said why, as on the pages: which purpose (empty: none, or all), and for what reason."""

    token: ApiToken
    purpose: str
    reason: str

    @property
    def actor(self) -> Actor:
        return self.token.actor

    def request(self, action: Action = Action.LIST) -> AccessRequest:
        return AccessRequest(self.actor, action, purpose=self.purpose, reason=self.reason)


def _asking(
    token: Annotated[ApiToken, Depends(token_of)],
    ivr_reason: Annotated[
        str,
        Header(
            description="Why, as the evidence will have it: up to 200 characters, percent-encoded UTF-8 beyond ASCII.",
            min_length=1,
            max_length=1_800,
            pattern=_SIGNS,
        ),
    ],
    ivr_purpose: Annotated[
        str,
        Header(
            description="For which purpose: a tag of config/retention.toml; left out: for none of them, or for all.",
            max_length=100,
            pattern=r"^[a-z0-9_]*$",
        ),
    ] = "",
) -> Asking:
    try:
        reason = " ".join(unquote(ivr_reason, errors="strict").split())
    except UnicodeDecodeError:
        reason = ""
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise ConfigurationError(
            "no reason is given", key="header.ivr-reason", remedy=f"write 1 to {LONGEST_REASON} characters"
        )
    return Asking(token, ivr_purpose, reason)


Asked = Annotated[Asking, Depends(_asking)]
