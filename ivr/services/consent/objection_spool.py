"""What an objection demands, kept on the local disk until the database has it: written down first, and struck out last.

A process may end while the database is away. Its audio is gone by then; what must not be lost is that somebody objected
and may never be called again. Items hold ids, hashes and scores, never a number and never a word; the note of a call
in progress holds its party as its report will.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ivr.domain.consent.objection import has_objected
from ivr.domain.evidence.events.objection import Barred, Objection
from ivr.domain.recording.state import RECORDING
from ivr.errors import IvrError
from ivr.services.consent.barring import bar
from ivr.services.ports.spool import Duty, Pending, Spool, Unreadable
from ivr.services.vault.destruction import destroy

if TYPE_CHECKING:
    from ivr.services.ports.evidence import DoNotCallRegister
    from ivr.services.ports.runtime import LiveFeed, SerialExecutor
    from ivr.services.vault.vault_ports import VaultPorts


class Notebook:
    """The spool of a call's line, off its loop: a disk that is full or slow is told, and never stops the duty."""

    def __init__(self, spool: Spool, executor: SerialExecutor, feed: LiveFeed) -> None:
        self._spool = spool
        self._executor = executor
        self._feed = feed
        self._writing: dict[str, asyncio.Task[None]] = {}

    def keep(self, item: Pending) -> None:
        """Begin to write at once; returns at once."""
        self._writing[item.name] = asyncio.create_task(self._keep(item))

    async def strike(self, name: str) -> None:
        """The database has it."""
        writing = self._writing.pop(name, None)
        if writing is None:
            return
        await writing
        try:
            await self._executor.run(lambda: self._spool.strike(name))
        except Exception as error:
            self._publish_fault(name, error)

    async def release(self, name: str) -> None:
        """Another process does it from now on; what could not be written is lost with this one, and was told."""
        writing = self._writing.pop(name, None)
        if writing is not None:
            await writing
            await self._executor.run(lambda: self._spool.release(name))

    async def flush(self) -> None:
        """Return when what was begun is on the disk."""
        await asyncio.gather(*self._writing.values())

    async def _keep(self, item: Pending) -> None:
        try:
            await self._executor.run(lambda: self._spool.keep(item))
        except Exception as error:
            self._publish_fault(item.name, error)

    def _publish_fault(self, name: str, error: Exception) -> None:
        what = str(error) if isinstance(error, IvrError) else type(error).__name__
        self._feed.publish("pending.failed", item=name, what=what)


@dataclass(frozen=True)
class CaughtUp:
    """What became of one item; `done` is False when it waits on, and `how` says why."""

    name: str
    recording_id: str
    done: bool
    how: str


def catch_up(ports: VaultPorts, register: DoNotCallRegister, spool: Spool) -> list[CaughtUp]:
    """Do what processes that have ended left undone, each once, and strike it out. Before `recover`, which reads it.

    Killed anywhere, the next one goes on. What cannot be done is left, told, and keeps nothing else.
    """
    done: list[CaughtUp] = []
    for left in spool.left():
        with left as item:
            if isinstance(item, Unreadable):
                done.append(CaughtUp(item.name, "", False, item.why))
                continue
            try:
                how = _DO[item.duty](ports, register, item)
            except Exception as later:
                what = str(later) if isinstance(later, IvrError) else type(later).__name__
                done.append(CaughtUp(item.name, item.recording_id, False, f"left as it is: {what}"))
                continue
            spool.strike(item.name)
            done.append(CaughtUp(item.name, item.recording_id, True, how))
    return done


def _object(ports: VaultPorts, _: DoNotCallRegister, item: Pending) -> str:
    if has_objected(ports.audit.events(call_id=item.call_id)):
        return "the objection stands in the evidence already"
    objection = replace(Objection.read(item.body), acted_at=item.at)
    ports.audit.append(objection, call_id=item.call_id, recording_id=item.recording_id)
    return "the objection is in the evidence now"


def _bar(ports: VaultPorts, register: DoNotCallRegister, item: Pending) -> str:
    barred = replace(Barred.read(item.body), acted_at=item.at)
    done = bar(ports, register, barred, call_id=item.call_id, recording_id=item.recording_id)
    return "the person is barred now" if done else "the person is barred already"


def _destroy(ports: VaultPorts, _: DoNotCallRegister, item: Pending) -> str:
    state = ports.catalogue.states([item.recording_id]).get(item.recording_id)
    if state is None:
        ports.store.delete(item.recording_id)
        return "no row: its file is gone"
    if state in RECORDING.final:
        return "the recording is destroyed already"
    rule_id, reason = str(item.body.get("rule_id", "")), str(item.body.get("reason", ""))
    destroy(ports, item.recording_id, rule_id=rule_id, reason=reason)
    return "the recording is destroyed now"


_DO: Mapping[Duty, Callable[[VaultPorts, DoNotCallRegister, Pending], str]] = {
    Duty.OBJECTION: _object,
    Duty.BAR: _bar,
    Duty.DESTROY: _destroy,
}
