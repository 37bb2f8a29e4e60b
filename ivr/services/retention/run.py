"""The retention run: what is due, and why; destroyed in order, with one signed certificate each.

The order is `Destroyer`'s, as for one recording; its steps are taken for many at a time. What a kill leaves is due
still: it keeps its state until the certificate stands, so the next run finds it and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from ivr.domain.profile import Profile
from ivr.domain.recording.state import RecordingEvent
from ivr.domain.retention.business_event import with_deadlines
from ivr.domain.retention.decision import RetentionAction, RetentionDecision, decide_retention
from ivr.domain.retention.schedule import RetentionTable
from ivr.errors import IvrError
from ivr.services.evidence.clock_guard import ClockGuard
from ivr.services.ports.retention import Place, RetentionLedger, Stored
from ivr.services.vault.destruction import Destroyer
from ivr.services.vault.destruction_evidence import Destruction
from ivr.services.vault.vault_ports import VaultPorts

#: Rows in one transaction: a line that must note an objection meanwhile waits for no longer than that.
CHUNK = 200
#: Recordings between two wipes of the key table.
ROUND = 20_000
#: How long a run that died keeps others from what it had claimed.
LEASE = timedelta(minutes=10)
_POLICY = "retention_table"
_REASON = "retention"


@dataclass(frozen=True)
class PlanItem:
    """One recording that is due, with its decision. `fault` is set when nothing can be decided: then it is kept."""

    stored: Stored
    decision: RetentionDecision | None
    fault: str = ""

    @property
    def destroys(self) -> bool:
        return self.decision is not None and self.decision.action is RetentionAction.DESTROY


@dataclass(frozen=True)
class Failure:
    """What could not be destroyed now; the next run tries again."""

    recording_id: str
    fault: str
    remedy: str = ""


@dataclass
class RunReport:
    """What a run did. `kept` was due by its row and is kept by decision; `others` is claimed by another run."""

    destroyed: list[str] = field(default_factory=list)
    kept: list[PlanItem] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.failed and not any(item.fault for item in self.kept)


class RetentionRun:
    """`owner` names this run among all runs of all nodes; give each its own."""

    def __init__(
        self,
        ledger: RetentionLedger,
        ports: VaultPorts,
        *,
        table: RetentionTable,
        profile: Profile,
        owner: str,
        chunk: int = CHUNK,
        round_size: int = ROUND,
        lease: timedelta = LEASE,
        clock_guard: ClockGuard | None = None,
    ) -> None:
        """With `clock_guard` nothing is destroyed by a clock that the evidence speaks against."""
        self._ledger = ledger
        self._ports = ports
        self._table = table
        self._profile = profile
        self._owner = owner
        self._planned: dict[str, tuple[Stored, RetentionDecision, datetime]] = {}
        self._chunk = chunk
        self._round = round_size
        self._lease = lease
        self._clock_guard = clock_guard

    def plan(self, at: datetime | None = None) -> Iterator[PlanItem]:
        """What a run at `at` (now) would look at, by deadline. Changes nothing.

        While no run has seen a changed policy yet, it decides about everything that is kept, as that run will.
        """
        at = at or self._ports.clock.now()
        seen = self._ledger.fact(_POLICY)
        if seen and seen != self._policy_mark():
            yield from self._plan_anew(at)
            return
        for page in self._pages(at):
            for stored in page:
                yield self._item(stored, at)

    def _plan_anew(self, at: datetime) -> Iterator[PlanItem]:
        due: list[tuple[datetime, str, PlanItem]] = []
        known: set[str] = set()
        place = ""
        while page := self._ledger.kept(limit=self._chunk * 5, after=place):
            place = page[-1].recording_id
            for item in (self._item(stored, at) for stored in page):
                times = (item.stored.deadline, item.decision.due_at if item.decision else None)
                first = min((time for time in times if time is not None), default=None)
                if item.fault or (first is not None and first <= at):
                    known.add(item.stored.recording_id)
                    due.append((first or at, item.stored.recording_id, item))
        # What a call that died has left is due too, and not among the kept.
        for page in self._pages(at):
            due += [
                (one.place[0], one.recording_id, self._item(one, at)) for one in page if one.recording_id not in known
            ]
        yield from (item for _, _, item in sorted(due, key=lambda one: one[:2]))

    def decide(self, stored: Stored, at: datetime) -> RetentionDecision:
        stored.must_be_readable()
        return decide_retention(stored.artefact, stored.events, stored.holds, self._table, self._profile, at)

    def run(self, recording_ids: Sequence[str] | None = None) -> RunReport:
        """Destroy what is due, or those of the named recordings that are. Never raises for a single recording.

        Raises ComplianceError, and destroys nothing, when the clock cannot be right.
        """
        if self._clock_guard is not None:
            self._clock_guard.must_be_plausible()
        report = RunReport()
        if recording_ids is None:
            self.shorten()
        pages = self._pages(self._ports.clock.now()) if recording_ids is None else self._named(recording_ids)
        waiting: list[str] = []
        try:
            for page in pages:
                now = self._ports.clock.now()
                items = [self._item(stored, now) for stored in page]
                report.kept += [item for item in items if not item.destroys]
                self._mark(items)
                for item in items:
                    if item.destroys and item.decision is not None:
                        waiting.append(item.stored.recording_id)
                        self._planned[item.stored.recording_id] = (item.stored, item.decision, now)
                if len(waiting) >= self._round:
                    self._destroy(waiting, report)
                    waiting = []
            self._destroy(waiting, report)
        finally:
            self._ledger.release(self._owner)
        return report

    def _pages(self, at: datetime) -> Iterator[list[Stored]]:
        place: Place | None = None
        while page := self._ledger.due(at, limit=self._chunk * 5, after=place):
            place = page[-1].place
            yield page

    def _named(self, recording_ids: Sequence[str]) -> Iterator[list[Stored]]:
        for some in _chunks(recording_ids, self._chunk):
            yield [one for one in self._ledger.stored(some) if one.artefact.destroyed_at is None]

    def _item(self, stored: Stored, at: datetime) -> PlanItem:
        try:
            decision = self.decide(stored, at)
            return PlanItem(stored, decision, _unborne(stored, decision))
        except IvrError as error:
            # A tag that the policy file does not know: in doubt nothing is destroyed, and it is said.
            return PlanItem(stored, None, f"{error.what} ({error.remedy})" if error.remedy else error.what)

    def _mark(self, items: Sequence[PlanItem]) -> None:
        """Store what was decided about the kept: ended purposes stay ended, and a later deadline leaves the plan."""
        decided = []
        for item in items:
            if item.decision is None or item.destroys or item.fault:
                continue
            artefact = with_deadlines(item.stored.artefact, item.decision)
            if artefact != item.stored.artefact or item.decision.due_at != item.stored.deadline:
                decided.append((artefact, item.decision.due_at))
        self._ledger.reschedule(decided)

    def _destroy(self, waiting: Sequence[str], report: RunReport) -> None:
        def delete(recording_ids: Sequence[str]) -> Collection[str]:
            return self._delete_files(recording_ids, report)

        batches = (partial(self._choose, some, report) for some in _chunks(waiting, self._chunk))
        purge = Destroyer(self._ports, self._owner, RecordingEvent.PURGE, _REASON, delete, self._still_ours)
        report.destroyed += purge.destroy(batches)
        self._planned.clear()

    def _claim(self, recording_ids: Sequence[str]) -> set[str]:
        now = self._ports.clock.now()
        return self._ledger.claim(recording_ids, owner=self._owner, now=now, until=now + self._lease)

    def _still_ours(self, recording_ids: Sequence[str]) -> set[str]:
        mine = self._claim(recording_ids)
        self._ledger.release(self._owner, sorted(mine))
        return mine

    def _choose(self, some: Sequence[str], report: RunReport) -> list[Destruction]:
        mine = self._claim(some)
        report.others += [one for one in some if one not in mine]
        chosen: dict[str, Destruction] = {}
        for stored in self._ledger.locked(sorted(mine)):
            decision = self._decide_at_last(stored)
            if decision is not None and decision.action is RetentionAction.DESTROY:
                chosen[stored.recording_id] = _doomed(stored, decision)
        # A hold came between the plan and the key, or another run was faster.
        kept = self._ledger.stored(sorted(mine - chosen.keys()))
        report.kept += [self._item(one, self._ports.clock.now()) for one in kept]
        return list(chosen.values())

    def _delete_files(self, recording_ids: Sequence[str], report: RunReport) -> Collection[str]:
        try:
            failed = self._ports.store.delete_all(recording_ids)
        except IvrError as error:
            failed = dict.fromkeys(recording_ids, error)
        report.failed += [Failure(name, error.what, error.remedy) for name, error in failed.items()]
        return failed

    def _decide_at_last(self, stored: Stored) -> RetentionDecision | None:
        """Decide when nothing can change any more.

        What is as it was when it was planned, and was to be destroyed then, is to be destroyed at any later time.
        """
        now = self._ports.clock.now()
        seen, decision, at = self._planned.get(stored.recording_id) or (None, None, now)
        if seen != stored or now < at:
            decision = self._item(stored, now).decision
        return decision

    def shorten(self) -> None:
        """After the policy became shorter: bring the deadlines in the catalogue forward. They never move back.

        Costs a look at everything that is kept, once per change of the policy.
        """
        mark = self._policy_mark()
        if self._ledger.fact(_POLICY) == mark:
            return
        place = ""
        while page := self._ledger.kept(limit=self._chunk * 5, after=place):
            place = page[-1].recording_id
            now, shorter = self._ports.clock.now(), []
            for stored in page:
                decision = self._item(stored, now).decision
                if decision is not None and (stored.deadline is None or decision.due_at < stored.deadline):
                    shorter.append((with_deadlines(stored.artefact, decision), decision.due_at))
            self._ledger.reschedule(shorter)
        self._ledger.fact(_POLICY, mark)

    def _policy_mark(self) -> str:
        return sha256(repr(sorted(self._table.schedules.items())).encode() + self._table.timezone.encode()).hexdigest()


def _doomed(stored: Stored, decision: RetentionDecision) -> Destruction:
    return Destruction(
        recording_id=stored.recording_id,
        call_id=stored.call_id,
        rules=decision.reasons,
        reason=_REASON,
        from_state=stored.state,
        sha256=stored.sha256,
        policy_id=stored.policy_id,
        policy_version=stored.policy_version,
        due_at=decision.due_at,
        purposes=[purpose.tag for purpose in decision.purposes],
    )


def _unborne(stored: Stored, decision: RetentionDecision) -> str:
    """Say so when a deadline would move back and no noted event moves it: a purpose was put there behind our back."""
    if decision.action is RetentionAction.DESTROY or stored.deadline is None or decision.due_at <= stored.deadline:
        return ""
    noted = {(event.kind.value, event.at) for event in stored.events}
    late = [one for one in decision.purposes if one.due_at > stored.deadline and (one.event, one.event_at) not in noted]
    if not late:
        return ""
    tags = ", ".join(one.tag for one in late)
    return f"its deadline would move to a later day and no noted event says why: {tags} (see 'ivr audit verify')"


def run_owner(node_id: str, unique: Callable[[], str]) -> str:
    """A name that no other run has."""
    return f"{node_id}/{unique()}"[:100]


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for at in range(0, len(items), size):
        yield items[at : at + size]
