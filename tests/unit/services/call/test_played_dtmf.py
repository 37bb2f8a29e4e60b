"""DTMF of telephones that were agreed no telephone-event with: tones act like other DTMF, once, and leave no trace."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import numpy as np
import pytest

from ivr.domain.call.dtmf_presses import Way
from tests.dtmf_sounds import frames, key, typed
from tests.fakes.exchange import AGENT, Exchange, play
from tests.fakes.line import answers
from tests.unit.services.call.test_dtmf_in_a_call import every_word, no_trace, said, stored

_NOISE = 60


def test_digit_nine_as_a_tone_alone_is_an_objection(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.telephone_event = False
        x.line.incoming("a")
        x.line.speak("a", frames(said((20_000, key("9", 120)))))
        objection = await x.until("objection")
        assert (objection["basis"], objection["label"]) == ("DTMF", "objection_recording")
        onset_ms = objection["onset_ms"]
        assert isinstance(onset_ms, int)
        assert 20_000 <= onset_ms <= 20_300
        await x.media(24_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "DISCARDED"
        left, _ = stored(x)
        assert 0 < left.size < 20_300 * 8
        assert np.abs(left).max() <= _NOISE

    play(tmp_path, scene)


def test_a_prospect_who_plays_nine_is_let_go_and_never_called_again(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.telephone_event = False
        uri = "sip:+33100000009@carrier.invalid"
        x.line.parties[uri] = answers()
        call = await x.control.place(uri, "prospecting")
        x.line.speak(call.a_leg.id, frames(said((12_000, key("9", 90)))))
        await x.until("objection")
        row = await x.over()
        assert row.recording_state in ("DISCARDED", "WITHHELD")
        assert x.do_not_call.entries

    play(tmp_path, scene)


def test_a_tone_is_not_read_where_telephone_events_were_agreed(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.incoming("a")
        x.line.speak("a", frames(said((10_000, key("9", 400)))))
        await x.media(14_000)
        assert not x.feed.of("dtmf.pressed")
        x.line.agree_keys("a", telephone_event=False)
        x.line.speak("a", frames(said((1000, key("9", 400)))))
        await x.until("objection")
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene)


@pytest.mark.parametrize("late_ms", [-100, 250, 1500])
def test_a_press_that_comes_by_info_and_as_a_tone_counts_once(tmp_path: Path, late_ms: int) -> None:
    async def scene(x: Exchange) -> None:
        x.line.telephone_event = False
        x.line.incoming("a")
        x.line.speak("a", frames(said((10_000, key("5", 200)), (10_500, key("5", 200)))))
        for begin_ms in (10_000, 10_500):
            await x.media(begin_ms + late_ms)
            x.line.press("a", "5", Way.INFO)
        await x.media(14_000)
        assert len(x.feed.of("dtmf.pressed")) == 2
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene)


def test_a_press_by_event_and_by_info_counts_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.incoming("a")
        for number in range(2):
            await x.media(10_000 + 500 * number)
            x.line.press("a", "9", Way.EVENT)
            await asyncio.sleep(0.2)
            x.line.press("a", "9", Way.INFO)
        await x.media(12_000)
        assert len(x.feed.of("dtmf.pressed")) == 2
        assert len(x.feed.of("objection")) == 1
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene)


def test_the_agents_button_may_be_a_tone_too(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.telephone_event = False
        x.line.parties[AGENT] = answers()
        x.line.incoming("a")
        x.line.speak("a", frames(said()))
        await x.until("agent.calling")
        leg = x.call.b_leg
        assert leg is not None
        x.line.speak(leg.id, frames(said((9000, key("9", 150)), seed=6)))
        objection = await x.until("objection")
        assert objection["basis"] == "AGENT"
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene, changes={"agent_uri": AGENT, "listen_to_agent": True})


def test_a_number_that_is_played_leaves_no_trace(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    card = "4970101234567893"

    async def scene(x: Exchange) -> None:
        x.line.telephone_event = False
        x.line.incoming("a")
        x.line.speak("a", frames(said((12_000, typed(card, ms=90, pause_ms=90)))))
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        await x.over()
        left, _ = stored(x)
        assert left.size > 15_000 * 8
        assert np.abs(left).max() <= _NOISE
        assert len(x.feed.of("dtmf.pressed")) == len(card)
        no_trace(card, every_word(x, caplog))

    play(tmp_path, scene, changes={"objection_key": "*"})
