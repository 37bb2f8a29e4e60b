"""The guard on A-law audio: numbers that callers say, and questions that agents ask, through the live pipeline.

    python -m benchmarks.guard_audio [--count 30] [--seed N] [--model-dir DIR]

One synthetic voice says `count` forbidden numbers, as many harmless ones, and as many forbidden questions and mentions
of `tests/data/guard/asks_last_round.jsonl` (which the phrase bank knows: what is lost is lost by the ear). A number is
found when anything of the utterance is masked. Nothing is asserted. About four seconds of CPU per utterance.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.ear_run import listen, models_directory
from benchmarks.guard import SENTENCES
from benchmarks.other_numbers import harmless
from benchmarks.spoken_numbers import forbidden
from ivr.audio.pcm import from_pcm
from ivr.domain.asks.detector import AskDetector
from ivr.domain.audio.channel import Channel
from ivr.domain.program.program import Program
from ivr.services.hearing.file_listening import FileHearing
from ivr.settings import default_config_dir, load_settings
from ivr.settings.phrases import load_phrases
from ivr.speech.ear import EarJudge
from ivr.speech.local import LocalEar
from ivr.speech.model import ModelSettings
from ivr.speech.voice import NanoVoice
from tools.corpus.simulated_line import SimulatedLine, through

_NUMBERS = ("nir", "card", "iban")


def heard(judge: EarJudge, program: Program, channel: Channel, texts: Iterable[str]) -> Iterator[FileHearing]:
    """Say each text on a clean A-law line, half a second of silence before and one after it, and listen to it."""
    voice, random_, ear = NanoVoice(), np.random.default_rng(1), LocalEar(judge, judge.forget)
    for text in texts:
        said = from_pcm(
            voice.say(text, pitch=float(random_.uniform(0.8, 1.3)), speed=float(random_.uniform(0.85, 1.1)))
        )
        call = np.concatenate([np.zeros(4000, np.float32), said, np.zeros(8000, np.float32)])
        yield asyncio.run(listen(ear, through(SimulatedLine(), call, random_), program, channel))
    asyncio.run(ear.close())


def sentences(count: int, seed: int, *, asks: bool) -> list[str]:
    """Draw questions that may never be asked, or mentions."""
    lines = (SENTENCES / "asks_last_round.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if bool(row["asks"]) is asks and row["direction"] is None]
    return [str(row["text"]) for row in random.Random(seed).sample(rows, min(count, len(rows)))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print one line per kind of material; exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard_audio", description=__doc__)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--model-dir", type=Path)
    given = parser.parse_args(arguments)
    config = default_config_dir(os.environ)
    program = load_settings(config, os.environ).program("hotline-quality")
    numbers = (said.text for said in forbidden(20 * given.count, given.seed) if said.kind in _NUMBERS)
    others = (said.text for said in harmless(given.count, given.seed))
    with tempfile.TemporaryDirectory() as folder:
        model = ModelSettings(models_directory(given.model_dir, Path(folder)))
        judge = EarJudge(model, asks=AskDetector(load_phrases(config / "phrases")))
        for name, channel, texts in (
            ("NIR, card or IBAN, masked", Channel.CALLER, list(islice(numbers, given.count))),
            ("other numbers, masked", Channel.CALLER, list(others)),
            ("questions of an agent, found", Channel.AGENT, sentences(given.count, given.seed, asks=True)),
            ("mentions of an agent, found", Channel.AGENT, sentences(given.count, given.seed, asks=False)),
        ):
            found = sum(bool(one.masked or one.asks) for one in heard(judge, program, channel, texts))
            print(f"{name}: {found} of {len(texts)}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
