"""The signature of an ID token: by a published key, by an algorithm that is allowed, by nothing in the token itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import serialize_compact

from ivr.console.id_tokens import JoseTokenReader
from ivr.domain.account.id_token import ALGORITHMS, IdToken
from ivr.services.ports.openid import Rejected, UnknownKey
from tests.fakes.identity_provider import SoftProvider, rsa_key, unsigned

PROVIDER = SoftProvider(lambda: 1_800_000_000.0)
CLAIMS = {"sub": "sub-1"}


def public(key: RSAKey | ECKey | OKPKey, **more: object) -> dict[str, Any]:
    return {**key.as_dict(private=False), **more}


def read(token: str, *keys: object, algorithms: tuple[str, ...] = ALGORITHMS) -> IdToken | Rejected:
    return JoseTokenReader().read(token, keys or [public(rsa_key())], algorithms)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_a_published_key_is_read(algorithm: str) -> None:
    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    key: RSAKey | ECKey | OKPKey = rsa_key()
    if algorithm in curves:
        key = ECKey.generate_key(curves[algorithm])
    elif algorithm == "Ed25519":
        key = OKPKey.generate_key("Ed25519")
    token = jwt.encode({"alg": algorithm}, CLAIMS, key, algorithms=[algorithm])
    found = read(token, public(key))
    assert isinstance(found, IdToken), found
    assert (found.claims, found.header["alg"], found.access_token) == (CLAIMS, algorithm, "")


@pytest.mark.parametrize("signature", [b"", b"x" * 256])
@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_a_token_that_says_it_is_not_signed_is_refused(algorithm: str, signature: bytes) -> None:
    token = unsigned({"alg": algorithm, "kid": "first"}, CLAIMS, signature)
    assert read(token) == Rejected("signed by an algorithm that is not allowed")


@pytest.mark.parametrize("secret", ["pem", "jwk", "modulus"])
def test_a_token_signed_by_the_public_key_as_a_secret_is_refused(secret: str) -> None:
    key = rsa_key()
    secrets = {
        "pem": key.as_pem(private=False),
        "jwk": json.dumps(public(key)).encode(),
        "modulus": base64.urlsafe_b64decode(public(key)["n"] + "=="),
    }
    token = unsigned({"alg": "HS256", "kid": "first"}, CLAIMS).removesuffix(".")
    made = hmac.new(secrets[secret], token.encode(), hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
    assert read(f"{token}.{signature}") == Rejected("signed by an algorithm that is not allowed")


def test_a_shared_secret_that_is_published_is_no_key() -> None:
    key = {"kty": "oct", "k": "c2VjcmV0", "kid": "first"}
    assert isinstance(read(PROVIDER.id_token(), key), UnknownKey)


def test_an_algorithm_that_the_provider_does_not_announce_is_refused() -> None:
    assert read(PROVIDER.id_token(), algorithms=("ES256",)) == Rejected("signed by an algorithm that is not allowed")


def test_a_key_that_is_not_published_is_unknown_so_that_it_may_be_asked_for() -> None:
    token = SoftProvider(PROVIDER.now, key=rsa_key("second")).id_token()
    assert isinstance(read(token), UnknownKey)
    assert isinstance(read(token, public(rsa_key()), public(rsa_key("second"))), IdToken)


def test_the_name_of_a_published_key_does_not_make_it_good() -> None:
    token = SoftProvider(PROVIDER.now, key=rsa_key("second"), header={"kid": "first"}).id_token()
    assert read(token) == Rejected("its signature is not good")


def test_a_key_that_the_token_brings_along_is_not_looked_at() -> None:
    mine = rsa_key("second")
    for brought in ({"jwk": public(mine)}, {"jku": "https://evil.test/keys"}, {"x5u": "https://evil.test/x"}):
        head = {"alg": "RS256", "kid": "first", **brought}
        token = jwt.encode(head, CLAIMS, mine, algorithms=["RS256"])
        assert read(token) == Rejected("its signature is not good")


def test_without_a_name_a_key_is_taken_only_where_it_is_the_only_one() -> None:
    token = SoftProvider(PROVIDER.now, header={"kid": None}).id_token()
    assert isinstance(read(token), IdToken)
    assert isinstance(read(token, public(rsa_key()), public(rsa_key("second"))), UnknownKey)


@pytest.mark.parametrize("more", [{"use": "enc"}, {"alg": "RS512"}, {"kty": "EC"}, {"kid": "other"}])
def test_a_key_for_something_else_is_not_taken(more: dict[str, str]) -> None:
    assert isinstance(read(PROVIDER.id_token(), public(rsa_key(), **more)), UnknownKey)


def test_what_must_be_understood_and_is_not_is_refused() -> None:
    for head in ({"crit": ["exp"], "exp": 1}, {"b64": False, "crit": ["b64"]}):
        token = unsigned({"alg": "RS256", "kid": "first", **head}, CLAIMS, b"x" * 256)
        assert read(token) == Rejected("it asks for what is not understood here (crit)")


@pytest.mark.parametrize(
    "more",
    [{"n": "AQAB"}, {"n": "_" * 1400}, {"n": "é"}, {"n": None}, {"e": "_" * 64}],
    ids=lambda one: next(iter(one)),
)
def test_a_key_of_a_size_that_is_not_allowed_is_refused(more: dict[str, object]) -> None:
    found = read(PROVIDER.id_token(), public(rsa_key(), **more))
    assert found == Rejected("signed by a key of a size that is not allowed")


@pytest.mark.parametrize(
    "wrong", ["", ".", "..", "a.b.c", "é.é.é", "{}.{}.{}", "W10.e30.", "[" * 9000, "bnVsbA..", "e30.e30.e30"]
)
def test_what_is_no_token_is_refused(wrong: str) -> None:
    assert isinstance(read(wrong), Rejected)


def test_a_changed_token_is_refused() -> None:
    head, body, signature = PROVIDER.id_token().split(".")
    other = SoftProvider(PROVIDER.now, subject="sub-2").id_token().split(".")[1]
    assert body != other
    assert read(f"{head}.{other}.{signature}") == Rejected("its signature is not good")
    assert read(f"{head}.{body}.") == Rejected("its signature is not good")


def test_claims_that_are_no_object_are_refused() -> None:
    token = serialize_compact({"alg": "RS256", "kid": "first"}, b"[1]", rsa_key(), algorithms=["RS256"])
    assert read(token) == Rejected("its signature is not good")
