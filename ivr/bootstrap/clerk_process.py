"""The clerk: everything that is not live. Started by the node, spoken to in JSON lines.

On stdin: {"do": "sweep"}, {"do": "stop"}. On stdout: one object per line. At its start and then every
`node.sweep_every_s` it recovers what a crash left, destroys what is due, uploads what waits, and signs the evidence.
It may be killed at any point: what it had begun, the next sweep of any node finishes. It ends when stdin ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable

from ivr.bootstrap.archive import Archive, open_archive
from ivr.bootstrap.child_main import Tell, child_main
from ivr.bootstrap.quality import open_expiry
from ivr.bootstrap.retention import Retention, open_retention
from ivr.bootstrap.rights import open_rights
from ivr.bootstrap.runtime import SingleThreadExecutor
from ivr.domain.evidence.events.recording import Recovered, Uploaded
from ivr.domain.evidence.events.rights import CaseDestroyed
from ivr.errors import IvrError, LostEvidenceError
from ivr.services.consent.barring import respell
from ivr.services.vault.uploads import upload_waiting
from ivr.settings import Settings


class Clerk:
    """One sweep after the other. A duty that fails is told and does not keep the others from theirs."""

    def __init__(self, settings: Settings, archive: Archive, tell: Tell) -> None:
        self._archive = archive
        self._retention: Retention = open_retention(settings, archive)
        self._rights = open_rights(settings, archive, self._retention)
        self._expiry = open_expiry(settings, archive, self._retention)
        self._tell = tell
        self._respelled = False

    def sweep(self) -> None:
        """Blocking; every duty may be repeated."""
        began = time.monotonic()
        # A database that is not the one with our evidence may know nothing of holds and objections.
        if self._do("evidence", self._archive.audit.must_be_whole):
            self._do("recover", self._recover)
            self._do("register", self._respell)
            self._do("retention", self._destroy_due)
            self._do("cases", self._destroy_cases)
            self._do("analyses", self._destroy_analyses)
            self._do("upload", self._upload)
            self._do("reports", self._destroy_reports)
            self._do("checkpoint", self._sign)
        self._tell("clerk.swept", took_s=round(time.monotonic() - began, 3))

    def _do(self, name: str, duty: Callable[[], None]) -> bool:
        try:
            duty()
            return True
        except LostEvidenceError as error:
            self._tell("evidence.lost", duty=name, what=error.what, where=error.where, remedy=error.remedy)
        except IvrError as error:
            self._tell("clerk.failed", duty=name, what=error.what, where=error.where, remedy=error.remedy)
        except Exception as error:
            # Its message may hold anything; its name says enough to look.
            self._tell("clerk.failed", duty=name, what=type(error).__name__, where="", remedy="report this fault")
        return False

    def _recover(self) -> None:
        caught_up, recovered, reports = self._archive.settle_left()
        for item in caught_up:
            self._tell("pending.caught_up", **vars(item))
        for one in recovered:
            state = one.state.value if one.state else ""
            self._tell(Recovered.kind, recording_id=one.recording_id, state=state, how=one.how)
        for report in reports:
            event = report.event()
            self._tell(str(event.pop("kind")), **event)

    def _respell(self) -> None:
        """Once in a process: later entries have the spelling of today."""
        if not self._respelled:
            moved = respell(self._archive.vault.ports, self._archive.do_not_call)
            self._respelled = True
            if moved:
                self._tell("do_not_call.respelled", moved=moved)

    def _destroy_due(self) -> None:
        report = self._retention.run.run()
        self._tell(
            "retention.run",
            ok=report.ok,
            destroyed=len(report.destroyed),
            kept=len(report.kept),
            failed=[failure.recording_id for failure in report.failed],
            undecided=[item.stored.recording_id for item in report.kept if item.fault],
        )
        for hold in self._retention.holds.to_review():
            self._tell("hold.review_due", hold_id=hold.id, case=hold.case, owner=hold.owner)

    def _destroy_cases(self) -> None:
        for case_id in self._rights.ended.destroy():
            self._tell(CaseDestroyed.kind, case_id=case_id)

    def _destroy_analyses(self) -> None:
        destroyed = self._expiry.run().destroyed
        if destroyed:
            self._tell("analyses.run", destroyed=len(destroyed))

    def _destroy_reports(self) -> None:
        done = self._retention.reports.run()
        if done.destroyed or done.undecided:
            self._tell(
                "reports.run", destroyed=done.destroyed, legs=done.legs, kept=done.kept, undecided=done.undecided
            )

    def _upload(self) -> None:
        for upload in upload_waiting(self._archive.vault.ports):
            kind = Uploaded.kind if upload.done else "upload.waits"
            self._tell(kind, recording_id=upload.recording_id, fault=upload.fault, remedy=upload.remedy)

    def _sign(self) -> None:
        checkpoint = self._archive.audit.checkpoint()
        if checkpoint is not None:
            self._tell("audit.checkpoint", node_id=checkpoint.node_id, seq=checkpoint.seq)


async def serve(settings: Settings, tell: Tell) -> None:
    """Sweep at once, each `sweep_every_s` and on demand, until told to stop or until the node is gone."""
    archive = open_archive(settings)
    executor = SingleThreadExecutor()
    wanted, stopped = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    commands = asyncio.create_task(_obey(wanted, stopped))
    try:
        clerk = Clerk(settings, archive, tell)
        tell("ready", pid=os.getpid())
        wanted.set()
        while not stopped.is_set():
            if wanted.is_set():
                wanted.clear()
                await executor.run(clerk.sweep)
            await _first_of(wanted, stopped, settings.node.sweep_every_s)
            if not stopped.is_set():
                wanted.set()
    finally:
        commands.cancel()
        await asyncio.gather(commands, return_exceptions=True)
        executor.close()
        archive.close()


async def _first_of(wanted: asyncio.Event, stopped: asyncio.Event, timeout_s: float) -> None:
    waits = [asyncio.create_task(event.wait()) for event in (wanted, stopped)]
    await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


async def _obey(wanted: asyncio.Event, stopped: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for raw in reader:
        with contextlib.suppress(ValueError, TypeError, KeyError):
            command = json.loads(raw)["do"]
            if command == "stop":
                break
            if command == "sweep":
                wanted.set()
    stopped.set()


if __name__ == "__main__":
    sys.exit(child_main("ivr.bootstrap.clerk_process", serve))
