"""What a provider publishes: taken where the console can work with it, and nowhere does it lead elsewhere."""

from __future__ import annotations

import json

import pytest

from ivr.openid.exchange import Answer
from ivr.openid.metadata import address_of, read_keys, read_metadata
from ivr.services.ports.openid import ProviderAway
from tests.fakes.identity_provider import ISSUER, SoftProvider


def answer(**published: object) -> Answer:
    told = SoftProvider(lambda: 0.0, published=published).metadata()
    return Answer(200, json.dumps({name: one for name, one in told.items() if one is not None}).encode())


def test_what_fits_is_taken() -> None:
    found = read_metadata(answer(), ISSUER, ())
    assert (found.authorization, found.token, found.keys) == tuple(
        f"{ISSUER}/{x}" for x in ("authorize", "token", "keys")
    )
    assert (found.algorithms, found.names_itself, found.basic) == (("RS256",), True, True)
    assert address_of("https://login.test/") == "https://login.test/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("published", "what"),
    [
        ({"issuer": "https://login.test/realms/other"}, "another issuer"),
        ({"issuer": ISSUER + "/"}, "another issuer"),
        ({"issuer": None}, "another issuer"),
        ({"response_types_supported": ["id_token"]}, "no code"),
        ({"response_types_supported": "code"}, "no code"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({"id_token_signing_alg_values_supported": ["none", "HS256"]}, "no algorithm"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "no client secret"),
        ({"token_endpoint": None}, "no token_endpoint"),
        ({"token_endpoint": "https://login.test/a b"}, "no token_endpoint"),
        ({"token_endpoint": "https://login.test\\@evil.test/"}, "no token_endpoint"),
        ({"token_endpoint": "https://[login.test/"}, "no token_endpoint"),
        ({"token_endpoint": "http://login.test/token"}, "no https address"),
        ({"jwks_uri": "file:///etc/passwd"}, "no https address"),
        ({"jwks_uri": "http://169.254.169.254/latest"}, "no https address"),
        ({"jwks_uri": "http://127.0.0.1:8200/keys"}, "no https address"),
        ({"jwks_uri": "https://user@login.test/keys"}, "no https address"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "no https address"),
        ({"authorization_endpoint": "https://login.test/authorize#x"}, "no https address"),
        ({"jwks_uri": "https://127.0.0.1/keys"}, "at another host, 127.0.0.1"),
        ({"token_endpoint": "https://evil.test/token"}, "at another host, evil.test"),
        ({"token_endpoint": "https://login.test.evil.test/token"}, "at another host"),
        ({"token_endpoint": "https://login.test:8443/token"}, "at another host"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_does_not_fit_is_told(published: dict[str, object], what: str) -> None:
    with pytest.raises(ProviderAway, match=what):
        read_metadata(answer(**published), ISSUER, ())


def test_another_host_is_taken_where_the_house_says_that_it_is_the_providers() -> None:
    elsewhere = answer(
        jwks_uri="https://Keys.test:8443/keys", token_endpoint_auth_methods_supported=["client_secret_post"]
    )
    found = read_metadata(elsewhere, ISSUER, ("keys.test:8443",))
    assert (found.keys, found.basic) == ("https://Keys.test:8443/keys", False)


def test_without_tls_a_provider_on_this_machine_leads_to_this_machine_alone() -> None:
    issuer = "http://127.0.0.1:7000"
    told = SoftProvider(lambda: 0.0, issuer=issuer).metadata()
    assert read_metadata(Answer(200, json.dumps(told).encode()), issuer, ()).token == f"{issuer}/token"
    told["token_endpoint"] = "http://login.test/token"
    with pytest.raises(ProviderAway, match="no https address"):
        read_metadata(Answer(200, json.dumps(told).encode()), issuer, ("login.test",))


@pytest.mark.parametrize(
    "wrong",
    [
        Answer(302, b"{}"),
        Answer(500, b"{}"),
        Answer(200, b""),
        Answer(200, b"[]"),
        Answer(200, b"\xff"),
        Answer(200, b"[" * 100_000),
        Answer(200, b'{"issuer": "a", "issuer": "b"}'),
    ],
    ids=lambda one: repr(one.body[:20]),
)
def test_what_is_no_answer_is_told(wrong: Answer) -> None:
    with pytest.raises(ProviderAway, match="is away"):
        read_metadata(wrong, ISSUER, ())


def test_keys_are_read_and_what_is_none_is_left_out() -> None:
    assert read_keys(Answer(200, b'{"keys": [{"kty": "RSA"}, 7]}'), ISSUER) == [{"kty": "RSA"}]
    for wrong in (b"{}", b'{"keys": {}}', json.dumps({"keys": [{}] * 51}).encode()):
        with pytest.raises(ProviderAway):
            read_keys(Answer(200, wrong), ISSUER)
