"""What an objection demands of the vault and the register."""

from __future__ import annotations

from pathlib import Path

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Label
from ivr.errors import ComplianceError
from ivr.services.ports.spool import Duty
from tests.fakes.ear import objection
from tests.fakes.exchange import AGENT, CALLER, PROSPECT, Exchange, frames, play
from tests.fakes.line import answers


def test_a_refusal_of_contact_that_is_said_twice_bars_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        for at_ms in (8000, 14_000):
            x.ear.when_said(Channel.CALLER, at_ms, at_ms + 800, objection(label=Label.REFUSAL_CONTACT))
        x.ear.when_said(Channel.CALLER, 20_000, 20_800, objection())
        x.ring((8000, 9500), (14_000, 15_500), (20_000, 21_500))
        await x.media(26_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.do_not_call.bars(CALLER, scope="sales") is not None
        assert len(x.of_audit("do_not_call.added")) == 1
        assert len(x.feed.of("do_not_call.added")) == 1
        assert [item.duty for item in x.spool.every].count(Duty.BAR) == 1

    play(tmp_path, scene)


def test_a_number_that_a_believed_network_vouches_for_is_barred_as_verified(tmp_path: Path) -> None:
    """Whatever From says: it is the asserted number that is the caller's."""
    asserted = "sip:+33123456780@carrier.invalid"

    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection(label=Label.REFUSAL_CONTACT))
        x.line.incoming("a", from_uri=CALLER, asserted_uri=asserted)
        x.line.speak("a", frames(120_000, [(8000, 9500)]))
        await x.media(16_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.party == asserted
        assert x.do_not_call.bars(asserted, scope="sales") is not None
        assert x.do_not_call.bars(CALLER, scope="sales") is None
        (event,) = x.of_audit("do_not_call.added")
        assert event["known_by"] == "asserted"

    play(tmp_path, scene)


def test_whoever_withholds_every_address_is_noted_as_nobody_and_the_rest_is_done(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        def no_address(uri: str, *, scope: str) -> str:
            raise ComplianceError("nobody can be barred by it")

        x.line.parties[PROSPECT] = answers()
        call = await x.place()
        x.do_not_call.entry_of = no_address  # type: ignore[method-assign]
        await x.until("recording.state", state="CAPTURING")
        x.line.press(call.a_leg.id, "9")
        assert (await x.over()).recording_state == "DISCARDED"
        assert [noted["scope"] for noted in x.of_audit("do_not_call.nobody")] == ["sales"]
        assert x.do_not_call.held == {}

    play(tmp_path, scene)
