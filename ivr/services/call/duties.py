"""What an objection demands of the vault and the database: evidence, the bar on further calls, destruction.

Each duty is on the local disk before it is tried, and is tried until it is done: the process may end before the
database takes it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ivr.domain.consent.policy import ObjectionOutcome
from ivr.domain.evidence.events.objection import Barred, NobodyBarred, Objection
from ivr.errors import ComplianceError
from ivr.services.call.context import LiveCall
from ivr.services.call.write_queue import Write
from ivr.services.consent.barring import bar
from ivr.services.ports.spool import Duty, Pending
from ivr.services.recording.capture import Doom


class Duties:
    """One per call."""

    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._barred = False

    def note(self, objection: Objection) -> None:
        """The objection shall stand in the evidence."""
        item = self._pending(Duty.OBJECTION, objection.body())
        self._insist("objection", self._call.evidence_write(objection), item)

    def bar(self, outcome: ObjectionOutcome) -> None:
        """Whoever is on this call shall not be called again; once is enough."""
        call = self._call
        if self._barred:
            return
        self._barred = True
        rule = outcome.reasons[-1] if outcome.reasons else ""
        deps, scope = call.deps, call.program.do_not_call_scope
        try:
            entry = deps.do_not_call.entry_of(call.party_uri, scope=scope)
        except ComplianceError:
            # Whoever withholds every address cannot be called either.
            call.audit(NobodyBarred(rule=rule, scope=scope))
            return
        known_by = call.party_known_by
        barred = Barred(entry=entry, rule=rule, scope=scope, known_by=known_by.value)

        async def write() -> None:
            ports, recording_id = deps.vault.ports, call.capture.recording_id
            await deps.executor.run(
                lambda: bar(ports, deps.do_not_call, barred, call_id=call.id, recording_id=recording_id)
            )
            call.publish(Barred.kind, entry=entry, verified=known_by.verified)

        self._insist("bar further calls", write, self._pending(Duty.BAR, barred.body()))

    def finish_recording(self, doom: Doom | None) -> None:
        """What is doomed is destroyed; else it is sealed."""
        if doom is None:
            self._call.finish_recording("objection")
            return
        item = self._pending(Duty.DESTROY, doom._asdict())
        self._insist("destroy recording", self._call.capture.destroy, item if item.recording_id else None)

    def _pending(self, duty: Duty, body: Mapping[str, object]) -> Pending:
        call = self._call
        return Pending(duty, call.id, call.capture.recording_id, call.deps.clock.now(), body)

    def _insist(self, name: str, write: Write, item: Pending | None) -> None:
        """Add a write that must be done; while it fails, what must vanish is at least deleted."""
        capture, notebook = self._call.capture, self._call.deps.notebook
        if item is not None:
            notebook.keep(item)

        async def insist() -> None:
            try:
                await write()
            except Exception:
                await capture.wipe()
                raise
            if item is not None:
                await notebook.strike(item.name)

        self._call.writes.add(name, insist, obligatory=True)
