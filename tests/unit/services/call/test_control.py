"""Who is called and who is answered: routes, refusals with their status, and a line that is closing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from ivr.errors import ConfigurationError, HostError
from ivr.services.call.control import Routes
from tests.fakes.exchange import AGENT, PROSPECT, Exchange, play
from tests.fakes.line import answers
from tests.fakes.runtime import InlineExecutor

T = TypeVar("T")


@pytest.mark.parametrize(
    ("to_uri", "program"),
    [
        ("sip:mutuelle@ivr.invalid", "other"),
        ("sip:mutuelle;phone-context=fr@ivr.invalid", "other"),
        ("sip:mutuelle@ivr.invalid;transport=tcp", "other"),
        ("sips:mutuelle@a@b", "other"),
        ("sip:ivr@fake.invalid", "hotline-quality"),
        ("mutuelle", "hotline-quality"),
        ("sip:Mutuelle@ivr.invalid", "hotline-quality"),
    ],
)
def test_the_called_user_part_chooses_the_program(to_uri: str, program: str) -> None:
    assert Routes("hotline-quality", {"mutuelle": "other"}).program_for(to_uri) == program


def test_a_call_that_cannot_be_taken_is_refused_with_its_status_and_the_watchers_are_told(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line._capacity = 1
        x.line.incoming("a")
        await x.until("call.rejected")
        x.control._routes = Routes("no-such-program")
        x.line.incoming("b")
        await x.until("call.rejected", 2)
        await x.control.close()
        x.line.incoming("c")
        await x.until("call.rejected", 3)
        assert [(one["sip_status"], one["why"]) for one in x.feed.of("call.rejected")] == [
            (503, "capacity"), (500, "ConfigurationError"), (503, "closing")
        ]  # fmt: skip
        assert [command[1:] for command in x.commands("reject")] == [("a", 503), ("b", 500), ("c", 503)]
        assert x.control.active == 0
        assert x.commands("answer") == []

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_a_line_that_closes_while_the_register_is_asked_dials_nobody(tmp_path: Path) -> None:
    class SlowExecutor(InlineExecutor):
        async def run(self, work: Callable[[], T]) -> T:
            await asyncio.sleep(1)
            return work()

    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        placing = asyncio.create_task(x.control.place(PROSPECT, "prospecting"))
        await asyncio.sleep(0.5)
        await x.control.close()
        with pytest.raises(HostError, match="closing"):
            await placing
        assert x.commands("place") == []

    play(tmp_path, scene, options={"executor": SlowExecutor()})


def test_an_agent_serves_from_the_next_call_on_and_of_that_program_only(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        with pytest.raises(ConfigurationError, match="hotline-qualiti"):
            x.control.set_agent("hotline-qualiti", AGENT)
        x.control.set_agent("hotline-quality", AGENT)
        x.line.parties[AGENT] = answers()
        x.line.incoming("a")
        await x.until("agent.bridged")
        x.line.peer_hangs_up("a")
        await x.over()
        x.control.set_agent("hotline-quality", "")
        x.line.incoming("b")
        await x.until("prompt.started", prompt="hotline-menu")
        assert len(x.feed.of("agent.calling")) == 1

    play(tmp_path, scene)


def test_a_program_takes_the_agent_that_is_named_for_one_call(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties |= {PROSPECT: answers(), AGENT: answers()}
        call = await x.control.place(PROSPECT, "prospecting", agent_uri=AGENT)
        assert call.program.agent_uri == AGENT
        await x.until("agent.bridged")
        assert x.programs["prospecting"].agent_uri == ""
        (started,) = x.feed.of("call.started")
        assert (started["program"], started["direction"], started["party"]) == ("prospecting", "outbound", "prospect")

    play(tmp_path, scene)


def test_what_is_asked_of_a_line_wrongly_is_told_with_its_key_its_value_and_what_to_do(tmp_path: Path) -> None:
    def told(error: ConfigurationError | HostError) -> tuple[object, ...]:
        return error.what, error.where, getattr(error, "value", None), error.remedy

    async def scene(x: Exchange) -> None:
        with pytest.raises(ConfigurationError) as wrong:
            x.control.answer_doubt("call-1", "agree")
        assert told(wrong.value) == (
            "'agree' is no answer to a doubt",
            "key 'answer'",
            "agree",
            "did you mean 'agrees'?",
        )
        with pytest.raises(ConfigurationError) as wrong:
            x.control.answer_doubt("call-1", "agrees")
        what = "no such call is in progress on this line"
        assert told(wrong.value) == (what, "key 'call'", "call-1", "see call.started")
        with pytest.raises(ConfigurationError) as wrong:
            await x.control.place(PROSPECT, "prospectin")
        assert told(wrong.value)[1:] == ("key 'program'", "prospectin", "did you mean 'prospecting'?")
        await x.control.close()
        with pytest.raises(HostError) as closing:
            await x.control.place(PROSPECT, "prospecting")
        what = "the line is closing and takes no more calls"
        assert told(closing.value) == (what, x.line.uri, None, "call later")

    play(tmp_path, scene)


def test_what_is_in_progress_is_told_without_who_or_what(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        assert x.control.in_progress() == []
        x.line.incoming("a")
        await x.until("disclosure.completed")
        (call,) = x.control.in_progress()
        assert (call.program, call.direction, call.state) == ("hotline-quality", "inbound", "ACTIVE")
        assert call.lag_ms >= 0
        assert not call.agent
        assert "sip:" not in repr(call)
        await x.control.close()
        assert x.control.in_progress() == []

    play(tmp_path, scene)
