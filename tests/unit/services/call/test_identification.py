"""A caller is asked who they are: by voice or DTMF, three tries, and only the outcome is kept (ASK-006)."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Band, Label, SensitiveSpan, Verdict
from ivr.domain.identity.check import IdentityItem, IdentityPlan
from ivr.domain.program.program import Captured
from ivr.domain.recording.release_buffer import ReleaseSettings
from ivr.services.ports.evidence import CallRow
from tests.fakes.ear import objection
from tests.fakes.exchange import CALLER, DISCLOSURE_MS, Exchange, play
from tests.fakes.line import answers
from tests.fakes.members import VALUES, FakeMembers

NUMBER, BORN = IdentityItem.MEMBER_NUMBER, IdentityItem.BIRTH_DATE
PLAN = IdentityPlan((NUMBER, BORN))
BY_PHONE = IdentityPlan((IdentityItem.NAME, IdentityItem.POSTAL_CODE))
QUESTION, SECOND = "identity-member-number", "identity-birth-date"
SAID_NUMBER = "c'est le zéro zéro quarante-sept trois cent quatre-vingt-deux"
SAID_BORN = "le douze mars mille neuf cent quatre-vingt-cinq"


def words(text: str) -> Verdict:
    return Verdict(Label.NONE, Band.CLEAR, 0.0, text=text)


def says(x: Exchange, start_ms: int, text: str) -> tuple[int, int]:
    """The ear understands this of what the caller says from `start_ms` on."""
    x.ear.when_said(Channel.CALLER, start_ms + 100, start_ms + 900, words(text))
    return start_ms, start_ms + 1000


def of(x: Exchange) -> dict[str, object]:
    (body,) = x.of_audit("identity.checked")
    return body


def leaks(x: Exchange, row: CallRow) -> list[str]:
    """Whatever of the values on file, or of the answers, stands in events, evidence, report or recording row."""
    told = json.dumps(
        [x.feed.events, [dict(event.body) for event in x.audit.chain], asdict(row), repr(x.call), repr(x.call.answers)],
        default=str,
    )
    told += "".join(repr(recording) for recording in x.catalogue.rows.values())
    return [value for value in (*VALUES, "12031985", "quarante", "mars") if value in told]


def made(plan: IdentityPlan = PLAN, members: FakeMembers | None = None, **changes: object) -> dict[str, Any]:
    return {"changes": {"identity": plan, **changes}, "options": {"members": members or FakeMembers()}}


def test_two_spoken_answers_identify_and_nothing_of_them_is_kept(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring(says(x, 3500, SAID_NUMBER), says(x, 7000, SAID_BORN), (16_000, 17_000))
        await x.media(24_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert x.said == ["hotline-disclosure", QUESTION, SECOND, "identity-confirmed", "hotline-menu"]
        assert of(x) == {
            "identified": True,
            "why": "matched",
            "items": ["member_number", "birth_date"],
            "matched": ["member_number", "birth_date"],
            "tries": 0,
            "rules": ["ASK-006"],
        }
        assert leaks(x, row) == []
        # The answers are silence in the recording, what comes after them is not.
        (mask,) = [dict(one) for one in x.recording.masks]
        assert (mask["channel"], mask["kind"]) == ("caller", "identity")
        assert mask["start_ms"] <= 3500 and 8000 <= mask["end_ms"] < 16_000  # type: ignore[operator] # noqa: PT018
        assert not [at for at in x.written if 3500 <= at < 8000]
        assert 16_500 in x.written

    play(tmp_path, scene, **made())


def test_the_ear_is_asked_for_words_only_while_a_question_is_open(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((500, 1500), says(x, 3500, SAID_NUMBER), says(x, 7000, SAID_BORN), (16_000, 17_000))
        await x.media(24_000)
        x.line.peer_hangs_up("a")
        await x.over()
        wanted = {speech.piece.start_ms // 1000: speech.context.want_text for speech in x.ear.asked}
        assert wanted == {0: False, 3: True, 6: True, 15: False}

    play(tmp_path, scene, **made())


def test_digits_identify_as_words_do_and_a_nine_among_them_is_no_objection(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("prompt.ended", prompt=QUESTION)
        x.line.press("a", "0047382#")
        await x.until("prompt.ended", prompt=SECOND)
        x.line.press("a", "12031985")
        await x.until("identity.checked")
        await x.media(12_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert of(x)["identified"] is True
        assert x.call_log.members[row.call_id] == (("persons-test", b"0047382"),)
        assert x.of_audit("objection") == []
        assert row.recording_state == "SEALED"
        assert leaks(x, row) == []

    play(tmp_path, scene, **made())


def test_digits_pressed_during_the_question_silence_it_and_count(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.durations_ms[QUESTION] = 8000
        x.ring()
        await x.until("prompt.started", prompt=QUESTION)
        x.line.press("a", "0047382#")
        (ended,) = [await x.until("prompt.ended", prompt=QUESTION)]
        assert (ended["completed"], ended["heard_ms"] < 1000) == (False, True)  # type: ignore[operator]
        await x.until("prompt.started", prompt=SECOND)
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene, **made())


def test_a_lone_nine_objects_from_the_moment_it_was_pressed_and_the_question_is_put_again(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("prompt.ended", prompt=QUESTION)
        pressed_ms = x.call.media_ms
        x.line.press("a", "9")
        told = await x.until("objection")
        assert told["basis"] == "DTMF"
        assert 0 <= int(str(told["onset_ms"])) - pressed_ms <= 40
        assert float(str(told["published_at"])) * 1000 - pressed_ms > 2000
        await x.until("prompt.started", count=2, prompt=QUESTION)
        x.line.press("a", "0047382#")
        await x.until("prompt.ended", prompt=SECOND)
        x.line.press("a", "12031985")
        await x.until("identity.checked")
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (of(x)["identified"], of(x)["tries"]) == (True, 0)
        assert row.recording_state == "SEALED"
        assert "objection-noted" in x.said
        # Neither what the caller said from the key on nor what we said was written while the key was weighed.
        written_ms = sum(len(pcm) for pcm in x.store.every.values()) / 32
        assert DISCLOSURE_MS + written_ms <= pressed_ms + 40

    play(tmp_path, scene, **made(captured=Captured.KEEP))


def test_an_objection_key_that_is_no_figure_objects_at_once_in_the_middle_of_a_number(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("prompt.ended", prompt=QUESTION)
        x.line.press("a", "004*")
        told = await x.until("objection")
        assert float(str(told["published_at"])) - float(str(x.feed.of("dtmf.pressed")[-1]["published_at"])) < 0.05
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene, **made(objection_key="*"))


def test_after_three_tries_the_call_goes_on_politely_without_identification(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        wrong = [says(x, at, "le un deux trois quatre cinq six sept") for at in (3500, 9000, 14_500)]
        x.ring(*wrong)
        await x.until("prompt.started", prompt="hotline-menu")
        await x.media(26_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        again = ["identity-again", QUESTION]
        assert x.said == ["hotline-disclosure", QUESTION, *again, *again, "identity-not-confirmed", "hotline-menu"]
        assert (of(x)["identified"], of(x)["why"], of(x)["tries"], of(x)["matched"]) == (False, "tries", 3, [])
        assert (row.disposition, row.recording_state) == ("ANSWERED", "SEALED")

    play(tmp_path, scene, **made())


def test_silence_is_asked_about_three_times_and_then_the_call_goes_on(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("prompt.started", prompt="identity-not-confirmed")
        waited_s = x.call.media_ms / 1000
        assert 3 * PLAN.answer_timeout_s < waited_s < 3 * PLAN.answer_timeout_s + 8
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (of(x)["identified"], of(x)["tries"]) == (False, 3)
        assert x.call_log.members[row.call_id] == ()

    play(tmp_path, scene, **made())


def test_an_answer_in_two_breaths_counts_as_one(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring(says(x, 3500, "zéro zéro quarante-sept"), says(x, 5500, "trois cent quatre-vingt-deux"))
        await x.until("prompt.started", prompt=SECOND)
        x.line.peer_hangs_up("a")
        await x.over()
        assert "identity-again" not in x.said

    play(tmp_path, scene, **made())


def test_a_household_is_told_apart_by_what_is_said_and_an_unknown_caller_is_asked_nothing(tmp_path: Path) -> None:
    async def known(x: Exchange) -> None:
        x.ring(says(x, 3500, "Bastien de la croix meunier"), says(x, 7000, "soixante-quinze zéro onze"))
        await x.media(3000)
        await x.until("identity.checked")
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert of(x)["identified"] is True
        assert leaks(x, row) == []

    async def unknown(x: Exchange) -> None:
        x.ring()
        await x.until("identity.checked")
        x.line.peer_hangs_up("a")
        await x.over()
        assert (of(x)["identified"], of(x)["why"]) == (False, "unknown")
        assert x.said[:2] == ["hotline-disclosure", "identity-not-confirmed"]

    play(tmp_path, known, **made(BY_PHONE, FakeMembers((CALLER,))))
    play(tmp_path, unknown, **made(BY_PHONE, FakeMembers(("sip:+33999999999@carrier.invalid",))))


@pytest.mark.parametrize("members", [None, FakeMembers(away=True)])
def test_without_a_directory_the_call_goes_on_unidentified(tmp_path: Path, members: FakeMembers | None) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("prompt.started", prompt="hotline-menu")
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"
        assert of(x)["identified"] is False

    play(tmp_path, scene, changes={"identity": BY_PHONE}, options={"members": members})


def test_an_agent_is_connected_whatever_the_outcome(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties["sip:conseil@agents.invalid"] = answers(1.0)
        x.ring()
        await x.until("agent.bridged")
        assert x.feed.kinds().index("identity.checked") < x.feed.kinds().index("agent.calling")
        x.line.peer_hangs_up("a")
        await x.over()
        assert of(x)["identified"] is False

    play(tmp_path, scene, **made(agent_uri="sip:conseil@agents.invalid"))


def test_a_spoken_objection_in_the_middle_acts_at_once_and_is_no_try(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 3600, 4400, objection())
        x.ring((3500, 4500), says(x, 9000, SAID_NUMBER))
        await x.until("prompt.started", prompt=SECOND)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "DISCARDED"
        assert x.said == ["hotline-disclosure", QUESTION, "objection-noted", QUESTION, SECOND]

    play(tmp_path, scene, **made())


def test_a_doubt_is_over_before_the_question_is_put_again(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 3600, 4400, objection(band=Band.DOUBT, score=0.5))
        x.ear.when_said(Channel.CALLER, 7100, 7500, Verdict(Label.NONE, Band.CLEAR, 0.9, denies=True, text="non"))
        x.ring((3500, 4500), (7000, 7600), says(x, 12_000, SAID_NUMBER))
        await x.until("prompt.started", prompt=SECOND)
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.said == ["hotline-disclosure", QUESTION, "doubt", "reassured", QUESTION, SECOND]
        assert "identity-again" not in x.said

    play(tmp_path, scene, **made())


def test_words_that_hold_a_forbidden_number_are_not_used(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        verdict = Verdict(Label.NONE, Band.CLEAR, 0.0, sensitive=(SensitiveSpan("nir", 3600, 4400),), text=SAID_NUMBER)
        x.ear.when_said(Channel.CALLER, 3600, 4400, verdict)
        x.ring((3500, 4500))
        await x.until("prompt.started", count=2, prompt=QUESTION)
        assert "identity-again" not in x.said
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene, **made())


def test_a_caller_who_hangs_up_in_the_middle_leaves_no_word_of_the_answers(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring(says(x, 3500, SAID_NUMBER), (6500, 9000))
        await x.media(8000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "SEALED"
        assert not [at for at in x.written if at >= 3500]
        (mask,) = [dict(one) for one in x.recording.masks]
        assert mask["end_ms"] <= 8200  # type: ignore[operator]
        assert leaks(x, row) == []

    play(tmp_path, scene, **made())


def test_sixteen_digits_are_forgotten_and_count_as_a_wrong_answer(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("prompt.ended", prompt=QUESTION)
        x.line.press("a", "4970101234567890")
        await x.until("prompt.started", prompt="identity-again")
        assert x.call.answers.answer.dtmf == ""
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene, **made())


def test_a_program_that_asks_for_nothing_asks_nothing(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("prompt.started", prompt="hotline-menu")
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.of_audit("identity.checked") == []
        assert x.deps.members.asked == []  # type: ignore[union-attr]

    play(tmp_path, scene, options={"members": FakeMembers()})


@pytest.mark.parametrize("delay_s", [0.0, 3.0])
def test_words_that_run_on_past_the_end_of_the_check_are_silence_to_their_last(tmp_path: Path, delay_s: float) -> None:
    async def scene(x: Exchange) -> None:
        # The caller gives the answer, and says it again while they are told that it was right.
        x.ring(says(x, 3500, SAID_NUMBER), says(x, 7000, SAID_BORN), (8600, 13_000), (24_000, 25_000))
        await x.until("identity.checked")
        x.ear.delay_s = delay_s
        await x.until("prompt.ended", prompt="identity-confirmed")
        assert 8600 < x.call.media_ms < 11_000
        await x.media(34_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert not [at for at in x.written if 3500 <= at < 13_000]
        assert 24_500 in x.written
        (mask,) = [dict(one) for one in x.recording.masks]
        assert 13_000 <= mask["end_ms"] < 20_000  # type: ignore[operator]
        (told,) = [body for body in x.of_audit("sensitive.masked") if body["kind"] == "identity"]
        assert (told["start_ms"], told["end_ms"]) == (mask["start_ms"], mask["end_ms"])

    play(tmp_path, scene, **made())


@pytest.mark.parametrize(
    ("on_file", "known_by"), [(CALLER, "identified"), ("sip:+33999999999@carrier.invalid", "claimed")]
)
def test_a_number_is_verified_when_it_stands_on_the_file_of_the_member_who_was_identified(
    tmp_path: Path, on_file: str, known_by: str
) -> None:
    """Who proves to be a member, and calls from somebody else's number, proves nothing about that number."""

    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 16_000, 16_800, objection(label=Label.REFUSAL_CONTACT))
        x.ring(says(x, 3500, SAID_NUMBER), says(x, 7000, SAID_BORN), (16_000, 17_000))
        await x.media(24_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert of(x)["identified"] is True
        (bar,) = x.of_audit("do_not_call.added")
        assert bar["known_by"] == known_by

    play(tmp_path, scene, **made(members=FakeMembers((on_file,))))


def test_who_was_not_identified_has_an_unverified_number_though_it_stands_on_a_file(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 1000, 1800, objection(label=Label.REFUSAL_CONTACT))
        x.ring((1000, 2000))
        await x.media(5000)
        x.line.peer_hangs_up("a")
        await x.over()
        (bar,) = x.of_audit("do_not_call.added")
        assert bar["known_by"] == "claimed"

    play(tmp_path, scene, **made(members=FakeMembers((CALLER,))))


def test_an_answer_that_the_ear_still_judges_is_no_silence(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.delay_s = 4.0
        x.ring(says(x, 3500, SAID_NUMBER))
        await x.until("prompt.started", prompt=SECOND)
        x.line.peer_hangs_up("a")
        await x.over()
        assert "identity-again" not in x.said

    play(tmp_path, scene, **made())


def test_an_ear_that_is_away_makes_no_answer_a_silence(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.absent = True
        x.ring(says(x, 3500, SAID_NUMBER))
        await x.media(20_000)
        assert x.said[-1] == QUESTION
        x.ear.absent = False
        await x.until("prompt.started", prompt=SECOND)
        x.line.peer_hangs_up("a")
        await x.over()
        assert "identity-again" not in x.said

    play(tmp_path, scene, **made())


def test_what_was_forbidden_before_the_question_does_not_spoil_its_answer(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        # An ear tells again what it masked in earlier pieces.
        again = Verdict(Label.NONE, Band.CLEAR, 0.0, sensitive=(SensitiveSpan("nir", 600, 1400),), text=SAID_NUMBER)
        x.ear.when_said(Channel.CALLER, 3600, 4400, again)
        x.ring((500, 1500), (3500, 4500))
        await x.until("prompt.started", prompt=SECOND)
        x.line.peer_hangs_up("a")
        await x.over()
        assert (x.said.count(QUESTION), x.said.count("identity-again")) == (1, 0)

    play(tmp_path, scene, **made())


def test_a_wrong_answer_is_answered_soon_after_its_last_word(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring(says(x, 3500, "le un deux trois quatre cinq six sept"))
        told = await x.until("prompt.started", prompt="identity-again")
        assert 6.5 <= float(str(told["published_at"])) < 7.5
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene, **made())


def test_whoever_talks_on_and_on_is_asked_again_after_a_minute(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.default = words("je vous explique")
        x.ring((3500, 110_000))
        told = await x.until("prompt.started", prompt="identity-again")
        assert 60 < float(str(told["published_at"])) < 70
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene, **made())


def test_a_question_that_is_interrupted_again_and_again_becomes_a_try(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        asked = Verdict(Label.QUESTION_RECORDING, Band.ACT, 0.9, text="pourquoi")
        x.ear.default = asked
        x.ring(*[(at_ms, at_ms + 500) for at_ms in range(3500, 60_000, 4000)])
        await x.until("prompt.started", prompt="identity-again")
        assert x.said[: x.said.index("identity-again")].count(QUESTION) == 4
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene, **made())


@pytest.mark.parametrize(("lookback_ms", "at_s"), [(3000, 2.5), (2000, 1.8), (1000, 0.8)])
def test_a_lone_nine_objects_as_soon_as_no_other_digit_can_follow_or_what_it_bars_would_be_let_out(
    tmp_path: Path, lookback_ms: int, at_s: float
) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("prompt.ended", prompt=QUESTION)
        x.line.press("a", "9")
        await x.until("objection")
        waited_s = x.time_of("objection") - x.time_of("dtmf.pressed")
        assert at_s <= waited_s < at_s + 0.2
        x.line.peer_hangs_up("a")
        await x.over()

    options = {"members": FakeMembers(), "release": ReleaseSettings(lookback_ms=lookback_ms)}
    play(tmp_path, scene, **made() | {"options": options})
