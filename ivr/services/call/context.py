"""A call in progress: who is on it, what they agreed to, what is being captured, and how policy couples the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ivr.domain.audio.channel import Channel
from ivr.domain.call.party import Direction, PartyRole
from ivr.domain.call.state import CALL, CallEvent, CallState
from ivr.domain.consent.bar import KnownBy
from ivr.domain.consent.policy import (
    CaptureFacts,
    Decision,
    PartyFacts,
    decide_capture,
    decide_objection,
    sampled,
)
from ivr.domain.consent.state import CONSENT, Basis, ConsentEvent, ConsentRecord, ConsentState
from ivr.domain.evidence.events.base import Event
from ivr.domain.evidence.events.call import DisclosurePlayed
from ivr.domain.hearing.verdict import Label
from ivr.domain.identity.check import Expected
from ivr.domain.program.program import Program, Prompt
from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.domain.retention.decision import deadline as deadline_of
from ivr.services.call.agent_label import agent_label
from ivr.services.call.answer_buffer import AnswerBuffer
from ivr.services.call.consents import Consents
from ivr.services.call.dependencies import Dependencies
from ivr.services.call.leg import CallLeg
from ivr.services.call.leg_records import LegRecords
from ivr.services.call.prompt_memory import PromptMemory
from ivr.services.call.write_queue import Write, WriteQueue
from ivr.services.hearing.channel_listener import CallHearing
from ivr.services.ports.evidence import PersonTag
from ivr.services.ports.hearing import ListenContext
from ivr.services.ports.telephony import PromptEnded
from ivr.services.ports.vault import RecordingTag
from ivr.services.recording.capture import Capture, Closing
from ivr.services.recording.dtmf_watch import DtmfWatch

CHANNEL_OF = {PartyRole.CALLER: Channel.CALLER, PartyRole.AGENT: Channel.AGENT}
ROLE_OF = {channel: role for role, channel in CHANNEL_OF.items()}


class LiveCall:
    """State of one call, shared by all that act on it."""

    def __init__(
        self,
        deps: Dependencies,
        program: Program,
        *,
        call_id: str,
        direction: Direction,
        party_uri: str,
        a_leg: CallLeg,
        started_at: datetime,
        asserted: bool = False,
    ) -> None:
        self.deps = deps
        self.program = program
        self.id = call_id
        self.direction = direction
        self.party_uri = party_uri
        #: A network that we believe vouches for the calling number.
        self.number_asserted = asserted
        self.a_leg = a_leg
        self.b_leg: CallLeg | None = None
        self.started_at = started_at
        self.answered_at: datetime | None = None
        self.legs = LegRecords()
        self.legs.began(a_leg.id, a_leg.role, direction, party_uri, started_at)
        self.queue_wait_ms: int | None = None
        self._queued_at: float | None = None
        self.state = CallState.NEW
        self.consents = Consents()
        self.hearing = CallHearing()
        self.answers = AnswerBuffer()
        self.writes = WriteQueue(call_id, deps.feed)
        self.capture = Capture(
            call_id=call_id,
            vault=deps.vault,
            executor=deps.executor,
            feed=deps.feed,
            release=deps.release,
            cleared=self.hearing.cleared,
            dtmf=DtmfWatch(deps.new_tone_detector),
            new_tag=self._new_tag,
            deadline=deadline_of(program.retention, started_at, deps.retention, deps.profile),
        )
        #: The caller was identified as a member on whose file the calling number stands.
        self.number_identified = False
        #: The members one of whom the caller was identified as, as the catalogue bears them.
        self.members: tuple[PersonTag, ...] = ()
        #: The caller said something that was not understood, and has not agreed to the recording since.
        self.unclear = False
        self.bridged = False
        #: With an agent to come, or on the way through a menu, what is said is no conversation to be recorded.
        self.waiting_for_agent = bool(program.agent_uri or program.queue or program.menu)
        #: What the caller says may choose: the ear is asked for its words.
        self.choosing = False
        self.media_ms = 0
        self.disclosed_at_ms: int | None = None
        self.last_prompt_end_ms = 0
        prompts = program.prompts
        questions = frozenset({prompts.doubt, prompts.doubt_contact, prompts.not_understood} - {""})
        self.prompts_heard = PromptMemory(a_leg.prompt_queue, questions)
        #: Under which id an agent is called: its slot on the line is reserved from the start.
        self.agent_leg_id = ""
        #: What the agent is called wherever people read of them.
        self.agent = agent_label(program.agent_uri) if program.agent_uri else ""
        self.ended_by = ""
        self.objecting = frozenset(
            label for label in Label if decide_objection(program, label, deps.profile, at=started_at).effect is not None
        )
        #: Labels so near to an objection, and so rare here otherwise, that a clear one is a reason to ask.
        self.doubted = frozenset({Label.REFUSAL_CONTACT}) - self.objecting
        self._decision: Decision | None = None
        self._informed_from_ms = 0
        self._names: list[str] = []
        self._redactor = REDACTOR
        self.sampled = sampled(call_id, program.sampling_rate)

    # ---- evidence and events

    def prompt(self, prompt_id: str) -> Prompt:
        return self.deps.prompts[prompt_id].with_key(self.program.objection_key)

    def publish(self, kind: str, **fields: object) -> None:
        self.deps.feed.publish(kind, call_id=self.id, **fields)

    def audit(self, event: Event) -> None:
        """Append to the evidence, after what was asked before."""
        self.writes.add(event.kind, self.evidence_write(event))

    def redact_names_of(self, members: Sequence[Expected]) -> None:
        """Keep the names of whoever is on file for this call from what it leaves in the evidence.

        Names of this call only, so that what its evidence says depends on nothing else.
        """
        self._names += [f"{member.first_name} {last}".strip() for member in members for last in member.last_names]
        self._redactor = Redactor(self._names)

    def evidence_write(self, event: Event) -> Write:
        """Return the write that appends this to the evidence.

        The event names the recording that is open when its turn comes: what was asked before may have opened it.
        """

        async def write() -> None:
            recording_id = self.capture.recording_id
            redacted = event.redacted(self._redactor.value)
            await self.deps.executor.run(
                lambda: self.deps.audit.append(redacted, call_id=self.id, recording_id=recording_id)
            )

        return write

    def end_by(self, who: str) -> None:
        """Note who ends the call, or why; only the first counts."""
        self.ended_by = self.ended_by or who

    @property
    def party_known_by(self) -> KnownBy:
        """How we know whose number this call's party has: what an inbound call names proves nothing by itself."""
        if self.direction is Direction.OUTBOUND:
            return KnownBy.DIALLED
        if self.number_identified:
            return KnownBy.IDENTIFIED
        return KnownBy.ASSERTED if self.number_asserted else KnownBy.CLAIMED

    def move(self, event: CallEvent) -> None:
        self.state = CALL.after(self.state, event, where=f"call {self.id}")
        self.publish("call.state", state=self.state.name)

    # ---- waiting for an agent

    def queue(self) -> None:
        """The caller begins to wait for an agent, or goes on to."""
        if self._queued_at is None:
            self._queued_at = self.deps.clock.monotonic()

    def leave_queue(self) -> None:
        """The caller waits no longer: an agent is there, or none will be. Asked for again it changes nothing."""
        if self._queued_at is not None:
            waited_s = self.deps.clock.monotonic() - self._queued_at
            self.queue_wait_ms = (self.queue_wait_ms or 0) + round(waited_s * 1000)
            self._queued_at = None

    # ---- what a party has heard

    def consent_record(self, basis: Basis, offset_ms: int, confidence: float) -> ConsentRecord:
        """Return why a consent moves at `offset_ms` of the call's media; `confidence` is 0…1. No word stands in it."""
        prompt = self.a_leg.prompt_queue.last_prompt
        return ConsentRecord(
            basis,
            offset_ms,
            confidence,
            prompt.id if prompt else "",
            prompt.version if prompt else "",
        )

    def disclosed(self, role: PartyRole, prompt: Prompt, ended: PromptEnded) -> None:
        """A party has heard its disclosure to the end: note it, and let policy decide again.

        A party that has refused meanwhile stays refused.
        """
        # Frames of before the end may still lie in the line's queue: they are not to be taken.
        self._informed_from_ms = max(self._informed_from_ms, self.a_leg.media_ms_at(ended.at))
        if CONSENT.allows(self.consents.state(role), ConsentEvent.NOTIFY):
            record = ConsentRecord(Basis.IMPLIED, self.media_ms, 1.0, prompt.id, prompt.version)
            self.consents.move(role, ConsentEvent.NOTIFY, record)
        if role is PartyRole.CALLER:
            self.disclosed_at_ms = self.media_ms
        self.note_played(role, prompt, ended)
        self.publish("disclosure.completed", party=role.value, prompt=prompt.id, heard_ms=ended.heard_ms)
        self.reconsider()

    def note_played(self, role: PartyRole, prompt: Prompt, ended: PromptEnded) -> None:
        """Note in the evidence how much of a disclosure a party has heard (REC-001)."""
        self.audit(
            DisclosurePlayed(
                party=role.value,
                prompt_id=prompt.id,
                prompt_version=prompt.version,
                prompt_sha256=self.deps.prompt_sha256(prompt),
                heard_ms=ended.heard_ms,
                completed=ended.completed,
            )
        )

    def prompt_ended(self, prompt: Prompt, ended: PromptEnded) -> None:
        """The caller has heard a prompt, to its end or not."""
        self.last_prompt_end_ms = self.media_ms
        self.prompts_heard.ended(prompt, self.a_leg.media_ms_at(ended.at), completed=ended.completed)

    def listen_context(self, channel: Channel, start_ms: int) -> ListenContext:
        """What the ear must know to judge what is said on a channel from `start_ms` on.

        Our prompts are for the caller: what the agent says answers none of them.
        """
        program = self.program
        if channel is Channel.AGENT:
            guard = self.direction if program.guard.agent_channel else None
            return ListenContext(program=program.name, thresholds=program.thresholds, guard=guard)
        return ListenContext(
            program=program.name,
            last_prompt=self.prompts_heard.last_text(start_ms, self.media_ms),
            after_disclosure=self.after_disclosure,
            thresholds=program.thresholds_after_disclosure if self.after_disclosure else program.thresholds,
            want_text=self.answers.open or self.choosing,
        )

    @property
    def after_disclosure(self) -> bool:
        at_ms = self.disclosed_at_ms
        return at_ms is None or self.media_ms - at_ms < self.program.after_disclosure_s * 1000

    # ---- coupling of consent and capture

    def reconsider(self) -> None:
        """Let policy decide whether to capture now; called whenever a party joins, leaves or changes consent."""
        decision = decide_capture(self._facts(), self.deps.profile)
        if decision != self._decision:
            self._decision = decision
            self.publish("policy.capture", verdict=decision.permission.name, rules=list(decision.reasons))
        if step := self.capture.follow(decision, max(self.media_ms, self._informed_from_ms)):
            self.writes.add(*step)

    def _facts(self) -> CaptureFacts:
        caller = PartyFacts(PartyRole.CALLER, self.consents.state(PartyRole.CALLER), bridged=True)
        parties = [caller]
        if self.bridged:
            parties.append(PartyFacts(PartyRole.AGENT, self.consents.state(PartyRole.AGENT), bridged=True))
        return CaptureFacts(
            program=self.program,
            parties=tuple(parties),
            on_hold=self.a_leg.held or self.waiting_for_agent or bool(self.b_leg and self.b_leg.held),
            sampled=self.sampled,
            deaf=self.hearing.deaf,
            unclear=self.unclear,
            call_started_at=self.started_at,
        )

    @property
    def in_doubt(self) -> bool:
        return self.consents.state(PartyRole.CALLER) is ConsentState.DOUBT

    def finish_recording(self, reason: str) -> None:
        """Seal what was captured, or destroy what may not be kept, after all that was asked for before."""
        obligatory = self.capture.doomed
        self.writes.add("seal recording", lambda: self.capture.keep(self._closing(reason)), obligatory=obligatory)

    def _closing(self, reason: str) -> Closing:
        """What is written beside the recording when it is closed now."""
        return Closing(
            consent=self.consents.as_body(),
            masks=tuple(replace(mask, end_ms=min(mask.end_ms, self.media_ms)) for mask in self.hearing.masks),
            reason=reason,
            until_ms=self.media_ms,
        )

    def _new_tag(self) -> RecordingTag:
        decision = self._decision
        rules = dict.fromkeys((*self.program.rule_ids, *(decision.reasons if decision else ())))
        return RecordingTag(
            recording_id=self.deps.new_id(),
            call_id=self.id,
            program=self.program.name,
            activities=self.program.activities,
            policy_id=self.deps.profile.id,
            policy_version=self.deps.profile.version,
            rule_ids=tuple(rules),
            retention=self.program.retention,
            codec=self.deps.codec,
            channels=("caller", "heard_by_caller"),
            rate_hz=8000,
            opened_at=self.deps.clock.now(),
            node_id=self.deps.node_id,
        )
