"""What fifty people who listen at once cost the console: its cores, its memory, and how long they wait for sound.

    python -m benchmarks.listeners [--listeners N] [--seconds N] [--output docs/vault]

The console is its own process, asked over HTTP as a player in a browser asks: the page of a recording, then its pieces,
first as far ahead as browsers fetch, then as they are played, and every few seconds what was played. Each listener has
a session and an address. Signing in is not measured. Cores and memory are those of the console's process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import itertools
import os
import re
import secrets
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from benchmarks import recording
from benchmarks.listening import p95
from ivr.bootstrap.accounts import open_accounts
from ivr.bootstrap.archive import Archive, open_archive
from ivr.bootstrap.node import console_child
from ivr.console.visit import SESSION_COOKIE, form_token
from ivr.domain.access import Actor, Role
from ivr.domain.account.account import Account, AccountState
from ivr.domain.account.session import Session
from ivr.domain.evidence.events.console import SignedIn
from ivr.services.account.token import key_of
from ivr.services.ports.accounts import Credentials
from ivr.services.ports.evidence import Entry
from ivr.services.ports.vault import RecordingTag
from ivr.settings import Settings, default_config_dir, load_settings

#: Cores, and growth while they listen that is still called flat.
TARGET_CORES, TARGET_MIB = 1.0, 16.0
_MINUTES, _RECORDINGS = 30, 4
_AHEAD_S = 600.0
_TOLD_EVERY_S = 5.0
_LISTENING = re.compile(r'data-listening="(/ecoutes/[^"]+)"|src="(/ecoutes/[^"]+)/son"')


@dataclass
class Usage:
    """Of one process: seconds of CPU, and bytes in memory."""

    cpu_s: float
    rss: int

    @classmethod
    def of(cls, pid: int) -> Usage:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(stat[11]) + int(stat[12])
        return cls(ticks / os.sysconf("SC_CLK_TCK"), int(stat[21]) * os.sysconf("SC_PAGE_SIZE"))


@dataclass
class Found:
    """What the listeners met; waits in milliseconds."""

    first: list[float] = field(default_factory=list)
    ahead: list[float] = field(default_factory=list)
    steady: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    bytes: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.listeners", description=__doc__.splitlines()[0])
    parser.add_argument("--listeners", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=90)
    parser.add_argument("--output", type=Path, help="write listeners.md into this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("IVR_")},
            "IVR_NODE__DATA_DIR": folder,
            "IVR_CONSOLE__PORT": "0",
        }
        settings = load_settings(default_config_dir(env), env)
        sessions = stock(settings, options.listeners)
        lines, well = asyncio.run(measure(settings, env, sessions, options.seconds))
    print("\n".join(lines))
    if options.output:
        (options.output / "listeners.md").write_text("\n".join(lines) + "\n", "utf-8")
    return 0 if well else 1


def stock(settings: Settings, listeners: int) -> list[str]:
    """Seal some recordings, and begin a session for each listener; returns the sessions' tokens."""
    archive = open_archive(settings, create=True)
    try:
        frames = list(itertools.islice(recording.frames(recording.conversation(1.0)), 50 * 60))
        for number in range(_RECORDINGS):
            _seal(archive, f"rec-{number}", settings.node.id, itertools.chain.from_iterable([frames] * _MINUTES))
        return [_session(settings, archive, f"listener{number}") for number in range(listeners)]
    finally:
        archive.close()


def _seal(archive: Archive, name: str, node_id: str, frames: Iterator[bytes]) -> None:
    now = archive.clock.now()
    tag = RecordingTag(
        name, f"call-{name}", "hotline-quality", ("quality",), "fr-2026", "1", (), "quality_audio", "opus",
        ("caller", "heard_by_caller"), 8000, now, node_id,
    )  # fmt: skip
    writing = archive.vault.begin(tag, deadline=now + timedelta(days=180))
    for frame in frames:
        writing.write(frame)
    writing.seal(consent={})


def _session(settings: Settings, archive: Archive, login: str) -> str:
    """As if they had signed in and said why."""
    accounts, now, token = open_accounts(settings, archive), archive.clock.now(), secrets.token_urlsafe(32)
    admin = Actor("bench", Role.ADMINISTRATOR)
    invited = accounts.invitations.invite(login, Role.QUALITY_ANALYST, admin)
    account = Account(f"id-{login}", login, Role.QUALITY_ANALYST, AccountState.ACTIVE, now)
    entry = Entry(SignedIn(actor=login, role=account.role.value, factors=("password", "totp")))
    accounts.book.make(key_of(invited), account, Credentials("none", b""), entry)
    accounts.book.begin(Session(key_of(token), account, now, now, "quality_audio", "mesure"), "none", entry)
    return token


async def measure(
    settings: Settings, env: Mapping[str, str], sessions: list[str], seconds: int
) -> tuple[list[str], bool]:
    child = console_child(settings, env=env, on_event=lambda event: None)
    watcher = asyncio.create_task(child.keep_alive())
    try:
        await child.ready(60.0)
        assert child.pid is not None
        return await asyncio.to_thread(_listened, child.uri, child.pid, sessions, seconds)
    finally:
        await child.end()
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)


def _listened(url: str, pid: int, sessions: list[str], seconds: int) -> tuple[list[str], bool]:
    found, ready, go, over = Found(), threading.Barrier(len(sessions) + 1), threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=_listen, args=(url, number, token, found, ready, go, over))
        for number, token in enumerate(sessions)
    ]
    before, began = Usage.of(pid), time.monotonic()
    for thread in threads:
        thread.start()
    ready.wait(600)
    burst, burst_s = Usage.of(pid), time.monotonic() - began
    go.set()
    began = time.monotonic()
    over.wait(seconds)
    after, steady_s = Usage.of(pid), time.monotonic() - began
    over.set()
    for thread in threads:
        thread.join(60)
    cores = (after.cpu_s - burst.cpu_s) / steady_s
    growth = (after.rss - burst.rss) / (1 << 20)
    well = cores <= TARGET_CORES and growth <= TARGET_MIB and not found.faults
    return report(found, len(sessions), (before, burst, after), (burst_s, steady_s), cores, growth), well


def _listen(
    url: str,
    number: int,
    token: str,
    found: Found,
    ready: threading.Barrier,
    go: threading.Event,
    over: threading.Event,
) -> None:
    try:
        player = Player(url, number, token, found)
        player.open()
        while player.ahead_s < _AHEAD_S:
            found.ahead.append(player.piece())
        player.close()
        ready.wait(600)
        go.wait()
        # Nobody presses play at the same moment as fifty others.
        over.wait(number % 20)
        began = told = time.monotonic()
        while not over.wait(0.25):
            now = time.monotonic()
            if now - told >= _TOLD_EVERY_S:
                player.tell(now - began)
                told = now
            if player.ahead_s - (now - began) < _AHEAD_S:
                found.steady.append(player.piece())
    except (OSError, http.client.HTTPException, AssertionError, threading.BrokenBarrierError) as error:
        found.faults.append(f"{type(error).__name__}: {error}")
        ready.abort()


class Player:
    """One browser with one recording; a connection for each burst, as browsers keep them."""

    def __init__(self, url: str, number: int, token: str, found: Found) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        # Each has an address of its own: a house does not share one here, and its allowance is no subject.
        self._connection = http.client.HTTPConnection(
            parts.hostname, parts.port, timeout=60, source_address=(f"127.0.1.{number + 1}", 0)
        )
        self._headers = {"cookie": f"{SESSION_COOKIE}={token}", "host": parts.netloc}
        self._form = {"origin": url, "content-type": "application/x-www-form-urlencoded"}
        self._token = form_token(token)
        self._recording, self._found = f"rec-{number % _RECORDINGS}", found
        self._path, self._at, self._size = "", 0, 1

    @property
    def ahead_s(self) -> float:
        return self._at / self._size * _MINUTES * 60

    def open(self) -> None:
        began = time.perf_counter()
        page = self._ask("GET", f"/enregistrements/{self._recording}").decode()
        match = _LISTENING.search(page)
        assert match is not None, page[:200]
        self._path = match[1] or match[2]
        self.piece()
        self._found.first.append((time.perf_counter() - began) * 1000)

    def piece(self) -> float:
        began = time.perf_counter()
        body = self._ask("GET", f"{self._path}/son", range=f"bytes={self._at}-")
        self._at += len(body)
        self._found.bytes += len(body)
        return (time.perf_counter() - began) * 1000

    def tell(self, seconds: float) -> None:
        form = {"form_token": self._token, "played": f"0-{int(seconds * 1000)}"}
        self._ask("POST", self._path, urlencode(form), **self._form)

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str = "", **headers: str) -> bytes:
        with contextlib.suppress(ConnectionError):
            return self._asked(method, path, body, headers)
        # The server closed what was quiet for some seconds.
        self._connection.close()
        return self._asked(method, path, body, headers)

    def _asked(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> bytes:
        self._connection.request(method, path, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status in (200, 204, 206), f"{path}: {answer.status}"
        if answer.status == 206:
            self._size = int(str(answer.headers["content-range"]).rpartition("/")[2])
        return content


def report(
    found: Found,
    listeners: int,
    usage: tuple[Usage, Usage, Usage],
    spans: tuple[float, float],
    cores: float,
    growth: float,
) -> list[str]:
    before, burst, after = usage
    rows = (
        ("page and first sound", found.first), ("next piece, fetching ahead", found.ahead),
        ("next piece, while playing", found.steady),
    )  # fmt: skip
    return [
        f"# What {listeners} listeners at once cost",
        "",
        f"At most {TARGET_CORES:g} core, and {TARGET_MIB:g} MiB more memory. The load average over the last 15 minutes",
        f"was {os.getloadavg()[2]:.1f}: above 1 it is other work, and waits suffer from it. Cores are CPU time of the",
        "console's process, which other work does not change.",
        "",
        "| | |",
        "| --- | --- |",
        f"| ten minutes ahead for all: CPU, wall | {burst.cpu_s - before.cpu_s:.1f} s, {spans[0]:.1f} s |",
        f"| while they play, {spans[1]:.0f} s: cores | {cores:.2f} |",
        f"| memory before, with all open, at the end | "
        f"{before.rss >> 20}, {burst.rss >> 20}, {after.rss >> 20} MiB ({growth:+.1f}) |",
        f"| sound handed over | {found.bytes / (1 << 20):.0f} MiB |",
        f"| faults | {len(found.faults)}{': ' + found.faults[0] if found.faults else ''} |",
        "",
        "| wait | p95 | median | times |",
        "| --- | --- | --- | --- |",
        *(
            f"| {name} | {p95(waits):.0f} ms | {statistics.median(waits):.0f} ms | {len(waits)} |"
            for name, waits in rows
            if len(waits) > 1
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
