"""The console starts whatever is wrong with what its identity provider is asked by; `ivr doctor` says what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.bootstrap.identity_provider import open_provider, provider_state
from ivr.console.id_tokens import JoseTokenReader
from ivr.errors import HostError
from ivr.services.ports.openid import Errand, ProviderAway
from ivr.settings import Settings, load_settings

CONFIG = Path(__file__).resolve().parents[3] / "config"


def through(tmp_path: Path, authority: Path) -> Settings:
    secret = tmp_path / "secret"
    secret.write_text("s")
    secret.chmod(0o600)
    env = {
        "IVR_CONSOLE__PUBLIC_URL": "https://console.test",
        "IVR_CONSOLE__OIDC__ISSUER": "https://login.test",
        "IVR_CONSOLE__OIDC__CLIENT_ID": "console",
        "IVR_CONSOLE__OIDC__CLIENT_SECRET_FILE": str(secret),
        "IVR_CONSOLE__OIDC__CA_FILE": str(authority),
    }
    return load_settings(CONFIG, env)


@pytest.mark.parametrize("written", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_closes_this_way_in_alone(tmp_path: Path, written: str | None) -> None:
    authority = tmp_path / "authority.pem"
    if written:
        authority.write_text(written)
    settings = through(tmp_path, authority)
    provider = open_provider(settings, JoseTokenReader(), lambda: 0.0)
    assert provider
    with pytest.raises(ProviderAway, match="the authority's certificate cannot be read") as told:
        provider.directions(Errand("state", "nonce", "challenge"))
    assert told.value.where == str(authority)
    with pytest.raises(HostError, match="the authority's certificate cannot be read") as told_by_doctor:
        provider_state(settings)
    assert "console.oidc.ca_file" in told_by_doctor.value.remedy
