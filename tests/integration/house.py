"""What the tests of the whole node share: an installed node in its own folder, `ivr` commands, and `ivr serve`."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from click.testing import CliRunner

from ivr.bootstrap.archive import Archive, open_archive
from ivr.bootstrap.prompt_library import PromptLibrary
from ivr.cli.root import main
from ivr.settings import Settings, load_settings
from ivr.speech.voice import NanoVoice

REPOSITORY = Path(__file__).resolve().parents[2]
LiveEvent = dict[str, Any]
T = TypeVar("T")

#: Said instead of the real texts, so that a test waits two seconds where a caller waits fifteen. They hold every
#: element that the law asks for, as any node demands that starts; recorded voices say them fast (`hasten_notices`).
_AGENT = "Vous êtes enregistré."
_SHORT = {
    "hotline-disclosure": "Ici le robot de {controller}. Vous êtes enregistré pour la qualité. "
    "Pour refuser, tapez {objection_key}. Vos droits : notre site.",
    "prospecting-disclosure": "Ici le robot de {controller}, appel commercial. Vous êtes enregistré pour la loi. "
    "Pour refuser, tapez {objection_key}. Vos droits : notre site.",
    "quality-agent-disclosure": _AGENT,
    "sales-agent-disclosure": _AGENT,
}
_SHORTEST = "Merci."
#: Said to whoever was not understood: what it must contain leaves nothing to shorten.
_AS_DELIVERED = ("not-understood",)
_HASTE = 5.0


def run(test: Coroutine[Any, Any, T], *, limit_s: float = 540.0) -> T:
    """Run one test's coroutine, bounded in time."""

    async def bounded() -> T:
        async with asyncio.timeout(limit_s):
            return await test

    return asyncio.run(bounded())


async def until(condition: Callable[[], object], what: str, *, timeout_s: float = 120.0) -> None:
    """Wait until something that can only be looked at (a file, a process, a row) has become true."""
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110 - a file, a process or a row tells nobody that it changed
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what}: not in {timeout_s:g} s") from None


def write_config(folder: Path) -> Path:
    """Copy the repository's configuration with prompts that are soon said; everything else is as delivered."""
    shutil.copytree(REPOSITORY / "config", folder)
    prompts = load_settings(REPOSITORY / "config", {}).prompts
    for file in (folder / "prompts").iterdir():
        file.unlink()
    tables = [
        f'[prompts.{prompt_id}]\nversion = "test"\ntext = "{_SHORT.get(prompt_id, _SHORTEST)}"\n'
        + ('english = "Yes."\n' if prompt.english else "")
        for prompt_id, prompt in prompts.items()
        if prompt_id not in _AS_DELIVERED
    ]
    tables += [
        f'[prompts.{prompt_id}]\nversion = "test"\ntext = {json.dumps(prompts[prompt_id].text)}\n'
        f"english = {json.dumps(prompts[prompt_id].english)}\n"
        for prompt_id in _AS_DELIVERED
    ]
    for program in (folder / "programs").iterdir():
        program.write_text(
            program.read_text("utf-8").replace("\nring_timeout_s = 30.0", "\nring_timeout_s = 8.0"), "utf-8"
        )
    (folder / "prompts" / "short.toml").write_text("\n".join(tables), "utf-8")
    return folder


def hasten_notices(settings: Settings) -> None:
    """Give each notice a recorded voice that says its words five times as fast as the synthetic one does."""
    library, voice = PromptLibrary(settings), NanoVoice(speed=_HASTE)
    for spoken in settings.spoken():
        if spoken.moment == "disclosure":
            library.recorded_file(spoken.prompt).write_bytes(voice.wav(spoken.prompt.text))


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class House:
    """One node's folders: its own configuration, data folder and temporary folder."""

    folder: Path
    model_dir: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def config_dir(self) -> Path:
        return self.folder / "config"

    @property
    def data_dir(self) -> Path:
        return self.folder / "var"

    @property
    def temp_dir(self) -> Path:
        return self.folder / "tmp"

    @property
    def store_dir(self) -> Path:
        return self.data_dir / "recordings"

    @property
    def env(self) -> dict[str, str]:
        """The environment of every process of this house."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
        return {
            **inherited,
            "IVR_CONFIG": str(self.config_dir),
            "IVR_NODE__DATA_DIR": str(self.data_dir),
            "IVR_EAR__MODEL_DIR": str(self.model_dir),
            "IVR_SIP__BIND": "127.0.0.1",
            "IVR_SIP__PORT": "0",
            "IVR_SIP__RTP_PORT_MIN": "0",
            "IVR_SIP__RTP_PORT_MAX": "0",
            # Where it is tested, it is switched on.
            "IVR_CONSOLE__ENABLED": "false",
            "IVR_LOG__LEVEL": "debug",
            # On a machine whose cores are taken an ear is late. What is late for good is tested where it is asked for.
            "IVR_EAR__DEADLINE_S": "40",
            "TMPDIR": str(self.temp_dir),
            "PYTHONUNBUFFERED": "1",
            **self.extra,
        }

    def settings(self) -> Settings:
        return load_settings(self.config_dir, self.env)

    def archive(self) -> Archive:
        """The vault and its evidence, as an auditor opens them; close it."""
        return open_archive(self.settings())

    def ivr(self, *arguments: str, text: str | bytes | None = None, **env: str) -> Done:
        """Run one `ivr` command in this process, which saves it the time to start; a fault of ours is raised here."""
        mine: dict[str, str | None] = {name: None for name in os.environ if name.startswith("IVR_")}
        result = CliRunner().invoke(main, list(arguments), input=text, env={**mine, **self.env, **env})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    def ivr_process(self, *arguments: str, text: str = "", timeout_s: float = 300.0, **env: str) -> Done:
        """Run one `ivr` command as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "ivr", *arguments],
            input=text,
            capture_output=True,
            text=True,
            env={**self.env, **env},
            timeout=timeout_s,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def ivr_json(self, *arguments: str, expect: int = 0, **env: str) -> Any:
        """Run a command with --json and return its object; the exit code must be the one expected."""
        done = self.ivr(*arguments, "--json", **env)
        assert done.returncode == expect, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def partials(self) -> list[Path]:
        return list(self.store_dir.glob("??/??/*.ivr.partial"))

    def must_be_whole(self) -> None:
        """What is stored is as it was sealed, and the chain of evidence has no hole."""
        assert self.ivr_json("recordings", "verify")["ok"] is True
        assert self.ivr_json("audit", "verify")["ok"] is True


class Serving:
    """`ivr serve --json` in a process of its own; `events` is everything it has told."""

    def __init__(self, house: House, **env: str) -> None:
        self._house = house
        self._env = env
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._changed = asyncio.Condition()
        self._next = 0
        self.events: list[LiveEvent] = []
        self.complaints: list[str] = []

    async def __aenter__(self) -> Serving:
        await self.start()
        try:
            await self.until("node.ready", timeout_s=180)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), 60)
            except TimeoutError:
                self.kill()
        await self.ended()

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ivr", "serve", "--json",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**self._house.env, **self._env},
        )  # fmt: skip
        self._readers = [asyncio.create_task(self._read()), asyncio.create_task(self._read_complaints())]

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    @property
    def uri(self) -> str:
        """Where the first line can be called now."""
        return str([item for item in self.events if item["kind"] == "line.ready"][-1]["uri"])

    @property
    def pids(self) -> dict[str, int]:
        """The processes as they are now, by name."""
        return {item["process"]: item["pid"] for item in self.events if item["kind"] in ("ready", "line.ready")}

    def all(self, kind: str) -> list[LiveEvent]:
        return [item for item in self.events if item["kind"] == kind]

    async def until(self, kind: str, *, timeout_s: float = 120.0, **wanted: object) -> LiveEvent:
        """Return the next event of this kind whose fields match; those before it are passed over."""
        return (await self.until_all({"kind": kind, **wanted}, timeout_s=timeout_s))[0]

    async def until_all(self, *wanted: Mapping[str, object], timeout_s: float = 120.0) -> list[LiveEvent]:
        """Return the next event that matches each of these, in whatever order they come.

        What two parts of the node tell has no order: a busy machine turns it round.
        """
        found: list[LiveEvent | None] = [None] * len(wanted)
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                while None in found:
                    while self._next < len(self.events) and None in found:
                        item = self.events[self._next]
                        self._next += 1
                        for number, fields in enumerate(wanted):
                            if found[number] is None and fields.items() <= item.items():
                                found[number] = item
                        if item["kind"] == "exited" and None in found:
                            raise AssertionError(f"ivr serve ended ({item['code']}) before {wanted}; {self._told()}")
                    if None in found:
                        await self._changed.wait()
        except TimeoutError:
            missing = [fields for fields, item in zip(wanted, found, strict=True) if item is None]
            raise AssertionError(f"no {missing} in {timeout_s:g} s; {self._told()}") from None
        return [item for item in found if item is not None]

    async def until_sentence(self, *, longer_ms: int = 1000) -> LiveEvent:
        """Return the next verdict on a whole sentence of the caller's: a breath or a click is judged as well."""
        while True:
            judged = await self.until("hearing.judged", channel="caller", final=True)
            if judged["end_ms"] - judged["start_ms"] > longer_ms:
                return judged

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()

    async def ended(self) -> int:
        """Wait for the end of the process and of what it says; returns its exit code."""
        code = await self.process.wait()
        await asyncio.gather(*self._readers)
        return code

    def _told(self) -> str:
        return f"told: {[item['kind'] for item in self.events]}; stderr: {self.complaints[-20:]}"

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            item = json.loads(line)
            item.setdefault("kind", item.get("event", ""))
            async with self._changed:
                self.events.append(item)
                self._changed.notify_all()
        async with self._changed:
            self.events.append({"kind": "exited", "code": await self.process.wait()})
            self._changed.notify_all()

    async def _read_complaints(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.complaints.append(line.decode("utf-8", "replace").rstrip())


def alive(pid: int) -> bool:
    """Whether a process still runs; one that has ended and only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"
