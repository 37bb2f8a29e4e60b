"""No ear, no recording: slow, overloaded or absent, it never lets a frame be stored unheard (promise 1)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.cleared_mark import HearingSettings
from ivr.domain.hearing.verdict import Label
from ivr.errors import SupersededError
from ivr.services.hearing.channel_listener import ListeningSettings
from tests.fakes.ear import FakeEar, objection
from tests.fakes.exchange import PROSPECT, Exchange, play
from tests.fakes.line import answers

SPEECH = (6000, 9000)


@pytest.mark.parametrize("ear", [FakeEar(absent=True), FakeEar(overloaded=True), FakeEar(delay_s=60.0)])
def test_speech_that_nobody_judged_is_never_stored_and_the_gap_says_so(tmp_path: Path, ear: FakeEar) -> None:
    async def scene(x: Exchange) -> None:
        x.ring(SPEECH)
        await x.media(40_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "SEALED"
        assert x.written
        assert max(x.written) < 6000
        (gap,) = x.recording.gaps
        assert gap["cause"] == "unheard"
        assert int(str(gap["start_ms"])) <= 6000
        assert gap["end_ms"] == 40_000
        assert x.feed.of("hearing.unheard")

    play(tmp_path, scene, ear=ear)


def test_an_ear_whose_code_fails_is_an_ear_that_did_not_hear(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        async def broken(speech: object) -> object:
            raise ValueError("secret words")

        x.ear.judge = broken  # type: ignore[method-assign, assignment]
        x.ring(SPEECH)
        await x.media(12_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert max(x.written) < 6000
        assert x.feed.of("hearing.unheard")[0]["why"] == "ValueError"

    play(tmp_path, scene)


def test_the_end_of_a_sentence_may_take_the_ear_longer_than_what_comes_before_it(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring(SPEECH)
        await x.media(20_000)
        assert {(speech.piece.final, speech.deadline_s) for speech in x.ear.asked} == {(False, 2.5), (True, 5.0)}
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene)


def test_when_the_ear_comes_back_in_time_nothing_is_lost(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.absent = True
        x.ring(SPEECH)
        await x.media(15_000)
        x.ear.absent = False
        await x.media(30_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"
        assert x.recording.gaps == []
        assert x.written == list(range(x.written[0], 30_000, 20))

    play(tmp_path, scene)


def test_when_the_ear_comes_back_later_the_recording_goes_on_behind_a_gap(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.absent = True
        x.ring(SPEECH)
        await x.media(70_000)
        x.ear.absent = False
        await x.media(85_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"
        (gap,) = x.recording.gaps
        assert gap["cause"] == "unheard"
        assert {2500, 75_000, 84_980} <= set(x.written)
        assert not [at for at in x.written if 6000 <= at < 9000]

    play(tmp_path, scene, options={"quiet_timeout_s": 600.0})


def test_a_late_objection_still_finds_everything_since_its_onset_unwritten(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.delay_s = 2.4
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection())
        x.ring((8000, 9000), (9500, 20_000))
        await x.until("objection")
        await x.media(25_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert max(x.written) < 8000

    play(tmp_path, scene)


def test_an_ear_that_is_away_too_long_ends_the_capture_and_not_the_call(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.absent = True
        x.ring((6000, 100_000), (150_000, 152_000), talk_ms=200_000)
        await x.until("hearing.deaf")
        await x.media(140_000)
        x.ear.absent = False
        await x.media(180_000)
        assert len(x.feed.of("hearing.deaf")) == 1
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "SEALED"
        assert max(x.written) < 6000
        assert {"start_ms": x.of_audit("hearing.deaf")[0]["mark_ms"], "end_ms": 180_000, "cause": "deaf"} in list(
            x.recording.gaps
        )

    play(tmp_path, scene)


def test_after_deafness_an_objection_is_heard_again_and_destroys_what_was_kept(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.absent = True
        x.ring((6000, 100_000), (150_000, 152_000), talk_ms=200_000)
        x.ear.when_said(Channel.CALLER, 150_000, 151_000, objection())
        await x.media(140_000)
        x.ear.absent = False
        await x.until("objection")
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "DISCARDED"

    play(tmp_path, scene)


def test_audio_that_waits_for_a_deaf_ear_stays_bounded_in_memory(tmp_path: Path) -> None:
    hearing = HearingSettings(backlog_ms=20_000)

    async def scene(x: Exchange) -> None:
        x.ear.absent = True
        x.ring((3000, 290_000), talk_ms=300_000)
        longest = 0
        for at_ms in range(10_000, 300_000, 5000):
            await x.media(at_ms)
            listener = x.call.hearing.get(Channel.CALLER)
            assert listener is not None
            longest = max(longest, len(listener._audio))
            assert x.call.hearing.mark_ms <= 3000
        assert longest <= 22_000 * 16
        x.line.peer_hangs_up("a")
        await x.over()
        assert not [at for at in x.written if at >= 3000]

    play(tmp_path, scene, options={"listening": ListeningSettings(hearing=hearing)})


def test_a_refusal_in_the_last_words_is_heard_though_the_ear_is_busy_for_long(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection(label=Label.REFUSAL_CONTACT))
        call = await x.place((8000, 9000))
        await x.media(8500)
        x.ear.overloaded = True
        await x.media(9000)
        x.line.peer_hangs_up(call.a_leg.id)
        await asyncio.sleep(60)
        x.ear.overloaded = False
        assert (await x.over()).recording_state == "DISCARDED"
        assert x.do_not_call.bars(PROSPECT, scope="sales") is not None
        assert x.audit.kinds().count("hearing.unsettled") == 0

    play(tmp_path, scene)


def test_last_words_that_are_never_judged_destroy_a_prospects_recording_and_bar_nobody(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        call = await x.place((8000, 9000))
        await x.media(8000)
        x.ear.overloaded = True
        await x.media(9000)
        x.line.peer_hangs_up(call.a_leg.id)
        assert (await x.over()).recording_state == "DISCARDED"
        assert x.store.files == {}
        assert x.do_not_call.bars(PROSPECT, scope="sales") is None
        assert x.audit.kinds().count("hearing.unsettled") == 1
        assert x.of_audit("objection") == []

    play(tmp_path, scene)


def test_last_words_that_are_never_judged_end_a_members_recording_short_of_the_mark(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((8000, 9000))
        await x.media(8000)
        x.ear.overloaded = True
        await x.media(9000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"
        (body,) = x.of_audit("hearing.unsettled")
        # What is unjudged may hold a number whose mask reaches back before it.
        assert x.written[-1] + 20 <= int(str(body["mark_ms"])) - x.deps.release.lookback_ms
        assert {gap["cause"] for gap in x.recording.gaps} == {"unheard"}

    play(tmp_path, scene)


def test_the_end_of_the_process_does_not_wait_for_last_words_for_minutes(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((8000, 9000))
        await x.media(8000)
        x.ear.overloaded = True
        await x.media(9000)
        x.line.peer_hangs_up("a")
        await asyncio.sleep(1)
        before = asyncio.get_running_loop().time()
        await x.control.close()
        assert asyncio.get_running_loop().time() - before < 10
        assert x.call_log.rows[0].recording_state == "SEALED"

    play(tmp_path, scene)


def test_a_piece_that_a_newer_one_replaced_is_no_failure(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.decide = lambda speech: None if speech.piece.final else SupersededError("a newer piece replaced it")
        x.ring((4000, 8000))
        await x.media(15_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"
        assert len(x.ear.asked) > 2
        assert x.feed.of("hearing.unheard") == []
        (final,) = x.feed.of("hearing.judged")
        # No pause either: the whole utterance is asked about as soon as it has ended.
        assert float(str(final["published_at"])) - x.time_of("leg.confirmed") < 8.0 + 0.8
        assert set(range(4000, 8000, 20)) <= set(x.written)

    play(tmp_path, scene)
