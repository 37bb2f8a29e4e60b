"""A node: supervises the ears and the lines of one machine. The death of one never takes the others down."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivr.bootstrap.archive import open_archive
from ivr.errors import ComplianceError, HostError, IvrError
from ivr.settings import Settings

News = dict[str, object]
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0
_STOP_S = 15.0


@dataclass
class _Child:
    """One supervised process: what it is, how it is started, and how often it has died of late."""

    name: str
    command: list[str]
    process: asyncio.subprocess.Process | None = None
    started_at: float = 0.0
    pause_s: float = _FIRST_PAUSE_S
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    uri: str = ""
    failure: News | None = None
    restarts: int = 0


class Node:
    """`async with Node(settings, on_news) as node`: ears first, then lines; restarted when they die."""

    def __init__(
        self, settings: Settings, on_news: Callable[[News], None], *, env: Mapping[str, str] = os.environ
    ) -> None:
        """`env` is the environment that `settings` were read with: the processes read them again."""
        self._settings = settings
        self._env = dict(env)
        self._on_news = on_news
        self._run_dir = Path(tempfile.mkdtemp(prefix="ivr-"))
        self._ears = [self._ear(index) for index in range(settings.node.ears)]
        self._lines = [self._line(index) for index in range(settings.node.lines)]
        self._watchers: list[asyncio.Task[None]] = []
        self._stopping = False
        self._answers: dict[str, asyncio.Future[News]] = {}
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
    def pids(self) -> Mapping[str, int]:
        children = (*self._ears, *self._lines)
        return {child.name: child.process.pid for child in children if child.process is not None}

    async def start(self, *, timeout_s: float = 120.0) -> None:
        """Recover what a crash left, then start everything. Raises HostError when a process cannot start."""
        await self.recover()
        for group in (self._ears, self._lines):
            for child in group:
                self._watchers.append(asyncio.create_task(self._keep_alive(child), name=child.name))
            for child in group:
                try:
                    async with asyncio.timeout(timeout_s):
                        await child.ready.wait()
                except TimeoutError:
                    raise HostError(f"{child.name} did not start in {timeout_s:g} s") from None
                if child.failure is not None:
                    raise HostError(str(child.failure.get("what", "failed")), where=child.name)

    async def place(self, uri: str, program: str, *, agent_uri: str = "", timeout_s: float = 10.0) -> str:
        """Call somebody from the first line; returns the call's id. Raises ComplianceError when it is refused."""
        self._refs += 1
        ref = str(self._refs)
        answer = self._answers[ref] = asyncio.get_running_loop().create_future()
        try:
            await self._tell(
                self._lines[0], {"do": "place", "uri": uri, "program": program, "agent": agent_uri, "ref": ref}
            )
            async with asyncio.timeout(timeout_s):
                news = await answer
        except TimeoutError:
            raise HostError("the line did not answer", where=self._lines[0].name) from None
        finally:
            del self._answers[ref]
        if news["kind"] == "call.refused":
            rules = news.get("rules")
            raise ComplianceError(str(news["what"]), rules=tuple(rules) if isinstance(rules, list) else ())
        return str(news["call_id"])

    async def set_agent(self, program: str, uri: str) -> None:
        """From now on connect the calls of a program with this softphone; an empty URI: with nobody."""
        for line in self._lines:
            await self._tell(line, {"do": "agent", "program": program, "uri": uri})

    async def stop(self) -> None:
        """End calls politely, then every process, by its id."""
        self._stopping = True
        for group in (self._lines, self._ears):
            await asyncio.gather(*(self._end(child) for child in group))
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        shutil.rmtree(self._run_dir, ignore_errors=True)

    async def recover(self) -> None:
        """Recover or discard what a crash left behind, and say so."""

        def work() -> list[News]:
            archive = open_archive(self._settings)
            try:
                return [
                    {
                        "kind": "recording.recovered",
                        "recording_id": one.recording_id,
                        "state": one.state.value if one.state else "",
                        "how": one.how,
                    }
                    for one in archive.vault.recover()
                ]
            finally:
                archive.close()

        for news in await asyncio.to_thread(work):
            self._tell_news(news)

    # ---- processes

    def _ear(self, index: int) -> _Child:
        settings = self._settings
        command = ["-m", "ivr.speech.server", "--endpoint", f"ipc://{self._run_dir}/ear-{index}"]
        command += ["--model-dir", str(settings.model_dir), "--device", settings.ear.device]
        command += ["--compute-type", settings.ear.compute_type, "--workers", str(settings.ear.threads)]
        command += ["--capacity", str(settings.ear.queue_bound)]
        return _Child(f"ear-{index}", command)

    def _line(self, index: int) -> _Child:
        command = ["-m", "ivr.bootstrap.line_process", "--config", str(self._settings.config_dir)]
        command += ["--index", str(index)]
        for ear in range(self._settings.node.ears):
            command += ["--ear", f"ipc://{self._run_dir}/ear-{ear}"]
        return _Child(f"line-{index}", command)

    async def _keep_alive(self, child: _Child) -> None:
        """Start a process, follow it, and start it again when it dies, ever more slowly if it dies young."""
        while True:
            await self._run(child)
            if self._stopping:
                return
            if child.failure is not None and not child.restarts and not child.ready.is_set():
                child.ready.set()
                return
            lived_s = time.monotonic() - child.started_at
            child.pause_s = _FIRST_PAUSE_S if lived_s > _STEADY_S else min(child.pause_s * 2, _LONGEST_PAUSE_S)
            child.restarts += 1
            code = child.process.returncode if child.process else None
            self._tell_news({"kind": "process.died", "process": child.name, "code": code, "again_in_s": child.pause_s})
            if child in self._lines:
                with contextlib.suppress(IvrError):
                    await self.recover()
            await asyncio.sleep(child.pause_s)

    async def _run(self, child: _Child) -> None:
        child.started_at = time.monotonic()
        child.process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            *child.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._env,
        )
        assert process.stdout is not None
        async for raw in process.stdout:
            with contextlib.suppress(ValueError):
                self._heard(child, json.loads(raw))
        await process.wait()

    def _heard(self, child: _Child, news: News) -> None:
        kind = news.get("kind") or news.get("event")
        if kind in ("line.ready", "ready"):
            child.uri = str(news.get("uri", ""))
            child.ready.set()
        elif kind in ("line.failed", "failed"):
            child.failure = news
        ref = str(news.get("ref", ""))
        if ref in self._answers and not self._answers[ref].done():
            self._answers[ref].set_result(news)
        self._tell_news({"process": child.name, **news, "kind": str(kind)})

    def _tell_news(self, news: News) -> None:
        self._on_news({"at": time.monotonic(), **news})

    async def _tell(self, child: _Child, command: News) -> None:
        process = child.process
        if process is None or process.stdin is None or process.returncode is not None:
            raise HostError("the process is not running", where=child.name)
        process.stdin.write(json.dumps(command).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await process.stdin.drain()

    async def _end(self, child: _Child) -> None:
        process = child.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
