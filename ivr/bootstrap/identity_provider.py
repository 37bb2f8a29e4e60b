"""Builds what asks the console's identity provider; and looks at it for `ivr doctor`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ivr.errors import HostError
from ivr.openid.exchange import Exchange
from ivr.openid.provider import HttpIdentityProvider, ProviderSettings, examine_provider
from ivr.recording import secret_file
from ivr.services.ports.openid import TokenReader
from ivr.settings import Settings

#: Where browsers come back to from the provider; it is registered there, under `console.public_url`.
RETURN_PATH = "/connexion/fournisseur/retour"


def open_provider(
    settings: Settings, reader: TokenReader, monotonic: Callable[[], float], *, exchange: Exchange | None = None
) -> HttpIdentityProvider | None:
    """Return it, nothing having been asked yet; None when none is configured.

    `exchange` stands in for the one over the network.
    """
    if not settings.console.oidc.issuer:
        return None
    return HttpIdentityProvider(_provider(settings), exchange or _exchange(settings), reader, monotonic)


def provider_state(settings: Settings) -> str:
    """Return what `ivr doctor` says of the provider. Raises HostError when nobody could sign in through it."""
    oidc = settings.console.oidc
    if not oidc.issuer:
        return "aucun n'est configuré ici"
    keys = examine_provider(_provider(settings), _exchange(settings))
    asked = ", ".join((*oidc.acr, *oidc.amr)) or "rien de plus que ce qu'il demande lui-même"
    return f"{oidc.issuer} répond, ses métadonnées conviennent, {keys} clés ; exigé de la connexion : {asked}"


def _provider(settings: Settings) -> ProviderSettings:
    oidc = settings.console.oidc
    path = oidc.client_secret_file
    assert path is not None
    return ProviderSettings(
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        secret=lambda: _secret(path),
        redirect_uri=settings.console.public_url + RETURN_PATH,
        scopes=oidc.scopes,
        acr=oidc.acr,
        hosts=oidc.hosts,
    )


def _secret(path: Path) -> str:
    secret = secret_file.read_private(path, "client secret").decode("utf-8", "replace").strip()
    if not secret:
        raise HostError("the client secret is empty", where=str(path), remedy="write it into the file")
    return secret


def _exchange(settings: Settings) -> Exchange:
    oidc = settings.console.oidc
    return Exchange(timeout_s=oidc.timeout_s, ca_file=oidc.ca_file)
