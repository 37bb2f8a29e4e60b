"""`ivr serve` with its console, as an operator meets both: the link it prints, a real call that comes and goes live."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.integration.baresip import baresip_command
from tests.integration.browser import PASSWORD, Person, chromium, type_in
from tests.integration.house import House, alive
from tests.integration.sounds import LINE_HZ, speech, write_wav
from tests.ports import free_port

pytestmark = [pytest.mark.sip, pytest.mark.ear]


class Printed:
    """What a process prints, line by line."""

    def __init__(self, stream: IO[str]) -> None:
        self.lines: list[str] = []
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def until(self, pattern: str, *, times: int = 1, timeout_s: float = 180.0) -> re.Match[str]:
        """Return the so many-th line in which this stands."""
        with self._came:
            assert self._came.wait_for(lambda: len(self._found(pattern)) >= times, timeout_s), self.lines[-30:]
            return self._found(pattern)[times - 1]

    def _found(self, pattern: str) -> list[re.Match[str]]:
        return [found for line in self.lines if (found := re.search(pattern, line))]

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._came:
                    self.lines.append(line)
                    self._came.notify_all()

    def close(self) -> None:
        """Wait until everything has been read; the process has ended."""
        self._reader.join(60)


@contextmanager
def started(command: Sequence[str], **more: object) -> Iterator[subprocess.Popen[str]]:
    process: subprocess.Popen[str] = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True, **more)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(60)


def until(page: Page, holds: str, *, timeout_s: float = 60.0) -> None:
    """`wait_for_function` would evaluate in the page, which its policy forbids."""
    end = time.monotonic() + timeout_s
    while not page.evaluate(holds):
        assert time.monotonic() < end, (holds, page.inner_text("main"))
        page.wait_for_timeout(50)


def enter(person: Person, link: str) -> str:
    """Make the first account with the link, and sign in; returns the console's address."""
    page = person.page
    page.goto(link)
    person.secret = (page.text_content("#key") or "").replace(" ", "")
    type_in(person, "admin", PASSWORD, PASSWORD)
    page.wait_for_url("**/connexion?fin=done")
    type_in(person, "admin", PASSWORD)
    url = link.partition("/invitation")[0]
    page.wait_for_url(f"{url}/")
    return url


_CALLS = "document.querySelectorAll('#appels tbody tr').length"
_LIVE = "document.getElementById('live').textContent === 'En direct.'"


def test_an_operator_sees_a_call_come_and_go_and_the_console_die_and_come_back(house: House, tmp_path: Path) -> None:
    said = speech("Bonjour, je voudrais changer mon adresse.", pause_s=8.0)
    wav = write_wav(tmp_path / "microphone.wav", np.concatenate([np.zeros(4 * LINE_HZ, np.int16), said]))
    env = {
        **house.env, "IVR_CONSOLE__ENABLED": "true", "IVR_CONSOLE__PORT": str(free_port()), "IVR_LOG__LEVEL": "info",
    }  # fmt: skip
    command = [sys.executable, "-m", "ivr", "serve"]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as node:
        assert node.stdout is not None
        assert node.stderr is not None
        out, log = Printed(node.stdout), Printed(node.stderr)
        link = out.until(r"http://127\.0\.0\.1:\d+/invitation\?jeton=\S+")[0]
        uri = out.until(r"sip:\S+")[0]
        first = int(log.until(r"console\.ready.*pid=(\d+)")[1])
        with chromium() as browser:
            person = Person(browser)
            page = person.page
            page.goto(f"{enter(person, link)}/exploitation")
            until(page, _LIVE)
            until(page, "document.getElementById('noeuds').textContent.includes('ear-0')")
            person.accessible()
            shown = page.inner_text("#noeuds")
            assert all(name in shown for name in ("node-1", "line-0", "ear-0", "clerk", "console"))
            assert page.evaluate(_CALLS) == 0
            page.evaluate("window.opened = 1")
            phone = baresip_command(tmp_path / "baresip", wav, uri)
            with started(phone, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as caller:
                until(page, f"{_CALLS} === 1")
                call = page.inner_text("#appels tbody")
                assert "hotline-quality" in call
                assert "entrant" in call
                until(page, "document.querySelector('#appels tbody').textContent.includes('en conversation')")
                person.accessible()
                for private in ("adherent", "sip:"):
                    assert private not in page.inner_text("main")
                caller.terminate()
                until(page, f"{_CALLS} === 0", timeout_s=120.0)
            _comes_back(page, first, log)
            assert page.evaluate("window.opened") == 1
            page.click("#pause")
            assert page.inner_text("#live") == "Direct suspendu."
            second = int(log.until(r"console\.ready.*pid=(\d+)", times=2)[1])
            node.send_signal(signal.SIGTERM)
            assert node.wait(120) == 0
            assert not alive(second)
            # While the console was gone the browser complained that it was.
            assert [one for one in person.complaints if "ERR_" not in one] == []
        out.close()
        log.close()
    assert _kinds(house).count("operation.shown") == 1


def _comes_back(page: Page, pid: int, log: Printed) -> None:
    """The console is killed by its id: the page says that it is gone, and goes on by itself once it is back."""
    os.kill(pid, signal.SIGKILL)
    until(page, "document.getElementById('live').textContent.startsWith('Le direct')")
    log.until(r"console\.ready", times=2)
    until(page, _LIVE)


def _kinds(house: House) -> list[str]:
    archive = house.archive()
    try:
        return [event.kind for event in archive.audit.events()]
    finally:
        archive.close()
