"""The section [console.oidc]: signing in to the console through an identity provider."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from ivr.settings.source import OptionalPath, Section

#: Words of a scope, a class or a method (RFC 6749, section 3.3), and of a claim.
_Word = Annotated[str, StringConstraints(pattern=r"^[!#-\[\]-~]{1,100}$")]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class OidcSection(Section):
    """`issuer` empty: nobody signs in so. `client_secret_file` holds the secret alone.

    `shown_claim` is what calls a linked identity on its person's own page; nobody is ever found by it. `acr`: the token
    bears one of these, `amr`: all of these. `hosts`: the provider's besides the issuer's own, each with its port.
    """

    issuer: Annotated[str, StringConstraints(max_length=255)] = ""
    client_id: Annotated[str, StringConstraints(max_length=255)] = ""
    client_secret_file: OptionalPath = None
    label: Annotated[str, StringConstraints(max_length=60, strip_whitespace=True)] = "le fournisseur d'identité"
    scopes: tuple[_Word, ...] = ("openid", "profile")
    shown_claim: _Word = "preferred_username"
    acr: tuple[_Word, ...] = ()
    amr: tuple[_Word, ...] = ()
    hosts: tuple[str, ...] = ()
    ca_file: OptionalPath = None
    timeout_s: float = Field(default=5.0, gt=0, le=10)

    @field_validator("issuer")
    @classmethod
    def _address(cls, value: str) -> str:
        """As the provider writes it, to the last character: what it signs says so, too."""
        parts = urlsplit(value)
        sure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        plain = re.fullmatch(r"https?://(\[::1\]|[A-Za-z0-9.-]+)(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?", value)
        if value and not (sure and plain):
            raise ValueError("write the issuer as the provider does, e.g. https://login.example.org/realms/house")
        return value

    @field_validator("hosts")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?", one) for one in value):
            raise ValueError('write names of hosts, e.g. ["keys.example.org"]')
        return value

    @field_validator("scopes")
    @classmethod
    def _asked(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in value:
            raise ValueError('scopes must have "openid": without it no provider says who signed in')
        return value

    @field_validator("label")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not value or not value.isprintable():
            raise ValueError("write what the button is to name, e.g. votre compte de la mutuelle")
        return value

    @model_validator(mode="after")
    def _whole(self) -> OidcSection:
        if self.issuer and not (self.client_id and self.client_secret_file):
            raise ValueError("signing in through a provider needs client_id and client_secret_file")
        return self
