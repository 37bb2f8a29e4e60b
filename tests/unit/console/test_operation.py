"""The operator's page: what it shows and to whom, its evidence, its stream, and what hostile states do to it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ivr.console.visit import SESSION_COOKIE
from ivr.domain.access import Actor, Role
from ivr.domain.operation.node_events import FAULTS
from ivr.domain.operation.node_state import (
    CallInProgress,
    DiskState,
    EarState,
    LineState,
    NodeFault,
    NodeState,
    ProcessState,
)
from ivr.errors import HostError
from ivr.services.ports.operation import Certificate
from ivr.storage.node_states import SqlNodeStates
from tests.unit.console.rig import URL, ConsoleRig, words_of
from tests.unit.console.test_live import Reader

PATH, LIVE = "/exploitation", "/exploitation/direct"


@pytest.fixture
def operator(house: ConsoleRig) -> ConsoleRig:
    """With an operator who has signed in."""
    house.make_account("oscar", Role.OPERATOR)
    house.sign_in("oscar")
    house.pages.operation.streams.step_s = 0.001
    return house


def a_node(rig: ConsoleRig, **changed: Any) -> NodeState:
    now = rig.archive.clock.now()
    call = CallInProgress("c0ffee", "hotline-quality", "inbound", "ACTIVE", now, "CAPTURING", 2300, 1, agent=True)
    state = NodeState(
        "node-1",
        now,
        now,
        swept_at=now,
        processes=(ProcessState("line-0", now), ProcessState("ear-0", None, 2, now)),
        lines=(LineState("line-0", now, 4, 2, (call,)),),
        ears=(EarState("ear-0", answers=True, depth=5, late=3),),
        disks=(DiskState("data", 5 << 30, 100 << 30),),
        faults=tuple(NodeFault(now, "line-0", kind) for kind in sorted(FAULTS)),
    )
    state = replace(state, **changed)
    SqlNodeStates(rig.archive.database).put(state)
    rig.seconds += 60
    return state


def test_it_shows_the_node_its_calls_and_what_is_late(operator: ConsoleRig) -> None:
    a_node(operator)
    answer = operator.get(PATH)
    page = words_of(answer)
    assert answer.status_code == 200
    for said in (
        "En marche depuis", "c0ffee", "hotline-quality", "entrant", "en conversation", "2.3 s", "line-0 2 / 4 oui",
        "5.0 100.0", "un processus est mort", "Enregistrements à détruire (hors gels) 0", "Aucun enregistrement n'a",
        "Pas encore examinée",
    ):  # fmt: skip
        assert said in page, said


def test_in_english_too(operator: ConsoleRig) -> None:
    a_node(operator)
    operator.post("/langue", language="en", back=PATH)
    assert "Calls in progress" in words_of(operator.get(PATH))


def test_opening_it_is_evidence_and_needs_no_purpose(operator: ConsoleRig) -> None:
    operator.get(PATH)
    last = operator.archive.audit.events()[-1]
    assert (last.kind, last.body["actor"], last.body["role"], last.body["what"]) == (
        "operation.shown", "oscar", "operator", "overview",
    )  # fmt: skip


def test_whoever_has_not_the_right_finds_no_page_and_no_stream(house: ConsoleRig) -> None:
    house.sign_in("anne")
    for path in (PATH, LIVE):
        assert house.get(path).status_code == 404
    assert house.post(f"{PATH}/examen", form_token=house.form_token()).status_code == 404
    assert f'href="{PATH}"' not in house.get("/").text


def test_an_administrator_sees_it_too(house: ConsoleRig) -> None:
    house.sign_in("admin")
    assert house.get(PATH).status_code == 200
    assert f'href="{PATH}"' in house.get("/").text


def test_without_a_node_or_with_one_that_is_away_it_says_so(operator: ConsoleRig) -> None:
    assert "Aucun nœud ne s'est signalé" in words_of(operator.get(PATH))
    old = operator.archive.clock.now() - timedelta(minutes=5)
    a_node(operator, at=old)
    page = words_of(operator.get(PATH))
    assert "Ne répond plus depuis" in page
    assert "Aucun appel en cours" in page
    assert "c0ffee" not in page
    a_node(operator, at=old, stopped_at=old)
    assert "Arrêté le" in words_of(operator.get(PATH))
    a_node(operator, at=old - timedelta(days=31))
    assert "Aucun nœud ne s'est signalé" in words_of(operator.get(PATH))


def test_a_line_that_hangs_is_marked(operator: ConsoleRig) -> None:
    now = operator.archive.clock.now()
    a_node(operator, lines=(LineState("line-0", now - timedelta(minutes=1), 4, 4),))
    assert "line-0 0 / 4 non" in words_of(operator.get(PATH))


def test_a_hostile_state_is_text_and_one_that_cannot_be_read_is_no_fault(operator: ConsoleRig) -> None:
    evil = "<img src=x onerror=alert(1)>"
    call = CallInProgress(evil, evil, evil, evil, operator.archive.clock.now(), evil, -1, 10**12, agent=False)
    a_node(
        operator,
        node_id=evil,
        processes=(ProcessState(evil),),
        lines=(LineState(evil, call.since, 0, 0, (call,)),),
        faults=(NodeFault(call.since, evil, evil),),
        disks=(DiskState(evil, -1, 0),),
    )
    with operator.archive.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO node_states (node_id, at, body) SELECT 'node-9', at, '{\"lines\": 3}' FROM node_states"
        )
    answer = operator.get(PATH)
    assert answer.status_code == 200
    assert "<img" not in answer.text
    assert "&lt;img" in answer.text
    assert "node-9" in answer.text


def test_certificates_are_shown_with_the_days_left(operator: ConsoleRig, monkeypatch: pytest.MonkeyPatch) -> None:
    class Some:
        def all(self) -> list[Certificate]:
            now = operator.archive.clock.now()
            return [
                Certificate("console", now + timedelta(days=12, hours=1)),
                Certificate("openbao", None, "the server does not answer"),
            ]

    monkeypatch.setitem(vars(operator.pages.operation.operation), "certificates_", Some())
    page = operator.get(PATH)
    assert 'class="number fault">12<' in page.text
    assert "Gestion des clés (OpenBao), certificat du serveur le serveur ne répond pas" in words_of(page)


def test_the_doctor_runs_on_demand_once_and_stands_in_the_evidence(operator: ConsoleRig) -> None:
    operator.doctor = json.dumps(
        {"ok": False, "checks": [{"name": "horloge", "ok": False, "detail": "<b>", "remedy": "réglez-la"}]}
    )
    token = operator.form_token(PATH)
    answer = operator.post(f"{PATH}/examen", form_token=token)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}#examen")
    for thread in threading.enumerate():
        if thread.name == "doctor":
            thread.join(30)
    page = operator.get(PATH)
    assert "horloge non <b> réglez-la" in words_of(page)
    assert "<b>" not in page.text
    assert [event.body["what"] for event in operator.archive.audit.events() if event.kind == "operation.shown"] == [
        "overview", "doctor", "overview",
    ]  # fmt: skip
    assert operator.post(f"{PATH}/examen", form_token="x").status_code == 403


# ---- the stream


def stream(rig: ConsoleRig, then: Callable[[Reader], Any]) -> Reader:
    """Read the stream of whoever has signed in; `then` is awaited meanwhile, and afterwards the reader leaves."""
    cookie = f"{SESSION_COOKIE}={rig.browser.cookies.get(SESSION_COOKIE)}"
    scope = {
        "type": "http", "method": "GET", "path": LIVE, "raw_path": LIVE.encode(), "query_string": b"", "root_path": "",
        "scheme": "https", "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("console.test", 443),
        "headers": [(b"host", URL.removeprefix("https://").encode()), (b"cookie", cookie.encode())],
        "asgi": {"version": "3.0"},
    }  # fmt: skip

    async def scene() -> Reader:
        reader = Reader()

        async def read() -> None:
            await rig.app(scope, reader._receive, reader._send)

        reading = asyncio.create_task(read())
        async with asyncio.timeout(60):
            try:
                await then(reader)
            finally:
                reader.gone.set()
            await reading
        return reader

    rig.seconds += 60
    return asyncio.run(scene())


def parts(reader: Reader) -> set[str]:
    return {name for name, _ in reader.events}


def test_the_stream_sends_each_part_and_then_what_changes_and_never_a_number(operator: ConsoleRig) -> None:
    a_node(operator)

    async def then(reader: Reader) -> None:
        await reader.until(lambda: len(parts(reader)) == 5)
        await asyncio.to_thread(a_node, operator, lines=())
        await reader.until(lambda: reader.events[-1][0] == "appels" and "Aucun appel" in reader.events[-1][1])

    reader = stream(operator, then)
    assert parts(reader) == {"appels", "noeuds", "retards", "certificats", "resultat"}
    assert "c0ffee" in reader.text
    assert operator.told()[-1] == "session.began"


def _ends(operator: ConsoleRig, act: Callable[[], object], said: str) -> None:
    async def then(reader: Reader) -> None:
        await reader.until(lambda: bool(reader.events))
        await asyncio.to_thread(act)
        await reader.until(lambda: bool(reader.events) and reader.events[-1][0] == "over")

    reader = stream(operator, then)
    assert said in reader.events[-1][1]
    assert operator.pages.operation.streams.count == 0


def test_the_stream_ends_with_the_session(operator: ConsoleRig) -> None:
    token = operator.form_token()
    _ends(operator, lambda: operator.post("/deconnexion", form_token=token), "Votre session s'est terminée")


def test_the_stream_ends_when_the_account_is_closed(operator: ConsoleRig) -> None:
    admin = Actor("admin", Role.ADMINISTRATOR)
    _ends(operator, lambda: operator.accounts.invitations.close("oscar", "départ", admin), "Votre session")


def test_the_stream_ends_when_the_right_is_withdrawn(operator: ConsoleRig, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = operator.pages.operation.operation.gate._policy
    none = {role: frozenset[Any]() for role in policy.actions}
    _ends(operator, lambda: monkeypatch.setitem(vars(policy), "actions", none), "n'a plus le droit")


def test_an_open_stream_keeps_no_session_alive(operator: ConsoleRig, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, ahead = operator.archive.clock, [timedelta()]

    class Later:
        def now(self) -> Any:
            return clock.now() + ahead[0]

        def monotonic(self) -> float:
            return 0.0

    monkeypatch.setattr(operator.accounts.sessions, "_clock", Later())

    def half_an_hour() -> None:
        for _ in range(6):
            ahead[0] += timedelta(minutes=5)

    _ends(operator, half_an_hour, "Votre session s'est terminée")


def test_a_database_that_is_away_is_told_in_the_stream_and_nothing_else_is(
    operator: ConsoleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(key: str) -> None:
        raise HostError("the database does not answer", where=key)

    async def then(reader: Reader) -> None:
        await reader.until(lambda: bool(reader.events))
        with monkeypatch.context() as patched:
            patched.setattr(operator.accounts.book, "session", nothing)
            await reader.until(lambda: reader.events[-1][0] == "away")
        await reader.until(lambda: reader.events[-1] == ("away", ""))

    reader = stream(operator, then)
    told = next(text for name, text in reader.events if name == "away")
    assert "La base de données ne répond pas" in told


def test_a_stream_that_is_opened_anew_and_anew_keeps_no_session(operator: ConsoleRig) -> None:
    operator.pages.operation.streams.close()
    for _ in range(3):
        assert operator.get(LIVE).status_code == 200
        operator.clock.at += timedelta(minutes=10)
    assert operator.get(LIVE).headers["location"].startswith("/connexion")
    assert operator.get("/").headers["location"].startswith("/connexion")


def test_too_many_streams_of_one_account_are_refused_in_words(operator: ConsoleRig) -> None:
    operator.pages.operation.streams._most_each = 0
    answer = operator.get(LIVE)
    assert answer.status_code == 429
    assert "Trop de pages en direct" in words_of(answer)


def test_no_secret_is_in_the_page(rig: ConsoleRig, tmp_path: Path) -> None:
    rig.make_account("admin", Role.ADMINISTRATOR)
    rig.sign_in("admin")
    text = rig.get(PATH).text
    for secret in (rig.secrets["admin"], str(tmp_path), "wrapped"):
        assert secret not in text
