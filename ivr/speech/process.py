"""The ear as a process of its own: `python -m ivr.speech.server --endpoint … --model-dir …`.

An ear that watches agents too needs the phrase bank: `python -m ivr.bootstrap.ear_process --phrases …`.

It prints one JSON line when it is ready, one when it ends, and never a word it heard.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from ivr.domain.asks.detector import AskDetector
from ivr.domain.redaction.redactor import REDACTOR
from ivr.errors import EXIT_OK, IvrError
from ivr.hardening import die_with_parent, forbid_core_dumps
from ivr.process_log import event_line, guard_output
from ivr.speech.model import ModelSettings, RecogniserKind
from ivr.speech.server import EarServer, check_endpoint


def main(arguments: Sequence[str] | None = None, load_asks: Callable[[Path], AskDetector] | None = None) -> int:
    """Run one ear until SIGTERM or SIGINT, or until the parent process is gone; return the exit code.

    `load_asks` makes the detector of forbidden questions from the folder given as --phrases.
    """
    guard_output()
    options = _options(arguments)
    parent = os.getppid()
    forbid_core_dumps()
    if options.die_with_parent:
        die_with_parent(parent)
    # Whoever may not read this user's files may not reach the socket file either.
    os.umask(0o077)
    try:
        check_endpoint(options.endpoint)
        # Loading takes a second: a wrong endpoint is said before.
        from ivr.speech.ear import EarJudge

        model = ModelSettings(
            options.model_dir,
            options.device,
            options.compute_type,
            options.workers,
            options.recogniser,
            options.aligner_dir,
        )
        asks = load_asks(options.phrases) if load_asks is not None and options.phrases is not None else None
        judge = EarJudge(model, asks=asks, known=options.languages)
        server = EarServer(judge, workers=options.workers, capacity=options.capacity, forget=judge.forget)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        _say("ready", endpoint=server.bind(options.endpoint), pid=os.getpid(), workers=options.workers)
    except IvrError as error:
        _say("failed", what=str(error))
        print(REDACTOR.text(str(error)), file=sys.stderr)
        return error.exit_code
    server.run()
    _say("ended", **server.metrics().__dict__)
    return EXIT_OK


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ivr.speech.server", description="One ear process.")
    parser.add_argument("--endpoint", required=True, help="ipc:///path or tcp://127.0.0.1:port (* for any port)")
    parser.add_argument("--recogniser", default="whisper", choices=get_args(RecogniserKind))
    parser.add_argument(
        "--model-dir", required=True, type=Path, help="its model: a CTranslate2 Whisper, or an ONNX one"
    )
    parser.add_argument("--aligner-dir", type=Path, help="a Whisper that tells what an ONNX model cannot")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda", "auto"))
    parser.add_argument("--compute-type", default="auto", help="CTranslate2 compute type; auto: int8, float16 on cuda")
    parser.add_argument("--workers", type=int, default=2, help="pieces judged at once, one core each")
    parser.add_argument("--capacity", type=int, default=64, help="pieces that may wait")
    parser.add_argument("--languages", nargs="+", default=["fr"], help="which count as understood (fr, en)")
    parser.add_argument("--phrases", type=Path, help="folder of the phrase bank, to watch agents")
    parser.add_argument("--die-with-parent", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args(arguments)


def _say(event: str, **fields: object) -> None:
    try:
        print(event_line({"event": event, **fields}), end="", flush=True)
    except BrokenPipeError:
        # Whoever started this ear no longer reads; what is left in the buffer must not fail at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
