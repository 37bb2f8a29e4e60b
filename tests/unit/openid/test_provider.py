"""The conversation with a provider: what it is sent, what is taken of its answers, and how often it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from ivr.console.id_tokens import JoseTokenReader
from ivr.domain.account.id_token import IdToken
from ivr.openid.provider import HttpIdentityProvider, ProviderSettings, examine_provider
from ivr.services.ports.openid import Errand, ProviderAway, Rejected, UnknownKey
from tests.fakes.identity_provider import CLIENT, ISSUER, SECRET, SoftProvider, rsa_key

BACK = "https://console.test/connexion/fournisseur/retour"
VERIFIER = "v" * 64
#: S256 of it.
CHALLENGE = "w1TpKUdYE9hUAcNSeeSRFioHDxfUxuHho_JHAfZ_vDM"


@dataclass
class Talk:
    soft: SoftProvider = field(default_factory=lambda: SoftProvider(lambda: 1_800_000_000.0))
    seconds: float = 1000.0
    secret: str = SECRET
    acr: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.settings = ProviderSettings(
            ISSUER, CLIENT, lambda: self.secret, BACK, ("openid", "profile"), self.acr
        )  # fmt: skip
        self.provider = HttpIdentityProvider(
            self.settings, self.soft.exchange, JoseTokenReader(), lambda: self.seconds
        )  # fmt: skip

    def url(self, *, again: bool = False) -> str:
        return self.provider.directions(Errand("state-1", "nonce-1", CHALLENGE, again)).url

    def redeem(self, verifier: str = VERIFIER) -> IdToken | Rejected:
        return self.provider.redeem(self.soft.authorize(self.url())["code"], verifier)


def test_a_browser_is_sent_with_all_that_binds_the_answer_to_it() -> None:
    talk = Talk(acr=("gold", "silver"))
    assert {name: one for name, (one,) in parse_qs(urlsplit(talk.url()).query).items()} == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid profile",
        "state": "state-1",
        "nonce": "nonce-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "acr_values": "gold silver",
    }
    assert "prompt=login&max_age=0" in talk.url(again=True)


def test_an_address_that_asks_for_something_already_keeps_it() -> None:
    talk = Talk()
    talk.soft.published = {"authorization_endpoint": f"{ISSUER}/authorize?tenant=house"}
    assert talk.url().startswith(f"{ISSUER}/authorize?tenant=house&response_type=code&")


@pytest.mark.parametrize("ways", [["client_secret_basic"], ["client_secret_post"]])
def test_a_code_is_redeemed_once_and_by_whoever_asked_for_it(ways: list[str]) -> None:
    talk = Talk()
    talk.soft.published = {"token_endpoint_auth_methods_supported": ways}
    found = talk.redeem()
    assert isinstance(found, IdToken)
    assert (found.claims["sub"], found.claims["nonce"], found.access_token) == ("sub-1", "nonce-1", "access")
    assert talk.redeem("w" * 64) == Rejected("the provider does not take the code")
    assert talk.provider.redeem("code-0", VERIFIER) == Rejected("the provider does not take the code")


def test_metadata_and_keys_are_asked_for_once_an_hour() -> None:
    talk = Talk()
    talk.redeem()
    talk.redeem()
    assert talk.soft.asked == ["openid-configuration", "token", "keys", "token"]
    talk.seconds += 3600
    talk.redeem()
    assert talk.soft.asked[4:] == ["openid-configuration", "token", "keys"]


def test_a_new_key_is_asked_for_and_a_made_up_one_once_a_minute() -> None:
    talk = Talk()
    talk.redeem()
    talk.soft.key = rsa_key("second")
    # Known for less than a minute: whoever makes keys up does not have the provider asked each time.
    assert isinstance(talk.redeem(), UnknownKey)
    talk.seconds += 60
    assert isinstance(talk.redeem(), IdToken)
    talk.soft.keys, talk.soft.key = [rsa_key("second")], rsa_key("third")
    talk.seconds += 60
    del talk.soft.asked[:]
    assert [type(talk.redeem()) for _ in range(3)] == [UnknownKey] * 3
    assert talk.soft.asked.count("keys") == 1


def test_a_secret_that_is_wrong_is_the_houses_fault_and_says_how_to_mend_it() -> None:
    talk = Talk(secret="another")
    with pytest.raises(ProviderAway, match="refuses this console: invalid_client") as told:
        talk.redeem()
    assert BACK in told.value.remedy
    assert "another" not in str(told.value)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": "<script>alert(1)</script>"}', "status 400"),
        (b"\xff\0", "status 400"),
        (b"", "status 400"),
        (b'{"error": "invalid_request", "error_description": "<b>"}', "invalid_request"),
    ],
)
def test_nothing_of_a_refusal_is_told_but_its_registered_word(body: bytes, told: str) -> None:
    talk = Talk()
    talk.soft.instead["/token"] = lambda _: httpx2.Response(400, content=body)
    assert talk.redeem() == Rejected(f"the provider does not take the request: {told}")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"id_token": None},
        {"id_token": ["a"]},
        {"id_token": "x" * 20_000},
        {"id_token": "a.b.c", "access_token": 7},
    ],
    ids=lambda one: repr(one)[:30],
)
def test_an_answer_without_an_id_token_proves_nothing(answer: dict[str, object]) -> None:
    talk = Talk()
    talk.soft.instead["/token"] = lambda _: httpx2.Response(200, json=answer)
    assert talk.redeem() == Rejected("no ID token came for the code")


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        (lambda _: httpx2.Response(302, headers={"location": "https://evil.test/"}), "status 302"),
        (lambda _: httpx2.Response(500), "status 500"),
        (lambda _: httpx2.Response(200, content=b"x" * (300 << 10)), "too large"),
        (lambda _: httpx2.Response(200, headers={"content-encoding": "gzip"}), "compressed"),
        (lambda _: httpx2.Response(200, content=b"<html>"), "no JSON"),
    ],
)
def test_what_is_no_answer_is_refused_wherever_it_comes(
    instead: Callable[[httpx2.Request], httpx2.Response], told: str
) -> None:
    for end in ("openid-configuration", "/token", "/keys"):
        talk = Talk()
        talk.soft.instead[end] = instead
        with pytest.raises(ProviderAway, match=told):
            talk.redeem()
        assert "evil.test" not in talk.soft.asked


def test_a_provider_that_is_away_is_asked_again_after_a_moment() -> None:
    talk = Talk()

    def gone(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("the text of the fault", request=request)

    talk.soft.instead["openid-configuration"] = gone
    for _ in range(3):
        with pytest.raises(ProviderAway, match="does not answer"):
            talk.url()
    assert talk.soft.asked == ["openid-configuration"]
    talk.soft.instead.clear()
    talk.seconds += 5
    assert talk.url()


@pytest.mark.parametrize(
    "instead",
    [
        lambda _: httpx2.Response(401, json={"error": "invalid_client"}),
        lambda _: httpx2.Response(500),
        lambda _: httpx2.Response(200, content=b"<html>"),
        lambda _: httpx2.Response(200, content=b"x" * (300 << 10)),
    ],
    ids=["401", "500", "no JSON", "too large"],
)
def test_what_it_answers_to_one_code_keeps_nobody_else_from_it(
    instead: Callable[[httpx2.Request], httpx2.Response],
) -> None:
    talk = Talk()
    talk.soft.instead["/token"] = instead
    with pytest.raises(ProviderAway):
        talk.provider.redeem("made up", VERIFIER)
    assert talk.url()
    talk.soft.instead.clear()
    assert isinstance(talk.redeem(), IdToken)


def test_a_provider_whose_token_address_nobody_answers_is_away_for_a_moment() -> None:
    talk = Talk()

    def gone(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("the text of the fault", request=request)

    talk.soft.instead["/token"] = gone
    for _ in range(2):
        with pytest.raises(ProviderAway, match="does not answer"):
            talk.provider.redeem("code", VERIFIER)
    assert talk.soft.asked.count("token") == 1


def test_examining_it_counts_its_keys_and_says_what_is_wrong() -> None:
    talk = Talk()
    assert examine_provider(talk.settings, talk.soft.exchange) == 1
    talk.soft.keys = []
    with pytest.raises(ProviderAway, match="publishes no keys"):
        examine_provider(talk.settings, talk.soft.exchange)
    talk.soft.published = {"issuer": "https://evil.test"}
    with pytest.raises(ProviderAway, match="another issuer"):
        examine_provider(talk.settings, talk.soft.exchange)
