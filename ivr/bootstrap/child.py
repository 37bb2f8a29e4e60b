"""One supervised process: started, followed by its JSON lines, started again when it dies, ended by its id."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from ivr.errors import EXIT_USAGE, ConfigurationError, HostError, IvrError

LiveEvent = dict[str, object]
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
#: A process that has lived for so long is started again without delay when it dies.
_STEADY_S = 60.0
#: A line says goodbye, waits for the last verdicts and writes its reports before it ends.
_STOP_S = 60.0
_LINE_BYTES = 1 << 20


class Child:
    """`keep_alive` runs until `end`; `ready` is awaited once, at the start."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        on_event: Callable[[LiveEvent], None],
        on_death: Callable[[], Awaitable[None]],
    ) -> None:
        self.name = name
        self.uri = ""
        self._command = list(command)
        self._env = dict(env)
        self._on_event = on_event
        self._on_death = on_death
        self._process: asyncio.subprocess.Process | None = None
        self._ready = asyncio.Event()
        self._failure: IvrError | None = None
        self._ending = False
        self.killed = False

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def ready(self, timeout_s: float) -> None:
        """Wait until it is up for the first time. Raises what it died of, or HostError when it takes too long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()
        except TimeoutError:
            raise HostError(
                f"it did not start in {timeout_s:g} s", where=self.name, remedy="look at what it printed; `ivr doctor`"
            ) from None
        if self._failure is not None:
            raise self._failure

    async def keep_alive(self) -> None:
        """Start the process, follow it, and start it again when it dies, ever more slowly if it dies young.

        One that dies before it was ever ready is not started again: `ready` raises why.
        """
        pause_s = _FIRST_PAUSE_S
        while not self._ending:
            started_at = time.monotonic()
            code = await self._run_once()
            if self._ending:
                return
            if not self._ready.is_set():
                self._failure = self._failure or HostError(
                    f"it ended with code {code} before it was ready", where=self.name, remedy="see what it printed"
                )
                self._ready.set()
                return
            pause_s = _FIRST_PAUSE_S if time.monotonic() - started_at > _STEADY_S else pause_s
            self._publish({"kind": "process.died", "code": code, "again_in_s": pause_s})
            try:
                await self._on_death()
            except Exception as error:
                # Supervision goes on whatever recovery meets: a dead line answers nobody.
                self._publish({"kind": "recovery.failed", "what": str(error) or type(error).__name__})
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def command(self, command: Mapping[str, object]) -> None:
        """Send one JSON line. Raises HostError when the process is not running."""
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None:
            raise HostError("the process is not running", where=self.name, remedy="it is started again: try later")
        process.stdin.write(json.dumps(command).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await process.stdin.drain()

    async def end(self) -> None:
        """Ask it to end, and kill it when it does not; afterwards it is not started again."""
        self._ending = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            self.killed = True
            await _kill(process)

    async def _run_once(self) -> int:
        """Run it once; a process that cannot even be started counts as one that died at once."""
        try:
            return await self._run()
        except (OSError, ValueError) as error:
            self._publish({"kind": "process.fault", "what": str(error) or type(error).__name__})
            return -1

    async def _run(self) -> int:
        # A session of its own: Ctrl-C in a terminal reaches the node alone, which lets calls end politely.
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._env,
            start_new_session=True,
            limit=_LINE_BYTES,
        )
        try:
            assert process.stdout is not None
            async for raw in process.stdout:
                with contextlib.suppress(ValueError):
                    self._received(json.loads(raw))
            return await process.wait()
        finally:
            await _kill(process)

    def _received(self, message: Mapping[str, object]) -> None:
        event = {key: value for key, value in message.items() if key != "event"}
        event["kind"] = kind = str(message.get("kind") or message.get("event") or "")
        if kind in ("line.ready", "console.ready", "ready"):
            self.uri = str(event.get("uri", ""))
            self._ready.set()
        elif kind in ("line.failed", "failed") and not self._ready.is_set():
            self._failure = _failure(self.name, event)
        self._publish(event)

    def _publish(self, event: LiveEvent) -> None:
        self._on_event({"process": self.name, **event})


def _failure(name: str, event: LiveEvent) -> IvrError:
    what, remedy = str(event.get("what", "failed")), str(event.get("remedy", "")) or "`ivr doctor` says more"
    where = ", ".join(part for part in (name, str(event.get("where", ""))) if part)
    if event.get("exit_code") == EXIT_USAGE:
        return ConfigurationError(what, file=where, remedy=remedy)
    return HostError(what, where=where, remedy=remedy)


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
