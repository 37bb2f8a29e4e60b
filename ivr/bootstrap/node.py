"""A node: supervises ears, lines, clerk and console of one machine. The death of one never takes the others down."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from ivr.bootstrap.accounts import console_installed
from ivr.bootstrap.archive import check_keys, open_archive
from ivr.bootstrap.child import Child, LiveEvent
from ivr.bootstrap.node_watch import NodeWatch
from ivr.bootstrap.prompt_check import refuse_unlawful_prompts
from ivr.bootstrap.runtime import SystemClock
from ivr.domain.evidence.events.recording import Recovered
from ivr.domain.operation.node_events import LINE_STATE
from ivr.errors import EXIT_ENVIRONMENT, EXIT_USAGE, ComplianceError, ConfigurationError, HostError, IvrError
from ivr.settings import Settings

__all__ = ["LiveEvent", "Node"]

#: A Unix socket's name holds 107 bytes.
_LONGEST_SOCKET = 107
_RUN_DIR = "ivr-node-"


class Node:
    """`async with Node(settings, on_event) as node`: ears first, then lines; restarted when they die."""

    def __init__(
        self, settings: Settings, on_event: Callable[[LiveEvent], None], *, env: Mapping[str, str] = os.environ
    ) -> None:
        """`env` is the environment that `settings` were read with: the processes read them again."""
        self._settings = settings
        self._env = dict(env)
        self._on_event = on_event
        self._run_dir: Path | None = None
        self._ears: list[Child] = []
        self._lines: list[Child] = []
        self._clerks: list[Child] = []
        self._consoles: list[Child] = []
        self._watchers: list[asyncio.Task[None]] = []
        self._watch: NodeWatch | None = None
        self._answers: dict[str, asyncio.Future[LiveEvent]] = {}
        self._refs = 0

    async def __aenter__(self) -> Node:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def uris(self) -> list[str]:
        return [line.uri for line in self._lines]

    @property
    def console_url(self) -> str:
        """Where browsers find the console; empty while there is none."""
        return next((console.uri for console in self._consoles), "")

    @property
    def pids(self) -> Mapping[str, int]:
        children = (*self._ears, *self._lines, *self._clerks, *self._consoles)
        return {child.name: child.pid for child in children if child.pid is not None}

    async def start(self, *, timeout_s: float = 120.0) -> None:
        """Recover what a crash left, then start everything. Raises what a process that cannot start has died of."""
        refuse_unlawful_prompts(self._settings)
        await asyncio.to_thread(_check_archive, self._settings)
        await self.recover()
        _sweep_run_dirs()
        self._run_dir = run_dir = Path(tempfile.mkdtemp(prefix=f"{_RUN_DIR}{os.getpid()}-"))
        sockets = [f"ipc://{run_dir}/ear-{index}" for index in range(self._settings.node.ears)]
        if len(os.fsencode(sockets[-1].removeprefix("ipc://"))) > _LONGEST_SOCKET:
            raise HostError(
                "the path of the temporary folder is too long for a socket",
                where=str(run_dir),
                remedy="set TMPDIR to a shorter one, e.g. TMPDIR=/tmp",
            )
        self._ears = [self._ear(index, socket) for index, socket in enumerate(sockets)]
        self._lines = [self._line(index, sockets) for index in range(self._settings.node.lines)]
        self._clerks = [self._clerk()] if self._settings.node.clerk else []
        names = [child.name for group in (self._lines, self._ears, self._clerks) for child in group]
        self._watch = NodeWatch(self._settings, names, sockets, self._received)
        self._watchers.append(asyncio.create_task(self._watch.run(), name="state"))
        for group in (self._ears, self._lines, self._clerks):
            for child in group:
                self._watchers.append(asyncio.create_task(child.keep_alive(), name=child.name))
            for child in group:
                await child.ready(timeout_s)
        await self._start_console(timeout_s)

    async def _start_console(self, timeout_s: float) -> None:
        """Calls are answered without a console: one that cannot start is told of, and ends nothing."""
        if not self._settings.console.enabled or not console_installed():
            return
        console = console_child(self._settings, env=self._env, on_event=self._received)
        self._watchers.append(asyncio.create_task(console.keep_alive(), name=console.name))
        self._consoles = [console]
        try:
            await console.ready(timeout_s)
        except IvrError as error:
            self._received({"kind": "console.failed", "what": error.what, "where": error.where, "remedy": error.remedy})

    async def place(self, uri: str, program: str, *, agent_uri: str = "") -> str:
        """Call somebody from the first line; returns the call's id. Raises ComplianceError when it is refused."""
        event = await self._ask(self._lines[0], {"do": "place", "uri": uri, "program": program, "agent": agent_uri})
        return str(event["call_id"])

    async def set_agent(self, program: str, uri: str) -> None:
        """Connect the calls of a program with this softphone; an empty URI: with nobody.

        Holds for each call that comes once this has returned. Raises ConfigurationError when there is no such program.
        """
        for line in self._lines:
            await self._ask(line, {"do": "agent", "program": program, "uri": uri})

    async def answer_doubt(self, call_id: str, answer: str) -> None:
        """Answer a doubt that was offered to an agent's side (`doubt.offered`): "take", "objects" or "agrees".

        Raises ConfigurationError when no line has offered one for this call, or its time is over.
        """
        refused: ConfigurationError | None = None
        for line in self._lines:
            try:
                await self._ask(line, {"do": "doubt", "call": call_id, "answer": answer})
            except ConfigurationError as error:
                refused = error
            else:
                return
        if refused is not None:
            raise refused

    async def _ask(self, line: Child, command: Mapping[str, object], *, timeout_s: float = 10.0) -> LiveEvent:
        """Send a command and return what the line answers to it; raises what the line refuses it with."""
        self._refs += 1
        ref = str(self._refs)
        answer: asyncio.Future[LiveEvent] = asyncio.get_running_loop().create_future()
        self._answers[ref] = answer
        try:
            await line.command({**command, "ref": ref})
            async with asyncio.timeout(timeout_s):
                event = await answer
        except TimeoutError:
            raise HostError("the line did not answer", where=line.name) from None
        finally:
            del self._answers[ref]
        if event["kind"] == "command.refused":
            raise _refusal(event)
        return event

    async def sweep(self) -> None:
        """Let the clerk do now what it does in each sweep; it tells what came of it as `clerk.swept`."""
        for clerk in self._clerks:
            await clerk.command({"do": "sweep"})

    async def stop(self) -> None:
        """End calls politely, then every process, by its id; sign what the evidence ends with."""
        for group in (self._consoles, self._lines, self._ears, self._clerks):
            await asyncio.gather(*(child.end() for child in group))
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        if self._watch is not None:
            await self._watch.close()
        if any(line.killed for line in self._lines):
            with contextlib.suppress(IvrError):
                await self.recover()
        with contextlib.suppress(IvrError):
            await asyncio.to_thread(self._checkpoint)
        if self._run_dir is not None:
            shutil.rmtree(self._run_dir, ignore_errors=True)

    async def recover(self, *, died_at: datetime | None = None) -> None:
        """Recover or discard what a crash left behind, report its calls, and say so."""

        def work() -> list[LiveEvent]:
            archive = open_archive(self._settings)
            try:
                caught_up, recovered, reports = archive.settle_left(died_at=died_at)
                events: list[LiveEvent] = [{"kind": "pending.caught_up", **vars(one)} for one in caught_up] + [
                    {
                        "kind": Recovered.kind,
                        "recording_id": one.recording_id,
                        "state": one.state.value if one.state else "",
                        "how": one.how,
                    }
                    for one in recovered
                ]
                return events + [report.event() for report in reports]
            finally:
                archive.close()

        for event in await asyncio.to_thread(work):
            self._received(event)

    def _checkpoint(self) -> None:
        archive = open_archive(self._settings)
        try:
            archive.audit.checkpoint()
        finally:
            archive.close()

    # ---- processes

    def _ear(self, index: int, socket: str) -> Child:
        settings = self._settings
        command = ["-m", "ivr.bootstrap.ear_process", "--endpoint", socket]
        command += ["--phrases", str(settings.config_dir / "phrases")]
        command += ["--recogniser", settings.ear.recogniser, "--model-dir", str(settings.model_dir)]
        if settings.aligner_dir is not None:
            command += ["--aligner-dir", str(settings.aligner_dir)]
        command += ["--device", settings.ear.device]
        command += ["--compute-type", settings.ear.compute_type, "--workers", str(settings.ear.threads)]
        command += ["--capacity", str(settings.ear.queue_bound), "--languages", *settings.ear.languages]
        return Child(f"ear-{index}", command, env=self._env, on_event=self._received, on_death=_nothing_more)

    def _line(self, index: int, sockets: list[str]) -> Child:
        command = ["-m", "ivr.bootstrap.line_process", "--config", str(self._settings.config_dir)]
        command += ["--index", str(index)]
        for socket in sockets:
            command += ["--ear", socket]
        return Child(f"line-{index}", command, env=self._env, on_event=self._received, on_death=self._line_died)

    async def _line_died(self) -> None:
        """Called as soon as it is known: its calls ended at this moment."""
        await self.recover(died_at=SystemClock().now())

    def _clerk(self) -> Child:
        command = ["-m", "ivr.bootstrap.clerk_process", "--config", str(self._settings.config_dir)]
        return Child("clerk", command, env=self._env, on_event=self._received, on_death=_nothing_more)

    def _received(self, event: LiveEvent) -> None:
        answer = self._answers.get(str(event.get("ref", "")))
        if answer is not None and not answer.done():
            answer.set_result(event)
        if self._watch is not None:
            self._watch.received(event)
        # Each second's news is for the state alone, not for the log.
        if event["kind"] != LINE_STATE:
            self._on_event({"at": time.monotonic(), **event})


def console_child(settings: Settings, *, env: Mapping[str, str], on_event: Callable[[LiveEvent], None]) -> Child:
    """The console's process, to be kept alive by a node or by a command."""
    command = ["-m", "ivr.console", "--config", str(settings.config_dir)]
    return Child("console", command, env=env, on_event=on_event, on_death=_nothing_more)


async def _nothing_more() -> None:
    """An ear leaves nothing behind: what it was asked is asked again. What a clerk left is due still.

    Sessions of a console stand in the database.
    """


def _refusal(event: LiveEvent) -> IvrError:
    what, where, remedy = (str(event.get(key, "")) for key in ("what", "where", "remedy"))
    if event.get("exit_code") == EXIT_USAGE:
        return ConfigurationError(what, file=where, remedy=remedy)
    if event.get("exit_code") == EXIT_ENVIRONMENT:
        return HostError(what, where=where, remedy=remedy)
    rules = event.get("rules")
    return ComplianceError(what, rules=tuple(rules) if isinstance(rules, list) else (), where=where, remedy=remedy)


def _check_archive(settings: Settings) -> None:
    archive = open_archive(settings)
    try:
        archive.store.must_be_writable()
        archive.audit.must_be_whole()
        check_keys(archive)
    finally:
        archive.close()


def _sweep_run_dirs() -> None:
    """Remove the socket folders of nodes that were killed: their name holds the node's process id."""
    for left in Path(tempfile.gettempdir()).glob(f"{_RUN_DIR}*-*"):
        pid = left.name.removeprefix(_RUN_DIR).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and left.stat().st_uid == os.getuid():
            shutil.rmtree(left, ignore_errors=True)
