"""The page of a recording and its player: for whom, what is served, what counts, and how it ends."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import numpy as np
import pytest

from ivr.bootstrap.retention import open_retention
from ivr.console.open_listenings import IDLE_S, MOST
from ivr.domain.access import Role
from ivr.errors import HostError
from ivr.recording.opus import OpusCodec
from ivr.services.ports.evidence import AuditLog
from tests.fakes.vault import a_tag
from tests.unit.console.rig import OURS, ConsoleRig, words_of
from tests.unit.console.test_recordings import choose

SECONDS = 24


def tones() -> bytes:
    """Caller 440 Hz, agent 250 Hz."""
    at = np.arange(SECONDS * 8000) / 8000
    both = np.stack([9000 * np.sin(2 * np.pi * 440 * at), 9000 * np.sin(2 * np.pi * 250 * at)], 1)
    return both.astype("<i2").tobytes()


def record(rig: ConsoleRig, name: str, *, retention: str = "quality_audio", sealed: bool = True, **tag: Any) -> None:
    now = rig.archive.vault.ports.clock.now()
    row = a_tag(name, call_id=f"call-{name}", retention=retention, opened_at=now, rule_ids=("REC-007",), **tag)
    begun = rig.archive.vault.begin(row, deadline=now + timedelta(days=180))
    begun.write(tones())
    moves = [
        {"state": "NOTIFIED", "offset_ms": 8_000, "prompt_id": "quality", "prompt_version": "3"},
        {"state": "DOUBT", "offset_ms": 20_000, "prompt_id": "quality", "prompt_version": "3"},
    ]
    if sealed:
        begun.seal(
            consent={"caller": {"state": "NOTIFIED", "moves": moves}, "agent": {"state": "UNASKED", "moves": []}},
            gaps=[{"start_ms": 20_000, "end_ms": 22_000, "cause": "doubt"}],
            masks=[{"channel": "agent", "start_ms": 30_000, "end_ms": 31_000, "kind": "<i>"}],
        )


@pytest.fixture
def anne(house: ConsoleRig) -> ConsoleRig:
    """A quality analyst who has chosen quality, with a recording of it and one that is closed to the house."""
    record(house, "rec-1")
    record(house, "rec-sale", retention="sales_audio")
    house.sign_in("anne")
    choose(house)
    return house


def listening_of(page: str) -> str:
    found = re.search(r'data-listening="([^"]+)"', page)
    assert found, page
    return found[1]


def opened(rig: ConsoleRig, name: str = "rec-1") -> str:
    return listening_of(rig.get(f"/enregistrements/{name}").text)


def told(rig: ConsoleRig, kind: str) -> list[dict[str, Any]]:
    return [dict(event.body) for event in rig.archive.audit.events() if event.kind == kind]


def test_the_page_tells_what_is_known_and_stands_in_the_evidence(anne: ConsoleRig) -> None:
    assert 'href="/enregistrements/rec-1"' in anne.get("/enregistrements").text
    page = anne.get("/enregistrements/rec-1")
    text = words_of(page)
    assert page.status_code == 200
    for said in ("Durée 0:24", "hotline-quality", "scellé", "Lacunes 1", "Masques 1", "Doutes 1", "quality (3)"):
        assert said in text
    assert "Règles : " in text
    # The audio begins with the end of the notice, 8 s into the call.
    assert re.search(r"0:12 \S* ?lacune : un doute était à lever 0:02", text)
    assert "0:22 masque : donnée à ne pas conserver conseiller 0:01" in text
    assert "<i>" not in page.text
    kinds = anne.told()[-2:]
    assert kinds == ["recordings.listed", "recording.listening"]
    (listed,) = [event for event in anne.archive.audit.events() if event.recording_id == "rec-1"][-2:-1]
    assert (listed.body["actor"], listed.body["filters"], listed.body["count"]) == ("anne", ["recording"], 1)


def test_the_sound_is_served_by_range_from_memory_and_kept_nowhere(anne: ConsoleRig) -> None:
    listening = opened(anne)
    assert "rec-1" not in listening
    played = b""
    while True:
        answer = anne.get(f"{listening}/son", range=f"bytes={len(played)}-")
        if answer.status_code == 416:
            break
        assert answer.status_code == 206
        assert answer.headers["content-range"].startswith(f"bytes {len(played)}-")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "audio/ogg; codecs=opus"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        played += answer.content
    assert OpusCodec().decode(played).duration_ms == SECONDS * 1000
    files = [path for path in anne.folder.rglob("*") if path.is_file()]
    assert all(b"OpusHead" not in path.read_bytes() for path in files)


def test_the_peaks_of_both_lanes_are_drawn_with_the_marks_and_kept_nowhere(anne: ConsoleRig) -> None:
    page = anne.get("/enregistrements/rec-1").text
    answer = anne.get(f"{listening_of(page)}/ondes")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    drawn = answer.json()
    assert drawn["step_ms"] == 100
    lanes = [base64.b64decode(lane) for lane in drawn["lanes"]]
    assert [len(lane) for lane in lanes] == [SECONDS * 10] * 2
    assert all(abs(peak - 134) < 3 for lane in lanes for peak in lane)
    found = re.search(r'data-marks="([^"]+)"', page)
    assert found
    marks = json.loads(unescape(found[1]))
    assert [(mark["kind"], mark["letter"], mark["lane"], mark["start_ms"]) for mark in marks] == [
        ("notice", "A", 0, 0), ("doubt", "D", 0, 12_000), ("gap", "L", None, 12_000), ("mask", "M", 1, 22_000),
    ]  # fmt: skip
    anne.archive.vault.discard_stored("rec-1", rule_id="REC-005", reason="objection")
    assert anne.get(f"{listening_of(page)}/ondes").status_code == 410


def test_what_was_played_is_counted_and_leaving_writes_it_down(anne: ConsoleRig) -> None:
    listening, token = opened(anne), anne.form_token()
    anne.get(f"{listening}/son")
    assert anne.post(listening, form_token=token, played="").status_code == 204
    assert anne.post(listening, form_token=token, played="0-2000").status_code == 204
    assert told(anne, "recording.listened") == []
    assert anne.post(listening, form_token=token, played="0-2500,4000-5000", leaving="1").status_code == 204
    (ended,) = told(anne, "recording.listened")
    assert (ended["heard_ms"], ended["ended"], ended["actor"], ended["reason"]) == (3_500, "closed", "anne", "revue 12")
    assert ended["given_ms"] > ended["heard_ms"]
    assert anne.get(f"{listening}/son").status_code == 410
    assert anne.post(listening, form_token=token, played="0-9000").status_code == 410
    assert len(told(anne, "recording.listened")) == 1


@pytest.mark.parametrize("played", ["x", "0-", "1-2-3", "-5", "0-1;2-3", "9" * 12 + "-1", ",".join(["0-1"] * 600)])
def test_passages_that_are_none_are_refused(anne: ConsoleRig, played: str) -> None:
    assert anne.post(opened(anne), form_token=anne.form_token(), played=played).status_code == 400


def test_a_listening_is_its_sessions_own_and_needs_its_token(anne: ConsoleRig) -> None:
    listening = opened(anne)
    anne.make_account("bruno", Role.QUALITY_ANALYST)
    assert anne.browser.post(listening, data={"played": ""}, headers=OURS).status_code == 403
    other = anne.new_browser()
    anne.browser, first = other, anne.browser
    anne.sign_in("bruno")
    choose(anne)
    nowhere = anne.get("/ecoutes/nowhere/son")
    assert (nowhere.status_code, anne.get(f"{listening}/son").status_code) == (404, 404)
    assert anne.get(f"{listening}/son").text == nowhere.text.replace("/ecoutes/nowhere/", f"{listening}/")
    assert anne.post(listening, form_token=anne.form_token(), played="").status_code == 404
    anne.browser = first
    assert anne.get(f"{listening}/son").status_code == 206


def test_what_one_may_not_see_looks_like_what_is_not_there_and_is_a_denial_in_the_evidence(anne: ConsoleRig) -> None:
    hidden, nowhere = anne.get("/enregistrements/rec-sale"), anne.get("/enregistrements/rec-none")
    assert (hidden.status_code, nowhere.status_code) == (404, 404)
    assert hidden.text.replace("rec-sale", "rec-none") == nowhere.text
    assert [one["action"] for one in told(anne, "access.denied")] == ["list"]
    assert told(anne, "recording.listening") == []
    for odd in ("%00", "..%2f..%2fetc", "é", "a" * 101):
        assert anne.get(f"/enregistrements/{odd}").status_code == 404


def test_without_a_purpose_there_is_no_page(house: ConsoleRig) -> None:
    record(house, "rec-1")
    house.sign_in("anne")
    assert house.get("/enregistrements/rec-1").headers["location"] == "/finalite"
    assert "recordings.listed" not in house.told()


def test_another_purpose_of_ones_own_is_named_in_french(house: ConsoleRig) -> None:
    record(house, "rec-1")
    house.make_account("dora", Role.DPO)
    house.sign_in("dora")
    choose(house, "incident_audio")
    page = house.get("/enregistrements/rec-1")
    assert page.status_code == 403
    assert "Il est conservé pour une autre finalité : " in words_of(page)
    assert "data-listening" not in page.text


def test_who_may_list_but_not_listen_has_no_page_and_no_link(house: ConsoleRig) -> None:
    record(house, "rec-1")
    house.make_account("otto", Role.OPERATOR)
    house.sign_in("otto")
    choose(house, "")
    assert "/enregistrements/rec-1" not in house.get("/enregistrements").text
    page = house.get("/enregistrements/rec-1")
    assert page.status_code == 403
    assert told(house, "access.denied")[-1]["action"] == "listen"
    assert told(house, "recording.listening") == []


def test_what_is_restricted_says_so_and_has_no_player(anne: ConsoleRig, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = open_retention(anne.settings, anne.archive).ledger
    stored = type(ledger).stored

    def restricted(self: Any, ids: Any) -> Any:
        return [replace(one, artefact=replace(one.artefact, restricted=True)) for one in stored(self, ids)]

    monkeypatch.setattr(type(ledger), "stored", restricted)
    page = anne.get("/enregistrements/rec-1")
    assert page.status_code == 200
    assert "ne s'écoute pas : Le traitement est limité à la demande de la personne." in words_of(page)
    assert "<audio" not in page.text
    assert "Durée 0:24" in words_of(page)


def test_what_is_destroyed_says_so_and_has_no_player(anne: ConsoleRig) -> None:
    anne.archive.vault.discard_stored("rec-1", rule_id="REC-005", reason="objection")
    page = anne.get("/enregistrements/rec-1")
    assert "ne s'écoute pas : L'enregistrement est détruit." in words_of(page)
    assert "<audio" not in page.text
    assert "détruit à terme" in words_of(page)


def test_what_is_still_being_made_has_a_page_and_no_player(anne: ConsoleRig) -> None:
    record(anne, "rec-2", sealed=False)
    page = anne.get("/enregistrements/rec-2")
    assert page.status_code == 200
    assert "ne s'écoute pas" in words_of(page)


def test_what_is_destroyed_while_it_plays_stops_and_says_why(anne: ConsoleRig) -> None:
    listening, token = opened(anne), anne.form_token()
    anne.get(f"{listening}/son")
    anne.archive.vault.discard_stored("rec-1", rule_id="REC-005", reason="objection")
    over = anne.post(listening, form_token=token, played="0-1000")
    assert (over.status_code, over.text) == (410, "L'enregistrement est détruit.")
    sound = anne.get(f"{listening}/son", range="bytes=100-")
    assert (sound.status_code, sound.text) == (410, "cette écoute est terminée : L'enregistrement est détruit.")
    (ended,) = told(anne, "recording.listened")
    assert (ended["heard_ms"], ended["ended"]) == (1_000, "denied")


def test_signing_out_ends_what_was_open(anne: ConsoleRig) -> None:
    opened(anne)
    anne.post("/deconnexion", form_token=anne.form_token())
    assert told(anne, "recording.listened")[0]["ended"] == "closed"
    assert anne.told()[-1] == "session.ended"


class TestOpenListenings:
    def test_one_that_nobody_comes_back_to_is_ended(self, anne: ConsoleRig) -> None:
        gone, kept = opened(anne), opened(anne)
        anne.seconds += IDLE_S / 2
        anne.get(f"{kept}/son")
        anne.seconds += IDLE_S / 2
        anne.listenings.sweep()
        (ended,) = told(anne, "recording.listened")
        assert (ended["ended"], f"/ecoutes/{ended['listening_id']}") == ("idle", gone)
        assert anne.get(f"{gone}/son").status_code == 404
        assert anne.get(f"{kept}/son").status_code == 206

    def test_of_too_many_of_one_person_the_quietest_goes(self, anne: ConsoleRig) -> None:
        first = opened(anne)
        for _ in range(MOST):
            opened(anne)
        assert [f"/ecoutes/{one['listening_id']}" for one in told(anne, "recording.listened")] == [first]

    def test_one_whose_end_cannot_be_written_is_tried_again(
        self, anne: ConsoleRig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened(anne)

        def full(*_: object, **__: object) -> None:
            raise HostError("no room")

        audit: AuditLog = anne.archive.audit
        with monkeypatch.context() as away:
            away.setattr(audit, "append", full)
            with pytest.raises(HostError):
                anne.listenings.end_all()
        anne.listenings.end_all()
        assert len(told(anne, "recording.listened")) == 1


def test_players_are_not_slowed_by_the_bound_on_forms(anne: ConsoleRig) -> None:
    listening, token = opened(anne), anne.form_token()
    answers = [anne.browser.post(listening, data={"form_token": token, "played": ""}, headers=OURS) for _ in range(70)]
    assert {answer.status_code for answer in answers} == {204}


def test_the_page_holds_no_code_of_its_own(anne: ConsoleRig) -> None:
    page = anne.get("/enregistrements/rec-1").text
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="/static/player.js">']
    assert "style=" not in page
    assert not re.search(r"<[^>]* on[a-z]+=", page)
    script = anne.get("/static/player.js")
    assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
