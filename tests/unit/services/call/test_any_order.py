"""Whatever happens on a call, in whatever order: nothing unheard is stored, and every call is reported."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Band, Comprehension, Label, Verdict
from ivr.domain.program.program import Captured
from ivr.domain.recording.state import REPORTABLE, RecordingState
from ivr.errors import ArchiveError
from ivr.services.call.leg import CallLeg
from ivr.services.ports.hearing import Speech
from tests.fakes.ear import FakeEar, objection
from tests.fakes.exchange import AGENT, CALLER, PROSPECT, Exchange, WitnessStore, numbers, play
from tests.fakes.line import answers, busy, declines

TALK_MS = 30_000
NO = Verdict(Label.NONE, Band.CLEAR, 0.9, denies=True)
UNITS = {
    "nothing": Verdict(Label.NONE, Band.CLEAR, 0.0),
    "objects": objection(),
    "refuses": objection(label=Label.REFUSAL_CONTACT),
    "doubts": objection(band=Band.DOUBT, score=0.5),
    "foreign": Verdict(Label.NONE, Band.CLEAR, 0.0, comprehension=Comprehension.FOREIGN),
    "denies": NO,
    "asks": Verdict(Label.QUESTION_RECORDING, Band.ACT, 0.9),
}
#: Gravest first.
ORDER = ("objects", "refuses", "foreign", "doubts", "asks", "denies", "nothing")


@dataclass(frozen=True)
class Utterance:
    """Said by a party from `start_ms` of its own media for `long_ms`; the meaning is what the ear understands."""

    start_ms: int
    long_ms: int
    meaning: str


def utterances() -> st.SearchStrategy[list[Utterance]]:
    one = st.builds(
        Utterance,
        st.integers(0, (TALK_MS - 4000) // 20).map(lambda n: n * 20),
        st.sampled_from([400, 1000, 3000]),
        st.sampled_from(sorted(UNITS)),
    )
    return st.lists(one, max_size=4).map(_apart)


def _apart(found: list[Utterance]) -> list[Utterance]:
    """Keep those that begin well after the last one ended, so that each is an utterance of its own."""
    kept: list[Utterance] = []
    for one in sorted(found, key=lambda u: u.start_ms):
        if not kept or one.start_ms >= kept[-1].start_ms + kept[-1].long_ms + 800:
            kept.append(one)
    return kept


sudden = st.lists(
    st.tuples(
        st.integers(0, TALK_MS),
        st.sampled_from(
            ["key 9", "key 1", "agent key 9", "hold", "unhold", "lose", "ear away", "ear back", "ear slow", "disk full",
             "archive away", "archive gone", "agent hangs up", "caller hangs up", "shutdown"]
        ),
    ),
    max_size=6,
)  # fmt: skip
#: Half of the calls have an archive that is gone for long: what an objection demands outlasts it.
outages = st.sampled_from([(), (), ((3000, "archive gone"),), ((9000, "archive gone"),)])
happenings = st.builds(lambda some, outage: sorted([*some, *outage]), sudden, outages)


@dataclass
class Story:
    """One call that may happen."""

    outbound: bool
    agent: str
    keep: bool
    caller: list[Utterance]
    agent_says: list[Utterance]
    happens: list[tuple[int, str]]


stories = st.builds(
    Story,
    st.booleans(),
    st.sampled_from(["none", "answers", "busy", "declines"]),
    st.booleans(),
    utterances(),
    utterances(),
    happenings,
)


async def happen(x: Exchange, what: str) -> None:
    call = x.call
    legs = x.line._legs
    a_leg, b_leg = call.a_leg.id, call.b_leg.id if call.b_leg is not None else ""
    match what.split(" "):
        case ["key", digit] if a_leg in legs:
            x.keyed = x.keyed or digit == "9"  # type: ignore[attr-defined]
            x.line.press(a_leg, digit)
        case ["agent", "key", digit] if b_leg in legs:
            x.keyed = True  # type: ignore[attr-defined]
            x.line.press(b_leg, digit)
        case ["hold"] if a_leg in legs:
            x.line.hold(a_leg)
        case ["unhold"] if a_leg in legs:
            x.line.hold(a_leg, held=False)
        case ["lose"] if a_leg in legs:
            x.line.lose(a_leg, 30)
        case ["ear", how]:
            x.ear.absent = how == "away"
            x.ear.delay_s = 2.0 if how == "slow" else 0.0
        case ["disk", _]:
            x.store.room = 0
        case ["archive", how]:
            # Gone is longer than a write that is not obligatory is tried.
            x.away_until = asyncio.get_running_loop().time() + (100 if how == "gone" else 5)  # type: ignore[attr-defined]
        case ["agent", "hangs", _] if b_leg in legs:
            x.line.peer_hangs_up(b_leg)
        case ["caller", "hangs", _] if a_leg in legs:
            x.line.peer_hangs_up(a_leg)
        case ["shutdown"]:
            x.shutting = asyncio.create_task(x.control.close())  # type: ignore[attr-defined]


def fragile(x: Exchange) -> None:
    """Let the archive go away and come back after a while."""
    x.away_until = 0.0  # type: ignore[attr-defined]
    x.keyed = False  # type: ignore[attr-defined]
    for owner, name in (
        (x.audit, "append"),
        (x.audit, "append_all"),
        (x.audit, "events"),
        (x.audit, "first_of"),
        (x.catalogue, "add"),
        (x.catalogue, "get"),
        (x.catalogue, "move"),
        (x.catalogue, "move_all"),
        (x.catalogue, "describe"),
        (x.catalogue, "destroy_keys"),
        (x.call_log, "add"),
        (x.do_not_call, "put"),
    ):
        real = getattr(owner, name)

        def maybe(*args: Any, real: Any = real, **kwargs: Any) -> Any:
            if asyncio.get_running_loop().time() < x.away_until:  # type: ignore[attr-defined]
                raise ArchiveError("the archive is away")
            return real(*args, **kwargs)

        setattr(owner, name, maybe)


async def tell(x: Exchange, story: Story) -> None:
    fragile(x)
    x.line.parties[PROSPECT] = answers(1)
    x.line.parties |= {"busy": {AGENT: busy()}, "declines": {AGENT: declines(1)}}.get(story.agent, {AGENT: answers(1)})
    x.ear.decide = lambda speech: _understood(speech, story)
    spans = [(one.start_ms, one.start_ms + one.long_ms) for one in story.caller]
    if story.outbound:
        await x.place(*spans, talk_ms=TALK_MS)
        await x.until("leg.confirmed")
    else:
        x.ring(*spans, talk_ms=TALK_MS)
        await x.until("call.started")
    call = x.call
    if story.agent != "none":
        x.agents = asyncio.create_task(_agent(x, story))  # type: ignore[attr-defined]
    begun = asyncio.get_running_loop().time()
    for at_ms, what in story.happens:
        await asyncio.sleep(max(0.0, begun + at_ms / 1000 - asyncio.get_running_loop().time()))
        await happen(x, what)
    await asyncio.sleep(max(0.0, begun + (TALK_MS + 5000) / 1000 - asyncio.get_running_loop().time()))
    if call.a_leg.id in x.line._legs:
        x.line.peer_hangs_up(call.a_leg.id)
    await x.control.drained()
    # Whoever looks at what is left does not find the archive away.
    x.away_until = 0.0  # type: ignore[attr-defined]


async def _agent(x: Exchange, story: Story) -> None:
    spans = [(one.start_ms, one.start_ms + one.long_ms) for one in story.agent_says]
    await x.agent_speaks(*spans, talk_ms=TALK_MS)


def _understood(speech: Speech, story: Story) -> Verdict | None:
    """What a piece means: the gravest utterance whose first words are in it, found by the numbers of its frames."""
    said = story.caller if speech.piece.channel is Channel.CALLER else story.agent_says
    pcm = speech.pcm
    heard = {(numbers(pcm[at : at + 320], 0, sides=1) or [-1])[0]: at // 320 for at in range(0, len(pcm), 320)}
    for one in sorted(said, key=lambda u: ORDER.index(u.meaning)):
        here = [heard[n] for n in range(one.start_ms // 20, (one.start_ms + one.long_ms) // 20) if n in heard]
        if len(here) >= 3:
            verdict = UNITS[one.meaning]
            onset = speech.piece.start_ms + here[0] * 20
            return verdict if verdict.band is Band.CLEAR else replace(verdict, onset_ms=onset)
    return None


def _objecting(said: list[Utterance], leg: CallLeg | None, *meanings: str, least_ms: int = 100) -> list[Utterance]:
    """Those utterances that object and of which enough was said to be heard before the leg was over."""
    if leg is None or leg.end is None or leg.answered_at is None:
        return []
    until_ms = (leg.end.at - leg.answered_at) * 1000
    return [one for one in said if one.meaning in meanings and one.start_ms + least_ms <= until_ms]


def _refused(x: Exchange, story: Story, *, contact: bool) -> bool:
    """Whether the caller objects, by what the ear has told and which digits were pressed; nothing of ours is asked.

    `contact`: whether further calls are refused with it.
    """
    said = {verdict.label for speech, verdict in x.ear.told if _by_caller(speech) and verdict.band is Band.ACT}
    objects = Label.OBJECTION_RECORDING in said or x.keyed  # type: ignore[attr-defined]
    refuses = Label.REFUSAL_CONTACT in said
    return refuses or (objects and story.outbound) if contact else objects or (refuses and story.outbound)


def _by_caller(speech: Speech) -> bool:
    return speech.piece.channel is Channel.CALLER


def judge(x: Exchange, story: Story) -> None:
    happened = {what for _, what in story.happens}
    assert x.line.free_legs == x.line.capacity
    unmet = bool(x.feed.of("objection.unmet"))
    # Only the end of the process makes us give up what an objection demands, and it is told.
    assert not unmet or (happened >= {"shutdown"} and happened & {"archive away", "archive gone"})
    if _refused(x, story, contact=False) and (story.outbound or not story.keep):
        assert x.store.files == {}
        assert x.store.partials == {}
        for known in x.catalogue.rows.values():
            assert unmet or known.state is RecordingState.DISCARDED
            assert unmet or known.tag.recording_id not in x.catalogue.keys
    if _refused(x, story, contact=True) and not unmet:
        uri = PROSPECT if story.outbound else CALLER
        assert x.do_not_call.bars(uri, scope="sales") is not None
    heard_out = not x.feed.of("hearing.deaf") and "lose" not in happened
    if story.outbound and heard_out and _objecting(story.caller, x.call.a_leg, "objects", "refuses", least_ms=400):
        # Said and never judged: where a refusal destroys, so does what may have been one.
        assert x.store.files == {}
    if x.feed.of("call.unreported"):
        # An archive that was gone for long, or for good: start-up finishes what could not be finished.
        assert happened & {"archive away", "archive gone"}
        return
    (row,) = x.call_log.rows
    assert RecordingState(row.recording_state) in REPORTABLE
    assert x.call.state.name == "REPORTED"
    for known in x.catalogue.rows.values():
        assert known.state in REPORTABLE
    told = [item for item in x.feed.of("disclosure.completed") if item["party"] == "caller"]
    assert told or not x.written
    if told:
        assert min(x.written, default=2000) >= 2000
    objections = x.of_audit("objection")
    onsets = [int(str(body["offset_ms"])) for body in objections]
    if onsets:
        assert not [at for at in x.written if at + 20 > min(onsets)], (onsets, x.written[-3:])
    if not any(what == "lose" for _, what in story.happens):
        # Heard in time or not, whoever objects is not stored from there on.
        for one in _objecting(story.caller, x.call.a_leg, "objects", "refuses" if story.outbound else ""):
            assert not [at for at in x.written if at >= one.start_ms], one
        for one in _objecting(story.caller, x.call.a_leg, "foreign"):
            assert not [at for at in x.written if one.start_ms <= at < one.start_ms + one.long_ms], one
            answered = x.feed.of("recording.agreed") or x.feed.of("doubt.dispelled")
            assert answered or not [at for at in x.written if at >= one.start_ms], one
        # What an agent says of an objection is put to the caller, who may say that there is none.
        dispelled = x.feed.of("doubt.dispelled")
        for one in [] if dispelled else _objecting(story.agent_says, x.call.b_leg, "objects"):
            assert not [at for at in x.written_of_agent if at >= one.start_ms], one
    if onsets and (story.outbound or not story.keep):
        assert row.recording_state in ("DISCARDED", "WITHHELD")
        assert x.store.files == {}
    if row.recording_state != "SEALED":
        assert not [k for k in x.catalogue.rows.values() if k.state is RecordingState.SEALED]
    assert x.audit.verify() == []


@seed(20261121)
@settings(max_examples=120, phases=[Phase.generate])
@given(stories)
def test_no_order_of_events_stores_what_was_not_heard_or_leaves_a_call_unreported(story: Story) -> None:
    async def scene(x: Exchange) -> None:
        await tell(x, story)
        judge(x, story)

    changes: dict[str, object] = {
        "agent_uri": "" if story.agent == "none" else AGENT,
        "captured": Captured.KEEP if story.keep else Captured.DISCARD,
        "doubt_timeout_s": 3.0,
    }
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder), scene, changes=changes, store=WitnessStore(), ear=FakeEar(), limit_s=2000)
