"""Recordings at the API: found, read, listened to; what is closed looks like what is not there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ivr.console.open_listenings import IDLE_S
from ivr.domain.access import Action, Role
from ivr.recording.opus import OpusCodec
from tests.unit.console.api.rig import Program, kind_of, program
from tests.unit.console.rig import ConsoleRig
from tests.unit.console.test_player import SECONDS, record, told
from tests.unit.console.test_recordings import keep


@pytest.fixture
def anne(rig: ConsoleRig) -> Program:
    """A program of a quality analyst, a recording of quality and one that is closed to the house."""
    record(rig, "rec-1")
    record(rig, "rec-sale", retention="sales_audio")
    return program(rig, "anne", Role.QUALITY_ANALYST)


def test_a_search_holds_what_the_purpose_opens_and_stands_in_the_evidence(anne: Program) -> None:
    found = anne.post("/recordings/search", {"gaps": True, "state": ["SEALED"], "min_length": 20})
    assert [one["recording_id"] for one in found.json()["recordings"]] == ["rec-1"]
    (listed,) = told(anne.rig, "recordings.listed")
    assert (listed["actor"], listed["purpose"], listed["reason"]) == ("anne", "quality_audio", "revue 12")
    assert listed["filters"] == ["gaps", "min-length", "purpose", "state"]
    file = anne.post("/recordings/search.csv", {})
    assert file.headers["content-type"].startswith("text/csv")
    assert file.headers["ivr-whole"] == "yes"
    assert file.text.count("rec-") == 2
    assert "rec-sale" not in file.text


def test_scores_are_looked_for_by_who_supervises_and_a_token_that_may(rig: ConsoleRig) -> None:
    record(rig, "rec-1")
    sophie = program(rig, "sophie", Role.SUPERVISOR)
    assert sophie.post("/recordings/search", {"min_score": 72.3}).json()["recordings"] == []
    assert told(rig, "recordings.listed")[-1]["filters"] == ["min-score", "purpose"]
    for wrong in ({"min_score": 101}, {"max_score": -1}, {"min_score": 0.05}, {"min_score": 2, "max_score": 1}):
        assert kind_of(sophie.post("/recordings/search", wrong)) == "invalid"
    anne = program(rig, "anne", Role.QUALITY_ANALYST)
    assert kind_of(anne.post("/recordings/search", {"min_score": 50})) == "denied"


def test_without_a_reason_a_purpose_that_is_open_or_a_right_nothing_is_shown(anne: Program) -> None:
    refused = (
        (anne.post("/recordings/search", ivr_reason=" "), 422, "invalid"),
        (anne.post("/recordings/search", ivr_reason="%ff"), 422, "invalid"),
        (anne.post("/recordings/search", ivr_reason="x" * 201), 422, "invalid"),
        (anne.post("/recordings/search", ivr_purpose=""), 403, "denied"),
        (anne.post("/recordings/search", ivr_purpose="sales_audio"), 403, "denied"),
        (anne.post("/recordings/search", ivr_purpose="no_such"), 403, "denied"),
        (anne.post("/recordings/search", ivr_purpose="No such"), 422, "invalid"),
        (anne.post("/recordings/search", {"since": "hier"}), 422, "invalid"),
        (anne.post("/recordings/search", {"phone": "06", "member": "1"}), 422, "invalid"),
        (anne.post("/recordings/search", {"purpose": "sales_audio"}), 422, "invalid"),
    )
    for answer, status, kind in refused:
        assert (answer.status_code, kind_of(answer)) == (status, kind), answer.text
    assert "recordings.listed" not in anne.rig.told()
    anne.reason = "contrôle d'été : né à Nîmes"
    assert anne.post("/recordings/search").status_code == 200
    assert told(anne.rig, "recordings.listed")[-1]["reason"] == anne.reason


def test_pages_follow_each_other_and_a_place_names_nothing_and_is_nobody_elses(rig: ConsoleRig) -> None:
    keep(rig, 5, retention="quality_audio")
    keep(rig, 3, retention="sales_audio")
    anne, bruno = program(rig, "anne", Role.QUALITY_ANALYST), program(rig, "bruno", Role.TRAINER)
    found: list[str] = []
    after = ""
    for _ in range(9):
        page = anne.post("/recordings/search", {"limit": 2, "after": after}).json()
        found += [one["recording_id"] for one in page["recordings"]]
        assert "rec" not in page["after"]
        after = page["after"]
        if not after:
            break
    assert found == [f"rec-quality_audio-{number:03}" for number in reversed(range(5))]
    place = anne.post("/recordings/search", {"limit": 2}).json()["after"]
    answers = [
        anne.post("/recordings/search", {"after": guessed})
        for guessed in ("rec-sales_audio-001", "rec-quality_audio-001", "no-such", place[:-2], "A")
    ]
    answers.append(bruno.post("/recordings/search", {"after": place}))
    assert {one.status_code for one in answers} == {422}
    assert len({one.text for one in answers}) == 1


def test_what_is_closed_looks_like_what_is_not_there_and_is_a_denial_in_the_evidence(anne: Program) -> None:
    closed, absent, wrong = ("rec-sale", "rec-none", "..%2f..%2fetc")
    for method, path in (("GET", "/recordings/{}"), ("POST", "/recordings/{}/listenings")):
        before = anne.rig.told().count("access.denied")
        answers = [anne.asks(method, path.format(name)) for name in (closed, absent, wrong)]
        assert {one.status_code for one in answers} == {404}, path
        assert len({one.text for one in answers}) == 1
        assert len({tuple(sorted(one.headers.items())) for one in answers}) == 1
        assert anne.rig.told().count("access.denied") == before + 1
    analysis = [anne.post(f"/recordings/{name}/analyses", {"grid": "x"}) for name in (closed, absent)]
    assert len({(one.status_code, one.text) for one in analysis}) == 1


def test_a_listening_is_counted_in_what_was_played_and_is_its_tokens_own(anne: Program) -> None:
    begun = anne.post("/recordings/rec-1/listenings").json()
    place, sound = f"/listenings/{begun['id']}", b""
    assert begun["duration_ms"] == SECONDS * 1000
    while len(sound) < begun["size"]:
        piece = anne.get(f"{place}/audio", range=f"bytes={len(sound)}-")
        assert piece.status_code == 206
        assert piece.headers["content-type"] == "audio/ogg; codecs=opus"
        sound += piece.content
    assert OpusCodec().decode(sound).duration_ms == SECONDS * 1000
    behind = anne.get(f"{place}/audio", range="bytes=99999999-")
    assert (behind.status_code, kind_of(behind)) == (416, "range")
    assert behind.headers["content-range"] == f"bytes */{begun['size']}"
    assert len(anne.get(f"{place}/peaks").json()["lanes"]) == 2
    other = program(anne.rig, "anne", Role.QUALITY_ANALYST)
    assert other.get(f"{place}/audio").status_code == 404
    assert anne.post(f"{place}/played", {"passages": [{"start_ms": 1000, "end_ms": 4000}]}).status_code == 204
    assert anne.post(f"{place}/played", {"leaving": True}).status_code == 204
    assert kind_of(anne.get(f"{place}/audio")) == "over"
    (listened,) = told(anne.rig, "recording.listened")
    assert (listened["actor"], listened["heard_ms"], listened["given_ms"]) == ("anne", 3000, SECONDS * 1000)


def test_a_listening_ends_with_its_token_and_when_nobody_comes_back(anne: Program) -> None:
    other = program(anne.rig, "anne", Role.QUALITY_ANALYST)
    for one in (anne, other):
        one.post("/recordings/rec-1/listenings")
    assert anne.asks("DELETE", "/account/token").status_code == 204
    assert [one["ended"] for one in told(anne.rig, "recording.listened")] == ["closed"]
    anne.rig.seconds += IDLE_S
    anne.rig.listenings.sweep()
    assert [one["ended"] for one in told(anne.rig, "recording.listened")] == ["closed", "idle"]


def test_a_token_that_lists_does_not_listen(rig: ConsoleRig) -> None:
    record(rig, "rec-1")
    lists = program(rig, "anne", Role.QUALITY_ANALYST, Action.LIST)
    assert lists.get("/recordings/rec-1").status_code == 200
    answer = lists.post("/recordings/rec-1/listenings")
    assert (answer.status_code, answer.json()["detail"]) == (403, "Ce jeton n'a pas le droit « listen ».")
    assert told(rig, "access.denied")[-1]["action"] == "listen"


def test_searches_are_kept_without_numbers_and_each_is_its_owners(anne: Program) -> None:
    made = anne.post("/searches", {"name": "Trous  d'hier", "filters": {"gaps": True, "state": ["SEALED"]}})
    assert made.status_code == 201
    saved = made.json()
    assert (saved["name"], saved["filters"]) == ("Trous d'hier", {"gaps": "yes", "state": "SEALED"})
    assert anne.get("/searches").json()["searches"] == [saved]
    other = program(anne.rig, "bruno", Role.TRAINER)
    assert other.get("/searches").json()["searches"] == []
    assert other.asks("DELETE", f"/searches/{saved['id']}").status_code == 404
    assert anne.post("/searches", {"name": "x", "filters": {"phone": "0612345678"}}).status_code == 422
    assert anne.asks("DELETE", f"/searches/{saved['id']}").status_code == 204
    assert anne.get("/searches").json()["searches"] == []


def test_figures_hide_small_counts_in_both_forms(anne: Program) -> None:
    figures = {one["name"]: one["counts"] for one in anne.get("/statistics").json()["figures"]}
    assert {"program": "hotline-quality", "quality": "doubt", "count": None} in figures["gaps"]
    assert "gaps,hotline-quality,doubt,<5" in anne.get("/statistics.csv").text
    assert kind_of(anne.get("/statistics?first=2026-13")) == "invalid"
    assert kind_of(anne.get("/statistics?first=2020-01&last=2026-01")) == "invalid"


def test_a_recording_that_is_destroyed_while_it_is_listened_to_is_over(anne: Program) -> None:
    begun = anne.post("/recordings/rec-1/listenings").json()
    anne.rig.clock.at += timedelta(seconds=1)
    anne.rig.archive.vault.discard_stored("rec-1", rule_id="GDP-002", reason="D-1")
    over = anne.get(f"/listenings/{begun['id']}/audio")
    assert (over.status_code, kind_of(over)) == (410, "over")
