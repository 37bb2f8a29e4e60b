"""Drives a softphone that runs in its own process (`python -m ivr_demo.softphone`), for the demo and the tests."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from ivr.errors import HostError

Report = dict[str, object]
_QUIT_S = 15.0


class SoftphoneProcess:
    """A softphone in a child process: `async with SoftphoneProcess("--auto-answer") as phone: …`.

    Reports come in the order in which they happened; `expect` passes over those of other kinds, and `reports`
    keeps them all. `module` may be another phone of the same commands, such as `tests.sip.pyvoip_phone`.
    """

    def __init__(self, *options: str, module: str = "ivr_demo.softphone") -> None:
        self._options = options
        self._module = module
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._next = 0
        self.reports: list[Report] = []
        self.uri = ""

    async def __aenter__(self) -> SoftphoneProcess:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self, *, timeout_s: float = 60.0) -> None:
        """Start the process and wait for its URI. Raises HostError when it cannot open its port."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            *self._options,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.create_task(self._read(self._process))
        try:
            self.uri = str((await self.expect("ready", timeout_s=timeout_s))["uri"])
        except BaseException:
            await self.close()
            raise

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def expect(self, event: str, *, timeout_s: float = 60.0, **wanted: object) -> Report:
        """Return the next report of this kind whose fields match. Raises HostError after `timeout_s` seconds."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._next_report(event, wanted)
        except TimeoutError:
            seen = ", ".join(str(report["event"]) for report in self.reports) or "nothing"
            raise HostError(f"the softphone did not report '{event}' in {timeout_s:g} s; it reported: {seen}") from None

    async def call(self, uri: str) -> None:
        await self._do("call", uri=uri)

    async def answer(self) -> None:
        await self._do("answer")

    async def speak(self, wav: Path, *, id: str = "") -> None:  # noqa: A002 - the field's name
        """Play a WAV file into the call; `spoke` reports when its last sample was sent."""
        await self._do("speak", wav=str(wav), id=id or wav.stem)

    async def press(self, digits: str, *, via: str = "rfc4733") -> None:
        """Send DTMF, as RFC 4733 events or by SIP INFO (`via` "info")."""
        await self._do("digit", digits=digits, via=via)

    async def hangup(self) -> None:
        await self._do("hangup")

    async def hold(self) -> None:
        await self._do("hold")

    async def unhold(self) -> None:
        await self._do("unhold")

    def freeze(self) -> None:
        """Stop the process where it stands, as a network that has gone: no packet, no BYE."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End the process at once, without a BYE."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def close(self) -> int:
        """End the softphone and return its exit code."""
        process, reader = self._process, self._reader
        if process is None or reader is None:
            return 0
        if process.returncode is None:
            try:
                await self._do("quit")
                async with asyncio.timeout(_QUIT_S):
                    await process.wait()
            except (TimeoutError, HostError):
                process.kill()
        code = await process.wait()
        await reader
        return code

    async def _do(self, command: str, **fields: object) -> None:
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None:
            raise HostError(f"the softphone is not running, so it cannot {command}")
        process.stdin.write(json.dumps({"do": command, **fields}).encode() + b"\n")
        try:
            await process.stdin.drain()
        except ConnectionError as failure:
            raise HostError(f"the softphone ended before it could {command}") from failure

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            report: Report = json.loads(line)
            async with self._changed:
                self.reports.append(report)
                self._changed.notify_all()
        await process.wait()
        async with self._changed:
            self.reports.append({"event": "exited", "code": process.returncode})
            self._changed.notify_all()

    async def _next_report(self, event: str, wanted: Mapping[str, object]) -> Report:
        while True:
            async with self._changed:
                while self._next >= len(self.reports):
                    await self._changed.wait()
                report = self.reports[self._next]
                self._next += 1
            if report["event"] == event and all(report.get(key) == value for key, value in wanted.items()):
                return report
            if report["event"] == "exited":
                raise HostError(f"the softphone ended (code {report['code']}) before it reported '{event}'")
