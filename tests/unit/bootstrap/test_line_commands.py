"""What the node asks of a line: each command is answered by its `ref` once it holds, or refused."""

from __future__ import annotations

from pathlib import Path

from ivr.bootstrap.line_process import obey
from ivr.errors import EXIT_USAGE
from tests.fakes.exchange import AGENT, Exchange, play
from tests.fakes.line import answers


def test_an_agent_is_answered_for_once_the_next_call_reaches_it(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers()
        await obey({"do": "agent", "program": "hotline-quality", "uri": AGENT, "ref": "7"}, x.control, x.feed)
        assert [one["ref"] for one in x.feed.of("agent.set")] == ["7"]
        x.line.incoming("a")
        await x.until("agent.bridged")

    play(tmp_path, scene)


def test_what_cannot_be_done_is_refused_and_the_line_goes_on(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await obey({"do": "agent", "program": "hotline-qualiti", "uri": AGENT, "ref": "8"}, x.control, x.feed)
        await obey({"do": "place", "program": "nobody", "uri": AGENT, "ref": "9"}, x.control, x.feed)
        refused = x.feed.of("command.refused")
        assert [(one["ref"], one["exit_code"]) for one in refused] == [("8", EXIT_USAGE), ("9", EXIT_USAGE)]
        assert "hotline-quality" in str(refused[0]["remedy"])

    play(tmp_path, scene)


def test_a_doubt_that_no_agent_was_offered_is_answered_by_nobody(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.incoming("a")
        await x.until("call.started")
        for ref, call_id, answer in (("1", "nobody", "take"), ("2", x.call.id, "perhaps"), ("3", x.call.id, "agrees")):
            await obey({"do": "doubt", "call": call_id, "answer": answer, "ref": ref}, x.control, x.feed)
        refused = {one["ref"]: one["what"] for one in x.feed.of("command.refused")}
        assert refused == {
            "1": "no such call is in progress on this line",
            "2": "'perhaps' is no answer to a doubt",
            "3": "nothing is offered to the agent of this call",
        }
        assert x.feed.of("doubt.answered") == []

    play(tmp_path, scene)
