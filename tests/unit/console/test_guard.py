"""What stands before every page refuses what no browser of ours sends, and dresses every answer."""

from __future__ import annotations

import re

import pytest

from ivr.console.guard import HEADERS
from ivr.console.rate_limit import Allowance, RateLimit
from tests.unit.console.rig import OURS, URL, ConsoleRig, words_of

FORM = {"login": "x", "password": "y", "code": "1"}


def test_every_answer_bears_the_headers(rig: ConsoleRig) -> None:
    answers = [
        rig.get("/connexion"),
        rig.get("/"),
        rig.get("/nowhere"),
        rig.get("/static/console.css"),
        rig.get("/connexion", host="elsewhere.example"),
        rig.post("/connexion", **FORM),
    ]
    for answer in answers:
        for name, value in HEADERS.items():
            # A style sheet is no secret, and asked for with each page.
            assert answer.headers[name] == ("no-cache" if answer is answers[3] and name == "cache-control" else value)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert "server" not in answer.headers


def test_the_policy_lets_no_inline_code_run_and_no_page_holds_any(rig: ConsoleRig) -> None:
    policy = HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    page = rig.get("/connexion").text
    # Files of ours alone, and nothing between the tags.
    assert re.findall("<script.*", page) == ['<script type="module" src="/static/passkey.js"></script>']
    assert "style=" not in page
    assert " on" not in page.replace(" one-time", "").replace(" ou ", " ").split("<main")[0]


@pytest.mark.parametrize(
    "host", ["elsewhere.example", "console.test:8443", "", "console.test.elsewhere.example", "[", "a]b"]
)
def test_a_host_that_is_not_ours_is_refused(rig: ConsoleRig, host: str) -> None:
    page = rig.get("/connexion", host=host)
    assert page.status_code == 400
    assert "Requête non comprise" in words_of(page)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://elsewhere.example"},
        {"origin": "http://console.test"},
        {**OURS, "sec-fetch-site": "cross-site"},
        {**OURS, "sec-fetch-site": "same-site"},
        {**OURS, "sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin"},
    ],
)
def test_a_form_that_another_page_sends_is_refused_before_it_is_tried(rig: ConsoleRig, headers: dict[str, str]) -> None:
    assert rig.browser.post("/connexion", data=FORM, headers=headers).status_code == 403
    assert rig.hasher.asked == 0
    assert rig.browser.post("/connexion", data=FORM, headers=OURS).status_code == 401


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("login=a&login=b", "application/x-www-form-urlencoded"),
        ("login=%00", "application/x-www-form-urlencoded"),
        ("login=%ff", "application/x-www-form-urlencoded"),
        ("&".join(f"f{n}=1" for n in range(51)), "application/x-www-form-urlencoded"),
        ("login=" + "x" * 70_000, "application/x-www-form-urlencoded"),
        ("login", "application/x-www-form-urlencoded"),
        ("{}", "application/json"),
        ("login=a", "text/plain"),
        ("login=a", ""),
    ],
    ids=["twice", "zero", "no UTF-8", "many fields", "large", "no value", "JSON", "text", "no kind"],
)
def test_a_form_that_no_browser_sends_is_refused(rig: ConsoleRig, body: str, kind: str) -> None:
    answer = rig.browser.post("/connexion", content=body.encode(), headers={**OURS, "content-type": kind})
    assert answer.status_code == 400
    assert rig.hasher.asked == 0


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_change_nothing(rig: ConsoleRig, method: str) -> None:
    assert rig.browser.request(method, "/connexion", headers=OURS).status_code in (400, 404)


def test_one_address_sends_so_many_forms_and_then_waits(rig: ConsoleRig) -> None:
    def send() -> int:
        return int(rig.browser.post("/langue", data={"language": "en"}, headers=OURS).status_code)

    assert {send() for _ in range(60)} == {303}
    assert send() == 429
    assert "Too many requests" in words_of(rig.browser.post("/langue", data={"language": "en"}, headers=OURS))
    assert rig.browser.get("/connexion").status_code == 200
    rig.seconds += 0.5
    assert [send(), send()] == [303, 429]


class TestRateLimit:
    def test_a_burst_and_then_so_many_a_second(self) -> None:
        now = [0.0]
        limit = RateLimit(Allowance(burst=3, per_s=0.5), lambda: now[0])
        assert [limit.allows("a") for _ in range(4)] == [True, True, True, False]
        assert limit.allows("b")
        now[0] = 1.9
        assert not limit.allows("a")
        now[0] = 2.1
        assert limit.allows("a")
        assert not limit.allows("a")
        now[0] = 1000.0
        assert [limit.allows("a") for _ in range(4)] == [True, True, True, False]

    def test_many_addresses_take_no_more_memory(self) -> None:
        limit = RateLimit(Allowance(burst=1, per_s=1), lambda: 0.0)
        for number in range(20_000):
            assert limit.allows(str(number))
        assert len(limit._left) == 10_000

    def test_all_addresses_of_an_ipv6_network_are_counted_as_one(self) -> None:
        limit = RateLimit(Allowance(burst=3, per_s=0.5), lambda: 0.0)
        assert [limit.allows(f"2001:db8:0:7:{n:x}::1") for n in range(1, 5)] == [True, True, True, False]
        assert not limit.allows("2001:0DB8:0000:0007::ffff")
        assert limit.allows("2001:db8:0:8::1")

    def test_an_ipv4_address_is_counted_alike_however_it_is_written_and_no_address_by_itself(self) -> None:
        limit = RateLimit(Allowance(burst=1, per_s=0.5), lambda: 0.0)
        assert [limit.allows(one) for one in ("::ffff:192.0.2.7", "192.0.2.7", "::ffff:192.0.2.8")] == [
            True,
            False,
            True,
        ]
        assert [limit.allows(one) for one in ("", "", "testclient", "fe80::1%eth0", "fe80::2%eth0")] == [
            True, False, True, True, False,
        ]  # fmt: skip


def test_the_console_knows_itself_by_one_address(rig: ConsoleRig) -> None:
    assert rig.get("/connexion", host=URL.removeprefix("https://").upper()).status_code == 200
