"""One line process: a SIP endpoint, its calls, and nothing else. Started by the node, spoken to in JSON lines.

On stdin: {"do": "place", "uri": …, "program": …, "agent": …, "ref": …},
{"do": "agent", "program": …, "uri": …, "ref": …}, {"do": "doubt", "call": …, "answer": …, "ref": …}, {"do": "stop"}.
On stdout: the live feed, one object per line; among them the answer to each command with a `ref`: `call.placed`,
`agent.set`, `doubt.answered` or `command.refused`. The process ends when stdin ends.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ivr.bootstrap.archive import Archive, open_archive
from ivr.bootstrap.emergencies import open_emergencies
from ivr.bootstrap.event_writer import EventWriter
from ivr.bootstrap.listening_settings import listening_settings
from ivr.bootstrap.members import open_members
from ivr.bootstrap.prompt_check import refuse_unlawful_prompts
from ivr.bootstrap.prompt_library import PromptLibrary
from ivr.bootstrap.public_holidays import holidays_for, warm_holidays
from ivr.bootstrap.queues import queue_desk
from ivr.bootstrap.redacting_members import NamedMembers
from ivr.bootstrap.runtime import SingleThreadExecutor, SystemClock, new_id
from ivr.domain.operation.node_events import LINE_STATE
from ivr.domain.operation.node_state import HEARTBEAT
from ivr.domain.redaction.redactor import REDACTOR, LearningRedactor, Redactor
from ivr.errors import EXIT_ENVIRONMENT, EXIT_OK, HostError, IvrError
from ivr.hardening import die_with_parent, forbid_core_dumps
from ivr.process_log import event_line, guard_output
from ivr.services.call.control import CallControl, Routes
from ivr.services.call.dependencies import Dependencies
from ivr.services.consent.objection_spool import Notebook
from ivr.services.evidence.watch import EvidenceWatch
from ivr.services.ports.runtime import LiveFeed
from ivr.settings import Settings, load_settings
from ivr.sip.connections import ConnectionLimits
from ivr.sip.line import PjsuaLine
from ivr.sip.settings import Registration, SipSettings
from ivr.speech.client import ZmqEar
from ivr.speech.detector import WebrtcDetector
from ivr.speech.dtmf_detector import GoertzelToneDetector
from ivr.speech.dtmf_reader import CleanDtmfReader

#: How often the node is told of the calls in progress.
_TELLS_S = 1.0


class StdoutFeed:
    """Port LiveFeed: one JSON object per line on stdout, read by the node. A call never waits for its reader."""

    def __init__(self, line: int, redactor: Redactor = REDACTOR) -> None:
        self._line = line
        self._redactor = redactor
        self._event_writer = EventWriter(sys.stdout.fileno())

    def publish(self, kind: str, *, call_id: str = "", **fields: object) -> None:
        event = {"kind": kind, "line": self._line, "call_id": call_id, "at": time.monotonic(), **fields}
        self._event_writer.write(event_line(event, self._redactor))

    def close(self) -> None:
        self._event_writer.close()


def sip_settings(settings: Settings, index: int) -> SipSettings:
    """The SIP settings of the line with this index: its own port, and its share of the RTP range."""
    sip = settings.sip
    first, last = _rtp_share(sip.rtp_port_min, sip.rtp_port_max, settings.node.lines, index)
    registrar = sip.registrar
    registration = None
    if registrar.uri:
        registration = Registration(
            registrar_uri=registrar.uri,
            username=registrar.username,
            password=_password(registrar.password_file),
            realm=registrar.realm,
            expires_s=registrar.expires_s,
        )
    return SipSettings(
        bind=sip.bind,
        port=sip.port + index if sip.port else 0,
        tcp=sip.tcp,
        public_address=sip.public_address,
        rtp_port_min=first,
        rtp_port_max=last,
        asserted_by=tuple(sip.asserted_by),
        codecs=tuple(sip.codecs),
        srtp=sip.srtp,
        registration=registration,
        max_calls=sip.max_calls,
        rtp_source=sip.rtp_source,
        rtp_timeout_s=sip.rtp_timeout_s,
        ack_timeout_s=sip.ack_timeout_s,
        calls_per_source=sip.calls_per_source,
        connections=ConnectionLimits(
            per_source=sip.connections_per_source, idle_s=sip.connection_idle_s, edges=sip.edges
        ),
    )


def _rtp_share(lowest: int, highest: int, lines: int, index: int) -> tuple[int, int]:
    """Return the ports of one line: an even first one, and the last; 0 and 0 when the system chooses."""
    if not highest:
        return 0, 0
    share = (highest + 1 - lowest) // lines
    first = lowest + index * share
    return first + first % 2, first + share - 1


def _password(file: Path | None) -> str:
    """Raises HostError when the file that holds the registrar's password cannot be read."""
    if file is None:
        return ""
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise HostError(
            f"the registrar's password cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8 text'}",
            where=str(file),
            remedy="write the password alone into it, or correct sip.registrar.password_file",
        ) from error


def dependencies(
    settings: Settings,
    archive: Archive,
    library: PromptLibrary,
    line: PjsuaLine,
    ear: ZmqEar,
    executor: SingleThreadExecutor,
    spool_executor: SingleThreadExecutor,
    feed: StdoutFeed,
    redactor: LearningRedactor,
) -> Dependencies:
    members = open_members(settings, archive)
    return Dependencies(
        node_id=settings.node.id,
        line=line,
        ear=ear,
        new_detector=WebrtcDetector,
        new_tone_detector=GoertzelToneDetector,
        new_dtmf_reader=CleanDtmfReader,
        vault=archive.vault,
        audit=archive.audit,
        call_log=archive.call_log,
        do_not_call=archive.do_not_call,
        clock=SystemClock(),
        executor=executor,
        notebook=Notebook(archive.spool, spool_executor, feed),
        call_notes=Notebook(archive.call_notes, spool_executor, feed),
        feed=feed,
        new_id=new_id,
        profile=settings.profile,
        retention=settings.retention,
        programs=settings.programs,
        prompts=settings.prompts,
        prompt_file=library.file,
        prompt_sha256=library.sha256,
        codec=settings.recording.codec,
        listening=listening_settings(settings),
        release=settings.release,
        judging_timeout_s=settings.calls.settle_timeout_s,
        quiet_timeout_s=settings.calls.quiet_timeout_s,
        close_timeout_s=settings.calls.close_timeout_s,
        members=NamedMembers(members, redactor) if members is not None else None,
        menus=settings.menus,
        emergencies=open_emergencies(archive),
        holidays=holidays_for,
    )


async def serve(
    settings: Settings, ears: Sequence[str], index: int, feed: StdoutFeed, redactor: LearningRedactor
) -> None:
    """Serve calls until told to stop or until the node is gone; `redactor` comes to know who is on the line."""
    refuse_unlawful_prompts(settings)
    archive = open_archive(settings)
    library = PromptLibrary(settings)
    library.check()
    ear = ZmqEar(ears)
    executor = SingleThreadExecutor()
    # Its own thread: a database that hangs must not keep an objection from the disk.
    spool_executor = SingleThreadExecutor()
    # Its own too: who waits is given an agent, whatever else is being written.
    queue_executor = SingleThreadExecutor()
    warm_holidays(settings, datetime.now(UTC))
    line = await PjsuaLine.open(sip_settings(settings, index))
    try:
        routes = Routes(settings.routes.default, settings.routes.users)
        needed = dependencies(settings, archive, library, line, ear, executor, spool_executor, feed, redactor)
        desk = queue_desk(settings, archive, queue_executor, index, feed)
        control = CallControl(dataclasses.replace(needed, queues=desk), routes)
        queueing = asyncio.create_task(desk.run())
        serving = asyncio.create_task(control.run())
        watch = EvidenceWatch(
            archive.audit, executor, feed, every_s=settings.node.evidence_check_s, stop_capture=control.stop_capture
        )
        watching = asyncio.create_task(watch.run())
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        commands = asyncio.create_task(_obey(control, feed, stopped))
        telling = asyncio.create_task(_tell_state(control, line, feed))
        feed.publish("line.ready", uri=line.uri, capacity=line.capacity, pid=os.getpid())
        done, _ = await asyncio.wait(
            {serving, commands, stopping := asyncio.create_task(stopped.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            if task is not stopping and task.exception() is not None:
                feed.publish("line.fault", what=type(task.exception()).__name__)
        if not serving.done():
            await control.close()
        duties = (serving, commands, stopping, watching, telling, queueing)
        for task in duties:
            task.cancel()
        await asyncio.gather(*duties, return_exceptions=True)
    finally:
        await line.close()
        await ear.close()
        executor.close()
        spool_executor.close()
        queue_executor.close()
        archive.close()


async def _tell_state(control: CallControl, line: PjsuaLine, feed: LiveFeed) -> None:
    """Tell the node, each second while there are calls and now and then without, what is in progress."""
    while True:
        calls = control.in_progress()
        feed.publish(
            LINE_STATE, capacity=line.capacity, free=line.free_legs, calls=[dataclasses.asdict(one) for one in calls]
        )
        since = time.monotonic()
        while True:
            await asyncio.sleep(_TELLS_S)
            if calls or control.active or time.monotonic() - since >= HEARTBEAT.total_seconds():
                break


async def _obey(control: CallControl, feed: StdoutFeed, stopped: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for raw in reader:
        command = json.loads(raw)
        if command["do"] == "stop":
            break
        await obey(command, control, feed)
    stopped.set()


async def obey(command: Mapping[str, str], control: CallControl, feed: LiveFeed) -> None:
    """Do what the node asks, and answer by `ref` once it holds: the node must know when."""
    ref = command.get("ref", "")
    try:
        if command["do"] == "agent":
            control.set_agent(command["program"], command["uri"])
            feed.publish("agent.set", ref=ref, program=command["program"])
        if command["do"] == "doubt":
            control.answer_doubt(command["call"], command["answer"])
            feed.publish("doubt.answered", call_id=command["call"], ref=ref)
        if command["do"] == "place":
            call = await control.place(command["uri"], command["program"], agent_uri=command.get("agent", ""))
            feed.publish("call.placed", call_id=call.id, ref=ref)
    except IvrError as error:
        feed.publish(
            "command.refused",
            ref=ref,
            what=error.what,
            where=error.where,
            remedy=error.remedy,
            exit_code=error.exit_code,
            rules=list(getattr(error, "rules", ())),
        )


def main() -> int:
    # For what this process says of its calls; what it stores may not depend on whom it has come to know.
    redactor = LearningRedactor()
    guard_output(redactor=redactor)
    die_with_parent()
    forbid_core_dumps()
    parser = argparse.ArgumentParser(prog="python -m ivr.bootstrap.line_process")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--index", type=int, default=0)
    parser.add_argument("--ear", action="append", required=True)
    options = parser.parse_args()
    feed = StdoutFeed(options.index, redactor)
    try:
        asyncio.run(serve(load_settings(options.config, os.environ), options.ear, options.index, feed, redactor))
    except IvrError as error:
        feed.publish("line.failed", what=error.what, where=error.where, remedy=error.remedy, exit_code=error.exit_code)
        return error.exit_code or EXIT_ENVIRONMENT
    finally:
        feed.close()
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
