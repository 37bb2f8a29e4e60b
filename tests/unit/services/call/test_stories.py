"""Four calls from ring to report: all that watchers are told, and all that stands in the evidence, line by line.

What was said stands in none of it; whoever changes a line here changes what a live feed or an auditor reads.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import AskSpan, Band, Label, SensitiveSpan, Verdict
from ivr.domain.program.program import AgentGuard, OnAsk
from tests.fakes.ear import objection
from tests.fakes.exchange import AGENT, PROSPECT, Exchange, play, shipped
from tests.fakes.line import answers

VECTORS = Path(__file__).parents[3] / "vectors" / "stories"
#: Different each time, or long, or of no interest here.
LEFT_OUT = {"acted_at", "sha256", "prompt_sha256", "entry", "destroyed_at", "rule_ids"}


async def doubt_that_is_dispelled(x: Exchange) -> None:
    """A member is perhaps objecting, is asked, and says no."""
    x.ear.when_said(Channel.CALLER, 8000, 8800, objection(band=Band.DOUBT, score=0.5123))
    x.ear.when_said(Channel.CALLER, 13_000, 13_400, Verdict(Label.NONE, Band.CLEAR, 0.9, denies=True))
    x.ring((8000, 9500), (13_000, 13_600))
    await x.media(25_000)
    x.line.peer_hangs_up("a")


async def refusal_before_an_agent(x: Exchange) -> None:
    """A prospect refuses while an agent is on the call."""
    x.line.parties |= {PROSPECT: answers(1), AGENT: answers(1)}
    x.ear.when_said(Channel.CALLER, 9000, 9800, objection())
    await x.place((9000, 10_500))


async def agent_who_asks(x: Exchange) -> None:
    """An agent asks for a number, and the member tells it."""
    x.line.parties[AGENT] = answers(1)
    asked = Verdict(Label.NONE, Band.CLEAR, 0.0, asks=(AskSpan("ASK-001", ("bank",), 6000, 7000),))
    told = Verdict(Label.NONE, Band.CLEAR, 0.0, sensitive=(SensitiveSpan("iban", 11_000, 14_000),))
    x.ear.when_said(Channel.AGENT, 6000, 7000, asked)
    x.ear.when_said(Channel.CALLER, 11_000, 14_000, told)
    x.ring((11_000, 14_500))
    await x.agent_speaks((3000, 4500))
    await x.media(20_000)
    x.line.hold("a")
    await x.media(22_000)
    x.line.hold("a", held=False)
    await x.media(30_000)
    x.line.peer_hangs_up("a")


async def ear_that_goes_away(x: Exchange) -> None:
    """The line loses frames, the ear is away for the last words, and a silent line is ended with a goodbye."""
    x.ring((4000, 5000), (12_000, 13_000))
    await x.media(10_000)
    x.line.lose("a", 10)
    await x.media(11_000)
    x.ear.absent = True
    x.line.press("a", "4")


Story = Callable[[Exchange], Coroutine[Any, Any, None]]
STORIES: dict[Story, dict[str, object]] = {
    doubt_that_is_dispelled: {},
    refusal_before_an_agent: {"agent_uri": AGENT},
    agent_who_asks: {"agent_uri": AGENT, "guard": AgentGuard(agent_channel=True, on_ask=OnAsk.MUTE, answer_s=2.0)},
    ear_that_goes_away: {},
}


def lines(x: Exchange) -> list[str]:
    version = shipped().profile.version

    def said(fields: Mapping[str, object], *but: str) -> str:
        told = {key: value for key, value in fields.items() if key not in (*LEFT_OUT, *but)}
        if told.get("policy_version") == version:
            # Whoever changes the profile raises its version, and no story changes by that.
            told["policy_version"] = "that of the profile"
        return json.dumps(told, default=str, sort_keys=True)

    told = [
        (f"{one['kind']} {said(one, 'kind', 'call_id', 'published_at')}", float(str(one["published_at"])))
        for one in x.feed.events
    ]
    events = []
    # What is told again and again, word for word, stands here once.
    for text, same in itertools.groupby(told, key=lambda one: one[0]):
        times = [at for _, at in same]
        events.append(f"{times[0]:.1f} s {text}{f' × {len(times)}' if len(times) > 1 else ''}")
    evidence = [f"evidence {event.kind} {event.recording_id} {said(event.body)}" for event in x.audit.chain]
    row = x.recording
    beside = {"gaps": row.gaps, "masks": row.masks, "consent": row.consent, "deadline": row.deadline}
    return [*events, *evidence, f"recording {row.state.value} {row.reason} {said(beside)}"]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_call_tells_and_leaves_exactly_this(story: Story, tmp_path: Path) -> None:
    found: list[str] = []

    async def scene(x: Exchange) -> None:
        await story(x)
        await x.over()
        found.extend(lines(x))

    play(tmp_path, scene, changes=STORIES[story])
    assert found == (VECTORS / f"{story.__name__}.txt").read_text("utf-8").splitlines()
