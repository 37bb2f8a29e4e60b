"""What a call costs a line: signalling, both taps, voice detector, Opus, encryption, file. One core is 100 %.

Real line processes serve real calls from sipp, whose callers talk half of the time; the ear is a server that finds
everything harmless, so that everything is recorded. Only the lines' CPU time is counted.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from benchmarks.speech import a_conversation
from ivr.audio.g711 import alaw_encode
from ivr.bootstrap.installation import install
from ivr.domain.hearing.verdict import Band, Label, Verdict
from ivr.errors import HostError
from ivr.services.ports.hearing import Speech
from ivr.settings import default_config_dir, load_settings
from ivr.speech.server import EarServer

_EAR_TAKES_S = 0.3
_CALLS_PER_LINE = 4
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class LineCost:
    """`percent_per_call` is of one core, idle cost included; `lost_frames` were dropped by full queues."""

    lines: int
    calls: int
    seconds: float
    percent_per_call: float
    memory_mb_per_line: float
    lost_frames: int


@dataclass
class _Line:
    process: asyncio.subprocess.Process
    port: int
    events: Counter[str]
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)


async def measure_line(lines: int, *, seconds: float = 20.0) -> LineCost:
    """Hold four calls on each of `lines` lines, and measure once every caller has heard the disclosure."""
    if shutil.which("sipp") is None:
        raise HostError("sipp is not installed", remedy="run `make setup-test` (package sip-tester)")
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as name:
        async with AsyncExitStack() as stack:
            return await _measure(lines, seconds, Path(name), stack)


async def _measure(lines: int, seconds: float, folder: Path, stack: AsyncExitStack) -> LineCost:
    env = _environment(lines, folder)
    await asyncio.to_thread(install, load_settings(default_config_dir(env), env))
    endpoint = stack.enter_context(_harmless_ear())
    (folder / "speech.al").write_bytes(alaw_encode(a_conversation()).tobytes())
    running = [await stack.enter_async_context(_line(index, endpoint, env)) for index in range(lines)]
    for line in running:
        await stack.enter_async_context(_callers(line.port, folder))
    async with asyncio.timeout(90):
        await asyncio.gather(*(line.told.wait() for line in running))
    pids = [line.process.pid for line in running]
    clock = asyncio.get_running_loop().time
    before_s, began = sum(map(_cpu_s, pids)), clock()
    await asyncio.sleep(seconds)
    used_s, lasted = sum(map(_cpu_s, pids)) - before_s, clock() - began
    calls = lines * _CALLS_PER_LINE
    return LineCost(
        lines=lines,
        calls=calls,
        seconds=lasted,
        percent_per_call=100 * used_s / lasted / calls,
        memory_mb_per_line=sum(map(_memory_mb, pids)) / lines,
        lost_frames=sum(line.events["media.overflow"] for line in running),
    )


def _environment(lines: int, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "IVR_NODE__DATA_DIR": str(folder / "data"),
        "IVR_NODE__LINES": str(lines),
        "IVR_EAR__MODEL_DIR": str(load_settings(default_config_dir(os.environ), os.environ).model_dir),
        "IVR_SIP__BIND": "127.0.0.1",
        "IVR_SIP__PORT": "0",
        "IVR_CONSOLE__ENABLED": "false",
    }


def _harmless(speech: Speech) -> Verdict:
    """Find everything harmless, after as long as a real ear takes: lines ask more often of an ear that is faster."""
    time.sleep(_EAR_TAKES_S)
    return Verdict(Label.NONE, Band.CLEAR, 0.0)


@contextmanager
def _harmless_ear() -> Iterator[str]:
    server = EarServer(_harmless, workers=16, capacity=256)
    endpoint = server.bind("tcp://127.0.0.1:*")
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield endpoint
    finally:
        server.stop()
        thread.join()


@asynccontextmanager
async def _line(index: int, endpoint: str, env: dict[str, str]) -> AsyncIterator[_Line]:
    config = default_config_dir(env)
    arguments = ["-m", "ivr.bootstrap.line_process", "--config", str(config), "--index", str(index), "--ear", endpoint]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=env
    )
    line = _Line(process, 0, Counter())
    reading = asyncio.create_task(_read(line))
    try:
        async with asyncio.timeout(60):
            await line.ready.wait()
        yield line
    finally:
        process.terminate()
        await process.wait()
        await reading


async def _read(line: _Line) -> None:
    assert line.process.stdout is not None
    async for raw in line.process.stdout:
        events = json.loads(raw)
        line.events[events["kind"]] += 1
        if events["kind"] == "line.ready":
            line.port = int(events["uri"].rpartition(":")[2])
            line.ready.set()
        elif line.events["disclosure.completed"] == _CALLS_PER_LINE:
            line.told.set()


@asynccontextmanager
async def _callers(port: int, folder: Path) -> AsyncIterator[None]:
    """Four callers who talk until the measurement is over; bounded to three minutes."""
    scenario = Path(__file__).with_name("caller_talks.xml")
    arguments = ["-sf", str(scenario), "-i", "127.0.0.1", "-p", str(_free_port()), "-mp", str(_free_port())]
    arguments += ["-m", str(_CALLS_PER_LINE), "-r", "2", "-d", "170000", "-timeout", "180s", "-nostdin"]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        "sipp", *arguments, f"127.0.0.1:{port}", stdin=quiet, stdout=quiet, stderr=quiet, cwd=folder
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _cpu_s(pid: int) -> float:
    """Return the user and system seconds a process has used so far (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
