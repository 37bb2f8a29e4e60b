"""A call in progress: who is on it, what they agreed to, what is being captured, and how policy couples the two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ivr.domain.call import CALL, CallEvent, CallState, Direction, PartyRole
from ivr.domain.consent import CONSENT, Basis, ConsentEvent, ConsentState, Evidence
from ivr.domain.hearing import Channel
from ivr.domain.policy import CaptureFacts, Decision, PartyFacts, Verdict, decide_capture, decide_objection, sampled
from ivr.domain.program import Program, Prompt
from ivr.domain.retention import deadline as deadline_of
from ivr.domain.verdict import Label
from ivr.services.acts import Acts
from ivr.services.call_leg import CallLeg
from ivr.services.capture import Capture, Closing
from ivr.services.consents import Consents
from ivr.services.dependencies import Dependencies
from ivr.services.listening import CallHearing
from ivr.services.ports import ListenContext, PromptEnded, RecordingTag

CHANNEL_OF = {PartyRole.CALLER: Channel.CALLER, PartyRole.AGENT: Channel.AGENT}
ROLE_OF = {channel: role for role, channel in CHANNEL_OF.items()}

#: How long a prompt still colours the meaning of a bare "oui" or "non" after its end, in milliseconds.
_PROMPT_MEMORY_MS = 12_000


class LiveCall:
    """State of one call, shared by its script, its media pump and its objections."""

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
    ) -> None:
        self.deps = deps
        self.program = program
        self.id = call_id
        self.direction = direction
        self.party_uri = party_uri
        self.a_leg = a_leg
        self.b_leg: CallLeg | None = None
        self.started_at = started_at
        self.answered_at: datetime | None = None
        self.state = CallState.NEW
        self.consents = Consents()
        self.hearing = CallHearing()
        self.acts = Acts(call_id, deps.feed)
        self._deadline = deadline_of(
            program.retention, recorded_at=started_at, events={}, table=deps.retention, profile=deps.profile
        ).deadline
        self.capture = Capture(
            call_id=call_id,
            vault=deps.vault,
            desk=deps.desk,
            feed=deps.feed,
            tape=deps.tape,
            new_tag=self._new_tag,
            deadline=self._deadline,
        )
        self.bridged = False
        self.waiting_for_agent = False
        self.media_ms = 0
        self.disclosed_at_ms: int | None = None
        self.last_prompt_end_ms = 0
        self.ended_by = ""
        self.objecting = frozenset(
            label for label in Label if decide_objection(program, label, deps.profile, at=started_at).effect is not None
        )
        self._decision: Decision | None = None
        self._told_until_ms = 0
        self.sampled = sampled(call_id, program.sampling_rate)

    # ---- evidence and news

    def prompt(self, prompt_id: str) -> Prompt:
        return self.deps.prompts[prompt_id]

    def publish(self, kind: str, **fields: object) -> None:
        self.deps.feed.publish(kind, call_id=self.id, **fields)

    def audit(self, kind: str, body: Mapping[str, object]) -> None:
        """Append to the evidence, after what was asked before.

        The event names the recording that is open when its turn comes: what was asked before may have opened it.
        """

        async def act() -> None:
            recording_id = self.capture.recording_id or ""
            await self.deps.desk.run(
                lambda: self.deps.audit.append(kind, call_id=self.id, recording_id=recording_id, body=body)
            )

        self.acts.add(kind, act)

    def fault(self, error: BaseException) -> None:
        """Tell that our own code failed; its text may hold anything, its kind does not."""
        self.publish("call.fault", what=type(error).__name__)

    def move(self, event: CallEvent) -> None:
        self.state = CALL.after(self.state, event, where=f"call {self.id}")
        self.publish("call.state", state=self.state.name)

    # ---- what a party has been told

    def evidence(self, basis: Basis, offset_ms: int, confidence: float) -> Evidence:
        prompt = self.a_leg.speaker.last_prompt
        return Evidence(
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
        self._told_until_ms = max(self._told_until_ms, self.a_leg.media_ms_at(ended.at))
        if CONSENT.allows(self.consents.state(role), ConsentEvent.NOTIFY):
            evidence = Evidence(Basis.IMPLIED, self.media_ms, 1.0, prompt.id, prompt.version)
            self.consents.move(role, ConsentEvent.NOTIFY, evidence)
        if role is PartyRole.CALLER:
            self.disclosed_at_ms = self.media_ms
        self.note_played(role, prompt, ended)
        self.publish("disclosure.completed", party=role.value, prompt=prompt.id, heard_ms=ended.heard_ms)
        self.reconsider()

    def note_played(self, role: PartyRole, prompt: Prompt, ended: PromptEnded) -> None:
        self.audit(
            "disclosure.played",
            {
                "party": role.value,
                "prompt_id": prompt.id,
                "prompt_version": prompt.version,
                "prompt_sha256": self.deps.prompt_sha256(prompt),
                "heard_ms": ended.heard_ms,
                "completed": ended.completed,
            },
        )

    def listen_context(self) -> ListenContext:
        """What the ear must know to judge what is being said now."""
        speaker = self.a_leg.speaker
        prompt = speaker.speaking or speaker.last_prompt
        fresh = speaker.speaking is not None or self.media_ms - self.last_prompt_end_ms < _PROMPT_MEMORY_MS
        return ListenContext(
            program=self.program.name,
            last_prompt=prompt.text if prompt is not None and fresh else "",
            after_disclosure=self.after_disclosure,
            thresholds=self.program.thresholds_after_disclosure if self.after_disclosure else self.program.thresholds,
        )

    @property
    def after_disclosure(self) -> bool:
        told = self.disclosed_at_ms
        return told is None or self.media_ms - told < self.program.after_disclosure_s * 1000

    # ---- coupling of consent and capture

    def reconsider(self) -> Decision:
        """Let policy decide whether to capture now; called whenever a party joins, leaves or changes consent."""
        decision = decide_capture(self._facts(), self.deps.profile)
        if decision != self._decision:
            self._decision = decision
            self.publish("policy.capture", verdict=decision.verdict.name, rules=list(decision.reasons))
        if self.capture.stopped:
            return decision
        if decision.verdict is Verdict.ALLOW:
            self.capture.start(max(self.media_ms, self._told_until_ms))
            self.acts.add("open recording", self.capture.open)
            self.acts.add("resume recording", self.capture.resume)
        elif decision.verdict is Verdict.HOLD:
            cause = self._why_held()
            self.capture.pause(cause)
            self.acts.add("hold recording", lambda: self.capture.hold(cause))
        elif self.capture.started:
            self.capture.cut(self.hearing.mark_ms, "deaf" if self.hearing.deaf else "policy")
        return decision

    def _why_held(self) -> str:
        """The cause of a gap, in one word."""
        if self.in_doubt:
            return "doubt"
        return "hold" if self._facts().on_hold else "untold"

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
            call_started_at=self.started_at,
        )

    @property
    def in_doubt(self) -> bool:
        return any(self.consents.state(role) is ConsentState.DOUBT for role in self.consents.roles())

    def closing(self, reason: str) -> Closing:
        """What is written beside the recording when it is closed now."""
        return Closing(
            consent=self.consents.as_body(),
            masks=tuple(self.hearing.masks),
            deadline=self._deadline,
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
            purposes=self.program.purposes,
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
