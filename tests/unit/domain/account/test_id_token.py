"""Each thing that may be wrong with an ID token is a fault of its own, and an honest one has none."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.account.id_token import (
    OLDEST,
    SKEW,
    Expected,
    IdToken,
    TokenFault,
    factors_of,
    judge_id_token,
    moment,
    shown_name,
    subject_of,
)

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
AT = int(NOW.timestamp())
EXPECTED = Expected("https://login.test", "console", "nonce-1")
HONEST = MappingProxyType(
    {
        "iss": "https://login.test", "sub": "sub-1", "aud": "console", "exp": AT + 300, "iat": AT, "nonce": "nonce-1",
        "acr": "gold", "amr": ["pwd", "otp"],
    }
)  # fmt: skip
SKEW_S, OLDEST_S = int(SKEW.total_seconds()), int(OLDEST.total_seconds())


def faults(
    claims: Mapping[str, object] = MappingProxyType({}),
    *,
    expected: Expected = EXPECTED,
    header: Mapping[str, object] = MappingProxyType({"alg": "RS256", "typ": "JWT"}),
    access: str = "access",
) -> list[TokenFault]:
    """Of the honest token with these claims in place of its own; None: left out."""
    told = {name: value for name, value in {**HONEST, **claims}.items() if value is not None}
    return list(judge_id_token(IdToken(header, told, access), expected, NOW).faults)


def half(text: str, name: str = "sha256") -> str:
    digest = hashlib.new(name, text.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def test_an_honest_token_is_believed() -> None:
    assert faults() == []
    assert judge_id_token(IdToken({"alg": "ES256"}, HONEST), EXPECTED, NOW).accepted


@pytest.mark.parametrize(
    ("fault", "claims"),
    [
        (TokenFault.ISSUER, {"iss": "https://elsewhere.test"}),
        (TokenFault.ISSUER, {"iss": "https://login.test/"}),
        (TokenFault.ISSUER, {"iss": None}),
        (TokenFault.ISSUER, {"iss": ["https://login.test"]}),
        (TokenFault.SUBJECT, {"sub": None}),
        (TokenFault.SUBJECT, {"sub": ""}),
        (TokenFault.SUBJECT, {"sub": 7}),
        (TokenFault.SUBJECT, {"sub": "x" * 256}),
        (TokenFault.SUBJECT, {"sub": "sub\n1"}),
        (TokenFault.AUDIENCE, {"aud": "another"}),
        (TokenFault.AUDIENCE, {"aud": None}),
        (TokenFault.AUDIENCE, {"aud": []}),
        (TokenFault.AUDIENCE, {"aud": {"console": 1}}),
        (TokenFault.PARTY, {"aud": ["console", "another"]}),
        (TokenFault.PARTY, {"aud": ["console", "another"], "azp": "another"}),
        (TokenFault.PARTY, {"azp": "another"}),
        (TokenFault.PARTY, {"azp": ["console"]}),
        (TokenFault.EXPIRED, {"exp": AT - SKEW_S}),
        (TokenFault.EXPIRED, {"exp": None}),
        (TokenFault.EXPIRED, {"exp": str(AT + 300)}),
        (TokenFault.EXPIRED, {"exp": True}),
        (TokenFault.EXPIRED, {"exp": float("nan")}),
        (TokenFault.EXPIRED, {"exp": float("inf")}),
        (TokenFault.EXPIRED, {"exp": 10**400}),
        (TokenFault.ISSUED, {"iat": AT + SKEW_S + 1}),
        (TokenFault.ISSUED, {"iat": AT - OLDEST_S - SKEW_S - 1}),
        (TokenFault.ISSUED, {"iat": None}),
        (TokenFault.ISSUED, {"iat": "now"}),
        (TokenFault.NOT_BEFORE, {"nbf": AT + SKEW_S + 1}),
        (TokenFault.NOT_BEFORE, {"nbf": "soon"}),
        (TokenFault.NONCE, {"nonce": "nonce-2"}),
        (TokenFault.NONCE, {"nonce": None}),
        (TokenFault.NONCE, {"nonce": ["nonce-1"]}),
        (TokenFault.NONCE, {"nonce": "\ud800"}),
        (TokenFault.ACCESS_TOKEN, {"at_hash": half("another")}),
        (TokenFault.ACCESS_TOKEN, {"at_hash": 7}),
    ],
    ids=lambda value: "" if isinstance(value, TokenFault) else repr(value)[:40],
)
def test_each_wrong_claim_is_the_fault_that_it_is(fault: TokenFault, claims: dict[str, object]) -> None:
    assert faults(claims) == [fault]


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "HS512", "RS1", "EdDSA", "", None, ["RS256"]])
def test_an_algorithm_that_is_not_allowed_is_a_fault(algorithm: object) -> None:
    assert faults(header={"alg": algorithm}) == [TokenFault.ALGORITHM]


@pytest.mark.parametrize("kind", ["at+jwt", "logout+jwt", "secevent+jwt", 7])
def test_another_kind_of_token_is_no_id_token(kind: object) -> None:
    assert faults(header={"alg": "RS256", "typ": kind}) == [TokenFault.TYPE]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["console"]},
        {"aud": ["another", "console"], "azp": "console"},
        {"azp": "console"},
        {"exp": AT - SKEW_S + 1},
        {"exp": AT + 0.5},
        {"iat": AT + SKEW_S},
        {"iat": AT - OLDEST_S - SKEW_S},
        {"nbf": AT + SKEW_S},
        {"at_hash": half("access")},
    ],
    ids=repr,
)
def test_what_is_allowed_is_no_fault(claims: dict[str, object]) -> None:
    assert faults(claims) == []


@pytest.mark.parametrize(("algorithm", "name"), [("ES384", "sha384"), ("PS512", "sha512"), ("Ed25519", "sha512")])
def test_the_hash_of_the_access_token_is_that_of_the_algorithm(algorithm: str, name: str) -> None:
    assert faults(header={"alg": algorithm}, claims={"at_hash": half("access", name)}) == []
    assert faults(header={"alg": algorithm}, claims={"at_hash": half("access")}) == [TokenFault.ACCESS_TOKEN]


def test_a_hash_of_no_access_token_is_a_fault() -> None:
    assert faults({"at_hash": half("")}, access="") == [TokenFault.ACCESS_TOKEN]


@pytest.mark.parametrize(
    ("asked", "claims", "enough"),
    [
        ({"acr": ("gold", "silver")}, {}, True),
        ({"acr": ("platinum",)}, {}, False),
        ({"acr": ("gold",)}, {"acr": None}, False),
        ({"acr": ("gold",)}, {"acr": ["gold"]}, False),
        ({"amr": ("otp", "pwd")}, {}, True),
        ({"amr": ("otp", "hwk")}, {}, False),
        ({"amr": ("otp",)}, {"amr": "otp"}, False),
        ({"amr": ("otp",)}, {"amr": None}, False),
        ({"amr": ("otp",)}, {"amr": [["otp"], 7]}, False),
    ],
)
def test_what_the_house_asks_of_the_sign_in_is_asked_of_the_token(
    asked: dict[str, tuple[str, ...]], claims: dict[str, object], enough: bool
) -> None:
    expected = Expected("https://login.test", "console", "nonce-1", **asked)  # type: ignore[arg-type]
    assert faults(claims, expected=expected) == ([] if enough else [TokenFault.METHOD])


@pytest.mark.parametrize(
    ("auth_time", "enough"),
    [
        (AT - 120, True),
        (AT - 120 - SKEW_S, True),
        (AT - 120 - SKEW_S - 1, False),
        (AT + SKEW_S, True),
        (AT + SKEW_S + 1, False),
        (None, False),
        (True, False),
        (str(AT), False),
        (float("nan"), False),
    ],
)
def test_whoever_is_to_sign_in_anew_has_done_so_since_they_were_sent(auth_time: object, enough: bool) -> None:
    expected = Expected("https://login.test", "console", "nonce-1", since=NOW - timedelta(seconds=120))
    found = faults({"auth_time": auth_time}, expected=expected)
    assert found == ([] if enough else [TokenFault.AUTHENTICATED])
    assert faults({"auth_time": auth_time}) == []


def test_a_token_that_is_only_too_weak_says_who_it_was() -> None:
    strict = Expected("https://login.test", "console", "nonce-1", acr=("platinum",))
    assert judge_id_token(IdToken({"alg": "RS256"}, HONEST), strict, NOW).only_too_weak
    late = judge_id_token(IdToken({"alg": "RS256"}, HONEST), strict, NOW + timedelta(days=1))
    assert not late.only_too_weak
    assert not judge_id_token(IdToken({"alg": "RS256"}, HONEST), EXPECTED, NOW).only_too_weak


def test_every_fault_is_told_of() -> None:
    told = judge_id_token(
        IdToken({}, {"azp": 1, "nbf": "x", "at_hash": 1}), Expected("i", "c", "n", ("a",)), NOW
    ).faults
    assert set(TokenFault) - set(told) == {TokenFault.TYPE, TokenFault.AUTHENTICATED}


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_NAMES = st.sampled_from(["iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "acr", "amr"])


@given(st.dictionaries(_NAMES, _ANY), st.dictionaries(st.sampled_from(["alg", "typ"]), _ANY))
def test_no_strangers_claims_make_it_fail_or_believe(claims: dict[str, object], header: dict[str, object]) -> None:
    verdict = judge_id_token(IdToken(header, claims, "access"), EXPECTED, NOW)
    assert not verdict.accepted
    assert factors_of(claims)[0] == "oidc"
    assert len(subject_of(claims)) <= 255


def test_the_evidence_says_how_in_registered_words_alone() -> None:
    assert factors_of({"amr": ["otp", "pwd", "<b>", 7, "otp"]}) == ("oidc", "otp", "pwd")
    assert factors_of({}) == factors_of({"amr": "pwd"}) == ("oidc",)


@pytest.mark.parametrize("name", [None, 7, "x" * 61, "a\nb", "\u202eevil"])
def test_a_name_that_cannot_be_shown_is_none(name: object) -> None:
    assert shown_name({"preferred_username": name}, "preferred_username") == ""


def test_a_name_is_shown_as_the_provider_tells_it() -> None:
    assert shown_name({"email": "anne@house.test"}, "email") == "anne@house.test"
    assert shown_name({}, "email") == ""


def test_a_moment_is_a_number_that_a_date_may_have() -> None:
    assert moment(1.5) == 1.5
    assert moment(1e13) is None
    assert moment(False) is None
