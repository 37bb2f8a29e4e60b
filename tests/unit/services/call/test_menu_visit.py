"""Calls go through a menu: every way through it, what comes between, and what is left of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.domain.call.state import CallState
from ivr.domain.hearing.verdict import Band, Comprehension, Label, SensitiveSpan, Verdict
from ivr.domain.menu.menu import AfterEmergency, Emergency, Language
from ivr.domain.program.program import ObjectionEffect, Prompt
from ivr.services.menu.simulation import CallerAct, Simulation
from tests.evidence_schema import faults
from tests.fakes.ear import NOT_SPEECH, objection
from tests.fakes.exchange import AGENT, Channel, shipped
from tests.fakes.vault import START
from tests.menu_rig import ALWAYS, MARIE, MARIE_AT, MENU, PAUL_AT, SHUT, MenuHouse, menu, scene
from tests.queue_rig import PLAN

BAND_IN_DOUBT = objection(band=Band.DOUBT, score=0.5)


def now() -> float:
    return asyncio.get_running_loop().time()


# ---- the ways through


def test_a_key_leads_to_its_queue_and_only_the_conversation_there_is_stored(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.book.resume("paul", x.deps.clock.now())
        x.ring((30_000, 31_000))
        await x.asked()
        await asyncio.sleep(1)
        x.line.press("a", "2")
        await x.until("agent.bridged")
        bridged_ms = x.call.media_ms
        assert x.joined == ["provident"]
        assert x.commands("place")[-1][2] == PAUL_AT
        assert x.call.queue_wait_ms is not None
        assert x.call.queue_wait_ms < 10_000, "the menu is no wait"
        await x.media(40_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.recording_state, row.agent) == ("SEALED", "paul")
        assert bridged_ms <= min(x.written) <= bridged_ms + 120
        assert x.way["nodes"] == ["top", "provident"]
        assert x.way["ways"] == ["entered", "key"]
        assert (x.way["led"], x.way["queue"], x.way["why"]) == ("queue", "provident", "key")
        assert x.line.free_legs == x.line.capacity

    scene(tmp_path, acts)


def test_a_key_silences_the_question_at_once_and_what_it_leads_to_is_said(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.asked()
        await asyncio.sleep(1.5)
        x.line.press("a", "1")
        await x.asked("to-health")
        assert x.cut_ms == [1520]
        await x.until("queue.joined")
        assert x.joined == ["health"]
        await x.hangs_up()

    scene(tmp_path, acts)


def test_words_lead_as_a_key_does_and_stand_nowhere(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.says("c'est pour mes lunettes", 5000, 6500)
        x.ring((5000, 6500))
        await x.until("queue.joined")
        assert x.joined == ["health"]
        await x.hangs_up()
        assert x.way["ways"] == ["entered", "words"]
        told = json.dumps([x.feed.events, x.of_audit("menu.left"), [dict(e.body) for e in x.audit.chain]], default=str)
        assert "lunettes" not in told

    scene(tmp_path, acts)


def test_the_ear_is_asked_for_words_in_the_menu_and_no_longer(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.says("mes lunettes", 5000, 6000)
        x.ring((500, 1000), (5000, 6000), (20_000, 21_000))
        await x.until("queue.joined")
        await x.media(25_000)
        await x.hangs_up()
        asked = {speech.piece.start_ms // 1000: speech.context.want_text for speech in x.ear.asked}
        assert asked == {0: False, 4: True, 19: False}

    scene(tmp_path, acts)


def test_the_first_syllable_silences_the_question_long_before_a_verdict(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.says("mes lunettes", 5000, 9000)
        x.ring((5000, 9000))
        await x.until("prompt.ended", prompt="top", completed=False)
        # Three voiced frames, and the next look at the media.
        assert x.call.a_leg.media_ms_at(now()) <= 5000 + 60 + 100 + 20
        assert not [piece for piece in x.feed.of("hearing.judged") if int(str(piece["end_ms"])) > 5000]
        await x.until("queue.joined")
        await x.hangs_up()

    scene(tmp_path, acts)


def test_a_question_that_may_not_be_interrupted_is_said_to_its_end(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.says("mes soins", 5000, 6000)
        x.ring((5000, 6000))
        await x.asked("warning")
        await asyncio.sleep(1)
        x.line.press("a", "1")
        await x.until("prompt.ended", prompt="warning", completed=True)
        assert x.joined == []
        x.line.press("a", "1")
        await x.until("queue.joined")
        assert x.cut_ms == []
        await x.hangs_up()

    scene(tmp_path, acts, menus={MENU: replace(menu(), start="warning")})


def test_what_is_said_over_what_nobody_may_interrupt_chooses_nothing_after_it(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.says("mes soins", 11_500, 13_000)
        x.ring((11_500, 13_000))
        await x.until("prompt.ended", prompt="warning", completed=True)
        assert x.call.media_ms < 12_500
        await x.media(15_000)
        assert x.joined == []
        await x.hangs_up()

    scene(tmp_path, acts, menus={MENU: replace(menu(), start="warning")})


def test_silence_is_asked_again_and_then_led_to_the_agent_of_the_program(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        first = await x.asked()
        again = await x.asked("silence")
        assert again - first == pytest.approx(10 + 6, abs=0.3)
        await x.until("agent.bridged")
        assert [one for one in x.said if one in ("top", "silence")] == ["top", "silence", "top", "silence", "top"]
        assert x.commands("place")[-1][2] == AGENT
        assert x.said.count("to-agent") == 1
        await x.hangs_up()
        assert (x.way["led"], x.way["why"], x.way["nodes"]) == ("agent", "retries", ["top", "agent"])

    scene(tmp_path, acts)


def test_what_leads_nowhere_is_asked_again_and_noise_never_leaves_a_caller_in_silence(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.says("quel temps fait-il", 5000, 6000)
        x.ear.when_said(Channel.CALLER, 12_000, 12_400, replace(NOT_SPEECH, text="mes lunettes"))
        x.ring((5000, 6000), (12_000, 12_500))
        await x.asked("again")
        await x.asked("again", 2)
        assert x.call.media_ms < 14_000
        x.line.press("a", "8")
        await x.until("agent.bridged")
        await x.hangs_up()
        assert x.way["why"] == "retries"

    scene(tmp_path, acts)


def test_a_repeated_question_and_a_way_through_two_of_them(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.asked()
        x.line.press("a", "7")
        await x.asked(count=2)
        x.line.press("a", "3")
        await x.asked("more")
        x.line.press("a", "1")
        await x.until("queue.joined")
        await x.hangs_up()
        assert x.way["nodes"] == ["top", "more", "health"]
        assert x.way["ways"] == ["entered", "key", "key"]

    scene(tmp_path, acts)


def test_a_polite_end_says_its_prompt_and_no_second_goodbye(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring((20_000, 21_000))
        await x.asked()
        assert x.call.waiting_for_agent
        assert x.feed.of("policy.capture")[-1]["verdict"] == "PAUSE", "in a menu nothing is stored"
        x.line.press("a", "4")
        row = await x.over()
        assert x.said[-1] == "bye"
        assert (row.ended_by, row.recording_state, x.written) == ("engine", "WITHHELD", [])

    scene(tmp_path, acts, changes={"agent_uri": ""})


def test_outside_the_hours_the_caller_hears_so_and_is_let_go(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.over()
        assert [one for one in x.said if one in ("top", "shut")] == ["shut"]
        assert (x.way["led"], x.way["why"]) == ("hang_up", "closed")

    scene(tmp_path, acts, menus={MENU: menu(hours=SHUT, closed="shut")})


def test_a_public_holiday_closes_whatever_the_week_says(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.over()
        assert x.way["why"] == "holiday"

    open_menu = {MENU: menu(hours=ALWAYS, closed="shut")}
    scene(tmp_path, acts, menus=open_menu, holidays={START.date(): "fête"})

    async def opened(x: MenuHouse) -> None:
        x.ring()
        await x.asked()
        await x.hangs_up()

    scene(tmp_path, opened, menus=open_menu)


def test_the_fallback_of_who_stays_too_long_is_not_said_over_anybody(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        began = await x.asked()
        await x.until("agent.calling")
        assert now() - began == pytest.approx(12, abs=0.3)
        assert x.way["why"] == "too_long"
        await x.hangs_up()

    scene(tmp_path, acts, menus={MENU: menu(whole_s=12.0)})


def test_each_prompt_is_said_in_the_language_of_its_node(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        heard: list[tuple[str, str, str]] = []
        whole = x.deps.prompt_file

        def file(prompt: Prompt) -> Path:
            heard.append((prompt.id, prompt.text, prompt.english))
            return whole(prompt)

        object.__setattr__(x.deps, "prompt_file", file)
        x.ring()
        await x.asked()
        await x.hangs_up()
        assert ("top", "", "This is top.") in heard

    english = menu()
    nodes = {**english.nodes, "top": replace(english.nodes["top"], language=Language.ENGLISH)}
    scene(tmp_path, acts, menus={MENU: replace(english, nodes=nodes)})


@pytest.mark.parametrize(
    "keys",
    [
        [(1000, "2")],
        [(1000, "3"), (2500, "1")],
        [(1000, "7"), (2500, "8"), (4500, "2")],
        [(1000, "4")],
        [(1000, "0")],
        [],
    ],
)
def test_a_call_goes_where_the_simulation_goes(tmp_path: Path, keys: list[tuple[int, str]]) -> None:
    async def acts(x: MenuHouse) -> None:
        simulated = Simulation(
            x.menus[MENU],
            x.deps.prompts,
            [CallerAct(at_ms, key=key) for at_ms, key in keys],
            x.deps.clock.now(),
            objection_keys=frozenset({"9"}),
            holidays={},
            objects=lambda words, prompt: False,
        )
        assert list(simulated.steps())
        result = simulated.result
        assert result is not None
        x.ring()
        began = await x.asked()
        call = x.call
        for at_ms, key in keys:
            await asyncio.sleep(began + at_ms / 1000 - now())
            x.line.press("a", key)
        await x.until("menu.left")
        if call.state is CallState.ACTIVE and x.way["led"] != "hang_up":
            x.line.peer_hangs_up("a")
        await x.over()
        assert x.way["nodes"] == [*result.path]
        assert (x.way["node"], x.way["led"], x.way["queue"]) == (result.node, result.kind, result.queue)
        assert x.way["why"] == result.why

    scene(tmp_path, acts)


def test_an_emergency_message_is_heard_first_and_to_its_end_while_it_is_on(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.switch_on()
        x.ring()
        await x.asked("warning")
        await asyncio.sleep(1)
        x.line.press("a", "1")
        await x.until("prompt.ended", prompt="warning", completed=True)
        await x.asked()
        assert x.joined == []
        await x.hangs_up()

    scene(tmp_path, acts, menus={MENU: menu(emergency=Emergency("warning"))})


def test_an_emergency_message_may_end_the_call_and_is_its_last_word(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.switch_on()
        x.ring()
        await x.over()
        assert x.said[-1] == "warning"
        assert (x.way["nodes"], x.way["led"], x.way["why"]) == ([], "hang_up", "emergency")

    scene(tmp_path, acts, menus={MENU: menu(emergency=Emergency("warning", AfterEmergency.HANG_UP))})


def test_a_message_that_is_off_or_that_nobody_can_ask_about_is_not_said(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.asked()
        await x.hangs_up()
        assert "warning" not in x.said

    async def away(x: MenuHouse) -> None:
        x.switch_on()
        x.emergencies.away = True
        await acts(x)
        assert x.feed.of("menu.emergency_unknown")

    with_message = {MENU: menu(emergency=Emergency("warning"))}
    scene(tmp_path, acts, menus=with_message)
    scene(tmp_path, away, menus=with_message)


# ---- what comes between


@pytest.mark.parametrize("when_s", [1.0, 12.0], ids=["while it is asked", "while it waits"])
def test_the_objection_key_objects_and_the_menu_goes_on_where_it_was(tmp_path: Path, when_s: float) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring((40_000, 41_000))
        await x.asked()
        await asyncio.sleep(when_s)
        x.line.press("a", "9")
        await x.until("objection")
        assert x.call.capture.stopped
        await x.until("prompt.ended", prompt="objection-noted", completed=True)
        again = await x.asked(count=2)
        assert again - x.time_of("objection") < 2
        x.line.press("a", "1")
        await x.until("queue.joined")
        x.book.resume(MARIE, x.deps.clock.now())
        await x.until("agent.bridged")
        await x.media(50_000)
        await x.hangs_up()
        assert x.written == []
        assert x.way["ways"] == ["entered", "key"]

    scene(tmp_path, acts)


def test_a_spoken_objection_acts_in_the_menu_is_no_choice_and_costs_no_try(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ear.when_said(Channel.CALLER, 5000, 6900, replace(objection(5000), text="je refuse, mes lunettes"))
        x.ring((5000, 7000))
        await x.until("objection")
        assert x.of_audit("objection")[0]["basis"] == "SPOKEN"
        await x.asked(count=2)
        assert "again" not in x.said
        assert x.joined == []
        x.line.press("a", "1")
        await x.until("queue.joined")
        await x.hangs_up()
        assert x.written == []

    scene(tmp_path, acts)


def test_an_objection_that_ends_the_call_ends_it_in_the_menu(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.asked()
        x.line.press("a", "9")
        await x.over()
        assert x.said[-1] == "prospecting-closing"
        assert x.said.count("top") == 1
        assert (x.way["led"], x.way["why"]) == ("", "cut_short")

    prompts = replace(shipped().programs["hotline-quality"].prompts, closing="prospecting-closing")
    ends = {"objection_effect": ObjectionEffect.END_CALL_AND_DESTROY, "prompts": prompts}
    scene(tmp_path, acts, changes=ends)


def test_a_doubt_is_asked_about_first_and_its_answer_is_no_choice(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ear.when_said(Channel.CALLER, 5000, 6900, replace(BAND_IN_DOUBT, text="mes lunettes"))
        x.ear.when_said(Channel.CALLER, 9500, 9900, Verdict(Label.NONE, Band.CLEAR, 0.0, denies=True, text="un"))
        x.ring((5000, 7000), (9500, 10_000))
        await x.until("prompt.started", prompt="doubt")
        x.line.press("a", "1")
        await x.until("doubt.dispelled")
        assert x.joined == []
        again = await x.asked(count=2)
        assert x.feed.of("prompt.ended")[-1]["prompt"] == "reassured"
        assert again >= x.time_of("doubt.dispelled")
        x.line.press("a", "1")
        await x.until("queue.joined")
        await x.hangs_up()
        assert "again" not in x.said

    scene(tmp_path, acts)


def test_the_answer_to_a_doubt_is_no_choice_where_nothing_acknowledges_it(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ear.when_said(Channel.CALLER, 5000, 6900, BAND_IN_DOUBT)
        denied = Verdict(Label.NONE, Band.CLEAR, 0.0, denies=True, text="mes lunettes")
        x.ear.when_said(Channel.CALLER, 9500, 9900, denied)
        x.ring((5000, 7000), (9500, 10_000))
        await x.until("doubt.dispelled")
        await x.asked(count=2)
        assert x.joined == []
        await x.hangs_up()

    prompts = replace(shipped().programs["hotline-quality"].prompts, reassured="")
    scene(tmp_path, acts, changes={"prompts": prompts})


def test_a_doubt_that_nobody_answers_objects_and_the_menu_goes_on(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ear.when_said(Channel.CALLER, 5000, 6900, BAND_IN_DOUBT)
        x.ring((5000, 7000))
        await x.until("objection")
        assert x.said.count("top") == 1, "while the answer is awaited nothing is said"
        await x.asked(count=2)
        assert x.call.capture.stopped
        await x.hangs_up()

    scene(tmp_path, acts)


def test_a_question_about_the_recording_is_answered_and_is_no_choice(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        asked = Verdict(Label.QUESTION_RECORDING, Band.ACT, 0.9, text="pourquoi enregistrer mes lunettes")
        x.ear.when_said(Channel.CALLER, 5000, 6900, asked)
        x.ring((5000, 7000))
        await x.until("prompt.ended", prompt="quality-question-answer", completed=True)
        await x.asked(count=2)
        assert x.joined == []
        await x.hangs_up()

    scene(tmp_path, acts)


def test_a_number_that_may_not_be_kept_chooses_nothing(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.says("mes lunettes 1 85 03 75", 5000, 7000, sensitive=(SensitiveSpan("nir", 5200, 6800),))
        x.ring((5000, 7000))
        await x.until("prompt.ended", prompt="number-refused", completed=True)
        await x.asked(count=2)
        assert x.joined == []
        await x.hangs_up()

    scene(tmp_path, acts)


def test_another_language_is_asked_about_and_is_no_choice(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.says("mes lunettes", 5000, 7000, comprehension=Comprehension.FOREIGN)
        x.ring((5000, 7000))
        await x.until("prompt.ended", prompt="not-understood", completed=True)
        await x.asked(count=2)
        assert x.joined == []
        await x.hangs_up()

    scene(tmp_path, acts)


def test_words_said_before_the_menu_or_to_another_question_choose_nothing(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ear.delay_s = 1.5
        x.says("mes lunettes", 1500, 2500)
        x.says("un remboursement", 6000, 7000)
        x.ring((1500, 2500), (6000, 7000))
        await x.asked()
        await x.media(6500)
        x.line.press("a", "3")
        await x.asked("more")
        await x.media(12_000)
        assert x.joined == []
        assert "again" not in x.said
        await x.hangs_up()

    scene(tmp_path, acts)


def test_a_caller_on_hold_misses_nothing(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.asked()
        await asyncio.sleep(2)
        x.line.hold("a")
        await asyncio.sleep(60)
        x.line.hold("a", held=False)
        await x.asked(count=2)
        assert "silence" not in x.said
        await x.hangs_up()

    scene(tmp_path, acts)


def test_who_hangs_up_in_the_menu_leaves_no_place_and_the_way_so_far(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.asked()
        x.line.press("a", "3")
        await x.asked("more")
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.ended_by, row.queue_wait_ms) == ("caller", None)
        assert (x.way["nodes"], x.way["led"], x.way["why"]) == (["top", "more"], "", "caller_gone")
        assert x.line.free_legs == x.line.capacity

    scene(tmp_path, acts)


# ---- what may fail


def test_a_queue_that_is_not_there_leads_to_the_programs_own_agent(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        object.__setattr__(x.desk, "plan", replace(PLAN, queues={}))
        x.ring()
        await x.asked()
        x.line.press("a", "1")
        await x.until("agent.bridged")
        assert x.commands("place")[-1][2] == AGENT
        await x.hangs_up()

    scene(tmp_path, acts)


def test_without_queues_and_agents_the_caller_is_told_and_let_go(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        object.__setattr__(x.deps, "queues", None)
        x.ring()
        await x.asked()
        x.line.press("a", "1")
        await x.over()
        assert x.said[-1] == "agent-unavailable"

    scene(tmp_path, acts, changes={"agent_uri": ""})


def test_the_way_to_an_agent_is_the_programs_queue_where_it_has_one(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.book.resume(MARIE, x.deps.clock.now())
        x.ring()
        await x.asked()
        x.line.press("a", "0")
        await x.until("agent.bridged")
        assert (x.joined, x.commands("place")[-1][2]) == (["health"], MARIE_AT)
        await x.hangs_up()

    scene(tmp_path, acts, changes={"agent_uri": "", "queue": "health"})


@pytest.mark.parametrize("missing", ["top", "to-health"])
def test_a_prompt_without_sound_leads_to_the_fallback(tmp_path: Path, missing: str) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.until("menu.failed" if missing == "top" else "prompt.started")
        if missing != "top":
            await x.asked()
            x.line.press("a", "1")
        await x.until("agent.bridged")
        assert x.feed.of("menu.failed")[0]["what"] == "FileNotFoundError"
        await x.hangs_up()
        assert (x.way["led"], x.way["why"]) == ("agent", "failed")

    scene(tmp_path, acts, without_sound=(missing,))


def test_a_sound_that_the_line_cannot_play_is_not_tried_for_ever(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        (tmp_path / "top.wav").write_bytes(b"no sound")
        x.ring()
        await x.until("agent.bridged")
        assert x.way["why"] == "failed"
        assert x.call.media_ms < 10_000
        await x.hangs_up()

    scene(tmp_path, acts)


def test_a_fault_of_the_table_leads_out_and_a_hang_up_there_says_goodbye(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.asked()
        monkeypatch.setattr("ivr.services.call.menu_visit.advance", broken)
        x.line.press("a", "1")
        await x.over()
        assert x.said[-1] == "goodbye"
        assert x.feed.of("menu.failed")[0]["what"] == "ZeroDivisionError"

    scene(tmp_path, acts, menus={MENU: menu(fallback="bye")})


def test_a_menu_that_is_not_there_ends_politely(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.over()
        assert x.said[-1] == "goodbye"

    scene(tmp_path, acts, menus={})


def test_the_line_keeps_a_leg_for_whoever_the_menu_leads_to(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.line._capacity = 1
        x.ring()
        await x.until("call.rejected")

    scene(tmp_path, acts, changes={"agent_uri": ""})


def test_the_evidence_of_a_way_is_as_its_schema_has_it(tmp_path: Path) -> None:
    async def acts(x: MenuHouse) -> None:
        x.ring()
        await x.asked()
        await x.hangs_up()
        assert faults("menu.left", x.way) == []

    scene(tmp_path, acts)
