"""The way through a menu: every event in every state, every caller gets out, and nothing of ours is in the way of an
objection."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.domain.menu.menu import AfterEmergency, Choice, Emergency, Language, Menu, NodeKind
from ivr.domain.menu.progress import (
    MENU,
    CallerGone,
    Go,
    Ignore,
    KeyPressed,
    MenuEvent,
    MenuState,
    PromptEnded,
    Resumed,
    Say,
    Silence,
    SpeechBegan,
    TimePassed,
    Why,
    WordsHeard,
)
from tests.unit.domain.menu.rig import MONDAY, OBJECTION_KEY, Caller, question, small_menu

SUNDAY = datetime(2027, 3, 7, 10, tzinfo=UTC)
MENUS = small_menu()


def said(prompt: str, node: str, why: Why, **more: object) -> Say:
    return replace(Say(prompt, node, why, True, Language.FRENCH), **more)  # type: ignore[arg-type]


class TestChoices:
    def test_a_menu_begins_with_its_question(self) -> None:
        caller = Caller(MENUS)
        assert caller.last == (said("top-prompt", "top", Why.ENTERED),)
        assert caller.progress.state is MenuState.SAYING

    def test_a_key_leads_to_its_queue_once_the_announcement_was_heard(self) -> None:
        caller = Caller(MENUS)
        caller.hears()
        assert caller.presses("1") == (said("refunds-prompt", "refunds", Why.KEY, interruptible=False),)
        assert caller.progress.state is MenuState.LEAVING
        assert caller.hears() == (Go(NodeKind.QUEUE, "refunds", Why.KEY, "refunds"),)
        assert caller.progress.path == ("top", "refunds")

    def test_words_lead_there_too_and_the_reason_says_so(self) -> None:
        caller = Caller(MENUS)
        caller.hears()
        caller.says("je voudrais savoir où en est mon remboursement")
        assert caller.hears() == (Go(NodeKind.QUEUE, "refunds", Why.WORDS, "refunds"),)

    def test_where_nothing_is_said_on_the_way_out_the_caller_is_led_on_at_once(self) -> None:
        caller = Caller(MENUS)
        caller.presses("2")
        assert caller.presses("1")[-1] == Go(NodeKind.QUEUE, "leave", Why.KEY, "contracts")
        assert caller.progress.over

    def test_a_choice_may_lead_back(self) -> None:
        caller = Caller(MENUS)
        for key in ("2", "#", "2"):
            caller.presses(key)
        assert caller.progress.path == ("top", "contract", "top", "contract")

    def test_a_question_is_said_again_on_demand_and_that_is_no_miss(self) -> None:
        caller = Caller(MENUS)
        caller.hears()
        assert caller.presses("*") == (said("top-prompt", "top", Why.REPEATED),)
        assert caller.progress.misses == 0


class TestBargeIn:
    def test_the_first_syllable_silences_the_question(self) -> None:
        caller = Caller(MENUS)
        assert caller.begins_to_speak() == (Silence("top-prompt", "top", Why.BARGE_IN),)
        assert caller.says("un remboursement") == (said("refunds-prompt", "refunds", Why.WORDS, interruptible=False),)

    def test_a_key_does_too(self) -> None:
        caller = Caller(MENUS)
        assert caller.presses("2")[0] == Silence("top-prompt", "top", Why.BARGE_IN)

    def test_a_question_that_forbids_it_is_heard_to_its_end(self) -> None:
        top = replace(MENUS.nodes["top"], barge_in=False)
        caller = Caller(replace(MENUS, nodes={**MENUS.nodes, "top": top}))
        assert caller.begins_to_speak() == (Ignore("top", Why.NOT_NOW),)
        assert caller.presses("1") == (Ignore("top", Why.NOT_NOW),)
        caller.hears()
        assert caller.presses("1")[0] == said("refunds-prompt", "refunds", Why.KEY, interruptible=False)

    def test_what_is_said_on_the_way_out_cannot_be_silenced(self) -> None:
        caller = Caller(MENUS)
        caller.presses("1")
        assert caller.begins_to_speak() == caller.presses("2") == (Ignore("refunds", Why.NOT_NOW),)

    def test_who_speaks_is_not_timed_out_while_speaking(self) -> None:
        caller = Caller(MENUS)
        caller.hears()
        caller.waits(5_000)
        caller.begins_to_speak()
        assert caller.waits(5_000) == ()
        caller.says("mon contrat")
        assert caller.progress.node == "contract"

    def test_an_ear_that_never_answers_is_waited_for_no_longer_than_an_answer_may_last(self) -> None:
        caller = Caller(MENUS)
        caller.begins_to_speak()
        assert caller.waits(15_000)[0] == said("silence-prompt", "top", Why.NO_ANSWER)


class TestMisses:
    def test_silence_is_asked_again_and_then_led_to_an_agent(self) -> None:
        caller = Caller(MENUS)
        for _ in range(2):
            caller.hears()
            again = caller.waits(6_000)
            assert again == (
                said("silence-prompt", "top", Why.NO_ANSWER),
                said("top-prompt", "top", Why.NO_ANSWER),
            )
        caller.hears()
        assert caller.waits(6_000) == (said("agent-prompt", "agent", Why.RETRIES, interruptible=False),)
        assert caller.hears() == (Go(NodeKind.AGENT, "agent", Why.RETRIES),)

    def test_a_key_without_a_choice_and_words_that_fit_nothing_are_misses_with_their_reason(self) -> None:
        caller = Caller(MENUS)
        caller.hears()
        assert caller.presses("7")[0] == said("again-prompt", "top", Why.NO_SUCH_KEY)
        caller.hears()
        assert caller.says("il fait beau")[0] == said("again-prompt", "top", Why.NOT_UNDERSTOOD)
        assert caller.progress.misses == 2

    def test_a_new_question_has_its_own_misses(self) -> None:
        caller = Caller(MENUS)
        caller.presses("7")
        caller.presses("2")
        assert caller.progress.misses == 0

    def test_a_menu_without_words_for_it_just_asks_again(self) -> None:
        caller = Caller(replace(MENUS, no_answer=""))
        caller.hears()
        assert caller.waits(6_000) == (said("top-prompt", "top", Why.NO_ANSWER),)

    def test_a_node_may_have_a_fallback_of_its_own(self) -> None:
        caller = Caller(MENUS, SUNDAY)
        for _ in range(3):
            caller.hears()
            caller.waits(6_000)
        assert caller.hears() == (Go(NodeKind.HANG_UP, "bye", Why.RETRIES),)


class TestBounds:
    def test_who_goes_round_and_round_is_led_to_an_agent(self) -> None:
        caller = Caller(MENUS)
        for _ in range(10):
            caller.presses("2")
            caller.presses("#")
        assert not caller.progress.over
        caller.presses("2")
        assert caller.hears() == (Go(NodeKind.AGENT, "agent", Why.STEPS),)

    def test_a_menu_that_takes_too_long_ends_whatever_is_being_said(self) -> None:
        caller = Caller(MENUS)
        assert caller.waits(300_000) == (
            Silence("top-prompt", "top", Why.TOO_LONG),
            Go(NodeKind.AGENT, "agent", Why.TOO_LONG),
        )

    def test_a_clock_that_jumps_ahead_is_one_time_out(self) -> None:
        caller = Caller(MENUS)
        caller.hears()
        caller.waits(200_000)
        assert caller.progress.misses == 1

    def test_a_clock_that_jumps_back_changes_nothing(self) -> None:
        caller = Caller(MENUS)
        caller.hears()
        before = caller.at_ms
        caller.presses("2", at_ms=0)
        assert caller.at_ms == before
        assert caller.progress.node == "contract"


class TestOpening:
    def test_outside_hours_a_caller_begins_elsewhere(self) -> None:
        assert Caller(MENUS, SUNDAY).last == (said("shut-prompt", "shut", Why.CLOSED),)

    def test_on_a_public_holiday_too_and_the_reason_says_so(self) -> None:
        assert Caller(MENUS, d2027_03_08="Fête").last == (said("shut-prompt", "shut", Why.HOLIDAY),)

    def test_an_emergency_is_heard_to_its_end_and_then_the_menu_goes_on(self) -> None:
        caller = Caller(MENUS, emergency=True)
        assert caller.last[0] == Say("emergency-prompt", "", Why.EMERGENCY, False, Language.FRENCH)
        assert caller.begins_to_speak() == caller.presses("1") == (Ignore("top", Why.NOT_NOW),)
        caller.does(PromptEnded(1000, "emergency-prompt"))
        assert caller.presses("2")[0] == Silence("top-prompt", "top", Why.BARGE_IN)

    def test_it_is_heard_outside_hours_as_well(self) -> None:
        assert Caller(MENUS, SUNDAY, emergency=True).prompts == ["emergency-prompt", "shut-prompt"]

    def test_one_that_ends_the_call_leads_nowhere_else(self) -> None:
        menu = replace(MENUS, emergency=Emergency("emergency-prompt", AfterEmergency.HANG_UP))
        caller = Caller(menu, emergency=True)
        assert caller.hears() == (Go(NodeKind.HANG_UP, "", Why.EMERGENCY),)

    def test_without_a_message_the_switch_does_nothing(self) -> None:
        assert Caller(replace(MENUS, emergency=None), emergency=True).prompts == ["top-prompt"]


class TestTheRestOfTheCall:
    @pytest.mark.parametrize("heard_first", [True, False])
    def test_the_objection_key_is_never_a_choice(self, heard_first: bool) -> None:
        """Even where a table has it, which settings refuse."""
        top = question("top", Choice("refunds", OBJECTION_KEY), Choice("contract", "2"))
        caller = Caller(replace(MENUS, nodes={**MENUS.nodes, "top": top}))
        if heard_first:
            caller.hears()
        before = caller.progress
        assert caller.presses(OBJECTION_KEY) == (Ignore("top", Why.OBJECTION_KEY),)
        assert caller.progress == before

    def test_its_name_spoken_is_no_choice_either(self) -> None:
        top = question("top", Choice("refunds", OBJECTION_KEY), Choice("contract", "2"))
        caller = Caller(replace(MENUS, nodes={**MENUS.nodes, "top": top}))
        caller.says("neuf")
        assert caller.progress.node == "top"

    def test_it_wins_over_everything_that_has_ended(self) -> None:
        caller = Caller(MENUS)
        caller.hangs_up()
        assert caller.presses(OBJECTION_KEY) == (Ignore("top", Why.OBJECTION_KEY),)

    def test_after_an_objection_the_question_is_said_again_and_nothing_was_missed(self) -> None:
        caller = Caller(MENUS)
        caller.hears()
        caller.begins_to_speak()
        assert caller.does(Resumed(20_000)) == (said("top-prompt", "top", Why.RESUMED),)
        assert caller.progress.misses == 0

    def test_an_emergency_that_was_cut_short_is_said_again_before_the_question(self) -> None:
        caller = Caller(MENUS, emergency=True)
        assert [one.prompt for one in caller.does(Resumed(500)) if isinstance(one, Say)] == [
            "emergency-prompt",
            "top-prompt",
        ]

    def test_what_is_said_on_the_way_out_is_said_again_too(self) -> None:
        caller = Caller(MENUS)
        caller.presses("1")
        assert caller.does(Resumed(500)) == (said("refunds-prompt", "refunds", Why.RESUMED, interruptible=False),)
        assert caller.hears() == (Go(NodeKind.QUEUE, "refunds", Why.KEY, "refunds"),)

    def test_a_caller_who_is_gone_is_led_nowhere(self) -> None:
        caller = Caller(MENUS)
        assert caller.hangs_up() == (Silence("top-prompt", "top", Why.CALLER_GONE),)
        assert caller.presses("1") == (Ignore("top", Why.NOT_NOW),)
        assert caller.progress.over

    def test_no_digit_and_no_word_is_shown(self) -> None:
        assert "4" not in repr(KeyPressed(0, "4"))
        assert "secret" not in repr(WordsHeard(0, "secret"))


# ---------------------------------------------------------------- any order of events

ANY_PROMPT = st.sampled_from(["top-prompt", "contract-prompt", "agent-prompt", "again-prompt", "disclosure", ""])
ANY_TIME = st.integers(-1_000, 90_000)
ANY_EVENT: st.SearchStrategy[MenuEvent] = st.one_of(
    st.builds(KeyPressed, ANY_TIME, st.sampled_from("0123456789*#")),
    st.builds(WordsHeard, ANY_TIME, st.sampled_from(["un remboursement", "mon contrat", "retour", "euh", "", "non"])),
    st.builds(SpeechBegan, ANY_TIME),
    st.builds(PromptEnded, ANY_TIME, ANY_PROMPT),
    st.builds(TimePassed, ANY_TIME),
    st.builds(Resumed, ANY_TIME),
)
ANY_MENU = st.builds(
    small_menu,
    steps_max=st.integers(1, 5),
    whole_s=st.sampled_from([10.0, 60.0]),
    emergency=st.sampled_from(
        [None, Emergency("emergency-prompt"), Emergency("emergency-prompt", AfterEmergency.HANG_UP)]
    ),
)
ANY_MOMENT = st.sampled_from([MONDAY, SUNDAY])


def check(caller: Caller, menu: Menu) -> None:
    progress = caller.progress
    assert progress.node in menu.nodes or (progress.node == "" and menu.emergency is not None)
    assert progress.steps <= menu.steps_max + 1
    assert (progress.state is MenuState.LISTENING) <= (not progress.saying)
    for effect in caller.last:
        if isinstance(effect, Silence):
            assert effect.prompt in caller.prompts, "it silences what it said itself, and no disclosure"
        if isinstance(effect, Go):
            assert progress.over
            assert not menu.nodes[effect.node].is_question if effect.node else effect.kind is NodeKind.HANG_UP


@given(ANY_MENU, ANY_MOMENT, st.booleans(), st.lists(ANY_EVENT, max_size=40))
def test_no_order_of_events_leads_out_of_the_table(
    menu: Menu, at: datetime, emergency: bool, events: list[MenuEvent]
) -> None:
    caller = Caller(menu, at, emergency=emergency)
    for event in events:
        before = caller.progress
        objecting = isinstance(event, KeyPressed) and event.key == OBJECTION_KEY
        effects = caller.does(event)
        check(caller, menu)
        assert not before.over or caller.progress.state is MenuState.LEFT
        if objecting:
            assert effects == (Ignore(before.node, Why.OBJECTION_KEY),)
            assert replace(caller.progress, at_ms=0) == replace(before, at_ms=0)
        assert caller.at_ms >= before.at_ms


@settings(max_examples=50)
@given(ANY_MENU, ANY_MOMENT, st.booleans(), st.lists(ANY_EVENT, max_size=15))
def test_every_caller_gets_out_of_the_menu(menu: Menu, at: datetime, emergency: bool, events: list[MenuEvent]) -> None:
    """Whatever was done before: who then is silent, and hears what is said, is led somewhere in time."""
    caller = Caller(menu, at, emergency=emergency)
    for event in events:
        caller.does(event)
    for _ in range(200):
        if caller.progress.over:
            break
        caller.hears()
        caller.does(TimePassed(caller.progress.wakes_ms))
    assert caller.progress.over
    assert sum(isinstance(effect, Go) for effect in caller.effects) == 1


@given(ANY_MENU, st.lists(ANY_EVENT, max_size=15))
def test_a_line_that_never_tells_the_end_of_a_prompt_keeps_nobody(menu: Menu, events: list[MenuEvent]) -> None:
    caller = Caller(menu)
    for event in events:
        caller.does(event)
    caller.does(TimePassed(caller.progress.end_ms))
    assert caller.progress.over


@given(ANY_MENU, ANY_MOMENT, st.lists(ANY_EVENT, max_size=15))
def test_a_caller_may_hang_up_at_any_moment(menu: Menu, at: datetime, events: list[MenuEvent]) -> None:
    caller = Caller(menu, at)
    for event in events:
        caller.does(event)
    caller.does(CallerGone(0))
    assert caller.progress.over


def test_every_state_but_the_last_can_lose_its_caller_and_the_last_leads_nowhere() -> None:
    assert {state for state, _ in MENU.table} == {*MenuState} - MENU.final
