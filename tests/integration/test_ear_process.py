"""The ear as a process of its own, with the real model: it serves, is killed, ends, and refuses what is wrong."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivr.errors import EXIT_ENVIRONMENT, EXIT_USAGE, SpeechError
from ivr.services.ports.hearing import ListenContext
from ivr.speech.client import ZmqEar
from tests.fakes.telephone import speech_of, spoken

pytestmark = pytest.mark.ear

_OBJECTION = "Je m'oppose à l'enregistrement de cet appel."


@contextmanager
def _process(endpoint: str, model_dir: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "ivr.speech.server", "--endpoint", endpoint, "--model-dir", str(model_dir)]
    with subprocess.Popen([*command, "--workers", "1"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert ready["event"] == "ready"
            yield process
        finally:
            process.kill()
            process.wait(60)


@pytest.mark.crash
def test_an_ear_killed_while_it_judges_is_an_error_at_once_and_a_new_one_serves(
    model_dir: Path, tmp_path: Path
) -> None:
    endpoint = f"ipc://{tmp_path}/ear.sock"
    speech = speech_of(spoken(_OBJECTION))

    async def scenario() -> None:
        ear = ZmqEar([endpoint], patience_s=60.0)
        with _process(endpoint, model_dir) as process:
            assert (await ear.judge(speech)).speech
            os.kill(process.pid, signal.SIGSTOP)  # so that it cannot have answered when it is killed
            asked = asyncio.create_task(ear.judge(speech))
            await asyncio.sleep(0)
            os.kill(process.pid, signal.SIGKILL)
            with pytest.raises(SpeechError, match="gone"):
                await asked
        with _process(endpoint, model_dir):
            assert (await ear.judge(speech)).speech
        await ear.close()

    asyncio.run(scenario())


def test_an_ear_process_ends_on_sigterm_with_its_counters_and_without_words(model_dir: Path, tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/ear.sock"

    async def scenario() -> None:
        ear = ZmqEar([endpoint], patience_s=60.0)
        await ear.judge(speech_of(spoken(_OBJECTION), context=ListenContext(want_text=True)))
        await ear.close()

    with _process(endpoint, model_dir) as process:
        asyncio.run(scenario())
        process.terminate()
        assert process.stdout is not None
        rest = process.stdout.read()
        assert process.wait(60) == 0
    ended = json.loads(rest)
    assert (ended["event"], ended["judged"]) == ("ended", 1)
    assert "oppose" not in rest


def test_an_ear_process_dies_with_its_parent(model_dir: Path, tmp_path: Path) -> None:
    program = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-m', 'ivr.speech.server', '--endpoint', "
        "sys.argv[1], '--model-dir', sys.argv[2]], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL); "
        "p.stdout.readline(); print(p.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, f"ipc://{tmp_path}/ear.sock", str(model_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        ear = os.pidfd_open(int(parent.stdout.readline()))
        try:
            parent.kill()
            parent.wait(60)

            async def gone() -> None:
                ended = asyncio.Event()
                asyncio.get_running_loop().add_reader(ear, ended.set)
                await asyncio.wait_for(ended.wait(), 60)
                asyncio.get_running_loop().remove_reader(ear)

            asyncio.run(gone())
        finally:
            os.close(ear)


def _refusal(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ivr.speech.server", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def test_an_ear_process_without_its_model_says_how_to_mend_it(tmp_path: Path) -> None:
    done = _refusal("--endpoint", f"ipc://{tmp_path}/ear.sock", "--model-dir", str(tmp_path / "nowhere"))
    assert done.returncode == EXIT_ENVIRONMENT
    assert "ivr init" in done.stderr
    assert json.loads(done.stdout)["event"] == "failed"


def test_an_ear_process_on_an_open_address_is_a_usage_error(tmp_path: Path) -> None:
    done = _refusal("--endpoint", "tcp://0.0.0.0:5555", "--model-dir", str(tmp_path))
    assert done.returncode == EXIT_USAGE
