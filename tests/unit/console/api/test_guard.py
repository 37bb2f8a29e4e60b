"""Who gets to the API, how often and with what: a token and JSON, from nowhere else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ivr.console.api.app import api_routes
from ivr.console.api.guard import is_plain_json
from ivr.console.api.services import services_of
from ivr.console.app import build
from ivr.console.guard import HEADERS, Origin
from ivr.console.visit import SESSION_COOKIE
from ivr.domain.access import Action, Role
from ivr.errors import HostError
from tests.unit.console.api.rig import Program, kind_of, program
from tests.unit.console.rig import URL, ConsoleRig


@pytest.fixture
def anne(rig: ConsoleRig) -> Program:
    return program(rig, "anne", Role.QUALITY_ANALYST)


def test_a_token_lets_in_and_every_answer_bears_the_headers(anne: Program) -> None:
    answer = anne.get("/account")
    assert answer.json()["login"] == "anne"
    assert answer.json()["token"]["scopes"] == ["grade", "list", "listen"]
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers
    assert "server" not in answer.headers


def test_without_a_good_token_every_path_and_method_answers_alike(anne: Program) -> None:
    answers = [
        anne.asks(method, path, body, authorization=borne)
        for borne in ("", "Bearer", "Bearer ", "Basic YTpi", "Bearer ivr_no", "ivr_x")
        for method, path, body in (
            ("GET", "/account", None), ("GET", "/nothing", None), ("POST", "/recordings/search", b"{"),
            ("GET", "/openapi.json", None), ("OPTIONS", "/account", None), ("POST", "/grids", b"x" * 300_000),
        )
    ]  # fmt: skip
    assert {one.status_code for one in answers} == {401}
    assert len({one.text for one in answers}) == 1
    assert answers[0].headers["www-authenticate"] == 'Bearer realm="ivr"'
    assert kind_of(answers[0]) == "unauthorized"


def test_a_session_in_a_cookie_is_none_here_and_a_token_is_none_on_the_pages(anne: Program) -> None:
    rig = anne.rig
    rig.sign_in("anne")
    cookie = rig.browser.cookies.get(SESSION_COOKIE)
    assert cookie
    assert rig.get("/").status_code == 200
    assert rig.get("/api/v1/account").status_code == 401
    assert rig.get("/api/v1/account", authorization=f"Bearer {cookie}").status_code == 401
    assert rig.new_browser().get("/", headers={"authorization": f"Bearer {anne.token}"}).status_code == 303


def test_a_token_that_ran_out_was_withdrawn_or_whose_account_closed_is_over(anne: Program) -> None:
    other = program(anne.rig, "anne", Role.QUALITY_ANALYST)
    assert anne.asks("DELETE", "/account/token").status_code == 204
    assert anne.get("/account").status_code == 401
    assert other.get("/account").status_code == 200
    anne.rig.clock.at += timedelta(days=7)
    assert other.get("/account").status_code == 401


NO_JSON_OF_OURS = (
    (b"{", "application/json", 400),
    (b'{"limit": NaN}', "application/json", 400),
    (b'{"limit": 1, "limit": 2}', "application/json", 400),
    (b"\xff", "application/json", 400),
    (b'{"agent": "\\ud800"}', "application/json", 400),
    (b"[" * 40 + b"]" * 40, "application/json", 400),
    (b"[" * 60_000, "application/json", 400),
    (b'{"limit": ' + b"9" * 10_000 + b"}", "application/json", 400),
    (b"a=b", "application/x-www-form-urlencoded", 415),
    (b"{}", "", 415),
    (b"{}", "text/json", 415),
    (b" " * 70_000, "application/json", 413),
    (b'{"agent": "\\u0000"}', "application/json", 422),
    (b'{"name": "x"}', "application/json", 422),
    (b"[]", "application/json", 422),
    (b"", "application/json", 422),
)


def test_what_is_no_json_of_ours_is_refused_and_nothing_of_it_is_told(anne: Program) -> None:
    for body, media, status in NO_JSON_OF_OURS:
        answer = anne.asks("POST", "/recordings/search", body, content_type=media)
        assert answer.status_code == status, (body[:40], answer.text)
        kind_of(answer)
    assert "recordings.listed" not in anne.rig.told()


def test_a_grid_may_be_larger_than_other_bodies(anne: Program) -> None:
    large = b'{"toml": "' + b"x" * 100_000 + b'"}'
    assert anne.asks("POST", "/grids", large, content_type="application/json").status_code == 403
    assert anne.asks("POST", "/searches", large, content_type="application/json").status_code == 413


def test_plain_json_is_read_alike_by_all() -> None:
    assert is_plain_json(b'{"a": [1, {"b": null}], "c": "\xc3\xa9"}')
    assert not is_plain_json(b'{"a": Infinity}')


def test_another_hosts_name_is_refused(anne: Program) -> None:
    answer = anne.get("/account", host="evil.test")
    assert (answer.status_code, kind_of(answer)) == (400, "malformed")


def test_a_method_that_is_not_there_says_which_are(anne: Program) -> None:
    answer = anne.asks("PUT", "/account")
    assert (answer.status_code, kind_of(answer)) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"


def test_one_token_asks_so_often_and_then_waits_and_another_does_not(anne: Program) -> None:
    rig = anne.rig
    rig.app = build(rig.pages, origin=lambda: Origin(URL), monotonic=lambda: 0.0)
    mine, other = Program(rig, anne.token), program(rig, "bruno", Role.DPO)
    answers = [mine.get("/account").status_code for _ in range(125)]
    assert answers == [200] * 120 + [429] * 5
    late = mine.get("/account")
    assert (kind_of(late), late.headers["retry-after"]) == ("too-many-requests", "1")
    assert other.get("/account").status_code == 200


def test_whoever_tries_tokens_is_slowed_and_who_has_one_is_not(anne: Program) -> None:
    rig = anne.rig
    rig.app = build(rig.pages, origin=lambda: Origin(URL), monotonic=lambda: 0.0)
    guess, mine = Program(rig, "ivr_" + "A" * 43), Program(rig, anne.token)
    assert [guess.get("/account").status_code for _ in range(32)] == [401] * 30 + [429] * 2
    assert mine.get("/account").status_code == 200


def test_a_fault_of_ours_shows_and_logs_nothing_of_itself(
    anne: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret of ours")

    monkeypatch.setattr(type(anne.rig.pages.recordings.listing), "page", broken)
    anne.browser._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    answer = anne.post("/recordings/search")
    assert (answer.status_code, kind_of(answer)) == (500, "fault")
    assert "secret" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


def test_a_database_that_is_away_is_told(anne: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise HostError("the database does not answer", where="postgresql://user@host")

    monkeypatch.setattr(type(anne.rig.pages.account.tokens), "resume", away)
    anne.rig.app = build(anne.rig.pages, origin=lambda: Origin(URL), monotonic=lambda: anne.rig.seconds)
    answer = Program(anne.rig, anne.token).get("/account")
    assert (answer.status_code, kind_of(answer)) == (503, "unavailable")
    assert "postgresql" not in answer.text


def test_each_route_that_names_rights_refuses_a_token_without_one_of_them_and_notes_it(rig: ConsoleRig) -> None:
    bearer = program(rig, "dora", Role.DPO, Action.LIST)
    refused = [one for one in api_routes(services_of(rig.pages)) if set(one.scopes) - {Action.LIST}]
    assert len(refused) > 30
    for route in refused:
        before = rig.told().count("access.denied")
        answer = bearer.asks(route.method, re.sub(r"\{[a-z_]+\}", "x1", route.path))
        assert (answer.status_code, kind_of(answer)) == (403, "denied"), route.path
        assert rig.told().count("access.denied") == before + 1, route.path


def test_the_description_is_for_who_bears_a_token_and_tells_every_route(anne: Program) -> None:
    described = anne.get("/openapi.json").json()
    routes = {(route.method, f"/api/v1{route.path}") for route in api_routes(services_of(anne.rig.pages))}
    told = {
        (method.upper(), path): said for path, methods in described["paths"].items() for method, said in methods.items()
    }
    assert set(told) == routes | {("GET", "/api/v1/openapi.json")}
    for route, said in told.items():
        assert said["security"] == [{"HTTPBearer": []}], route
        assert "Scopes:" in said["description"], route
        assert {"401", "403", "404", "422", "429"} <= set(said["responses"]), route
