"""The ear beside plain `WhisperModel.transcribe` (beam 5), on the same telephone speech in the same run.

    python -m benchmarks.ear [--json] [--model-dir DIR] [--rounds N]

The ear is a real process over ZeroMQ; its latency is from question to verdict, voice check and understanding
included. Plain Whisper is given the same number of cores, once as one worker on all of them and once as one
worker per core. Both first hear one sentence that is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from rich.console import Console
from rich.table import Table

from ivr.audio.g711 import through_telephone
from ivr.audio.pcm import Samples, from_pcm, to_pcm
from ivr.audio.resampling import resample
from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.cleared_mark import Piece
from ivr.errors import IvrError
from ivr.services.ports.hearing import ListenContext, Speech
from ivr.speech.client import ZmqEar
from ivr.speech.model import join_model
from ivr.speech.voice import NanoVoice

SENTENCES = (
    "Je m'oppose à l'enregistrement de cet appel.",
    "Je ne veux pas être enregistré, merci.",
    "Bonjour, avant de commencer, je préfère que la conversation ne soit pas enregistrée.",
    "Vous pouvez couper l'enregistrement, s'il vous plaît ?",
    "Non merci, ça ne m'intéresse pas, ne me rappelez plus.",
    "Retirez-moi de vos listes.",
    "Bonjour, je vous appelle au sujet du remboursement de mes lunettes.",
    "Vous avez bien enregistré mon changement d'adresse ?",
    "Je m'oppose au prélèvement du mois de mars, il a été fait deux fois.",
    "Oui, c'est bien ça.",
    "Est-ce que cet appel est enregistré ?",
    "Je voudrais ajouter mon fils à mon contrat, il vient d'avoir seize ans et il entre au lycée.",
    "D'accord, je vous écoute.",
    "J'ai reçu un courrier de la caisse, et je ne comprends pas le montant qui est écrit.",
    "Allô, oui, bonjour madame, excusez-moi, je suis un peu sourde.",
    "Je rappellerai demain matin avec ma carte.",
)


@dataclass(frozen=True)
class Utterance:
    """One sentence as the line brings it: 8 kHz floats with 300 ms of line silence at its end."""

    text: str
    samples: Samples


@dataclass(frozen=True)
class Result:
    """Latencies in milliseconds per utterance; `words_wrong` is the word error rate, `caught` of `sought` the
    sentences whose "enregistr…" was written down."""

    name: str
    utterances: int
    per_second: float
    p50_ms: float
    p95_ms: float
    words_wrong: float
    caught: int
    sought: int


def utterances(rounds: int) -> list[Utterance]:
    """Return every sentence `rounds` times, each time with another voice and speed."""
    voice, found = NanoVoice(), []
    for turn in range(rounds):
        for number, text in enumerate(SENTENCES):
            pitch = 0.85 + 0.1 * ((number + turn) % 5)
            pcm = from_pcm(voice.say(text, pitch=pitch, speed=0.9 + 0.1 * ((number + 2 * turn) % 3)))
            line = np.concatenate([pcm, np.zeros(1600, np.float32)])
            found.append(Utterance(text, through_telephone(line)))
    return found


def plain(model_dir: Path, material: Sequence[Utterance], *, workers: int, threads: int) -> Result:
    """Plain Whisper: `workers` transcriptions at once, each on `threads` cores."""
    model = WhisperModel(
        str(model_dir),
        device="cpu",
        compute_type="int8",
        cpu_threads=threads,
        num_workers=workers,
        local_files_only=True,
    )

    def transcribe(utterance: Utterance) -> tuple[str, float]:
        begin = time.perf_counter()
        segments, _ = model.transcribe(resample(utterance.samples, 8000, 16_000), language="fr", beam_size=5)
        text = " ".join(segment.text for segment in segments)
        return text, time.perf_counter() - begin

    transcribe(material[0])
    begin = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        done = list(pool.map(transcribe, material))
    name = f"plain Whisper, {workers} × {threads} thread{'s' if threads > 1 else ''}"
    return _result(name, material, done, time.perf_counter() - begin)


async def ear(endpoint: str, material: Sequence[Utterance], *, callers: int) -> Result:
    """The ear process, asked by `callers` people at once, each waiting for the verdict before the next piece."""
    client = ZmqEar([endpoint], patience_s=30.0)
    done: list[tuple[str, float]] = [("", 0.0)] * len(material)
    left = iter(range(len(material)))

    async def caller(number: int) -> None:
        for index in left:
            begin = time.perf_counter()
            verdict = await client.judge(_speech(material[index], f"call-{number}", index))
            done[index] = verdict.text, time.perf_counter() - begin

    try:
        await client.judge(_speech(material[0], "warm", 0))
        begin = time.perf_counter()
        await asyncio.gather(*(caller(number) for number in range(callers)))
        took = time.perf_counter() - begin
    finally:
        await client.close()
    return _result(f"the ear, {callers} caller{'s' if callers > 1 else ''}", material, done, took)


@contextmanager
def ear_process(model_dir: Path, workers: int) -> Iterator[str]:
    """Run an ear for as long as the block lasts; yields its endpoint."""
    with tempfile.TemporaryDirectory() as folder:
        endpoint = f"ipc://{folder}/ear.sock"
        command = [sys.executable, "-m", "ivr.speech.server", "--endpoint", endpoint, "--model-dir", str(model_dir)]
        with subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                if json.loads(process.stdout.readline() or '{"event": ""}')["event"] != "ready":
                    raise SystemExit(3)
                yield endpoint
            finally:
                process.terminate()


def _speech(utterance: Utterance, call_id: str, number: int) -> Speech:
    length_ms = utterance.samples.size // 8
    pcm = to_pcm(utterance.samples[: length_ms * 8]).astype("<i2").tobytes()
    piece = Piece(number + 1, Channel.CALLER, 0, length_ms, True)
    return Speech(call_id, piece, pcm, ListenContext(want_text=True), 120.0)


def _result(name: str, material: Sequence[Utterance], done: Sequence[tuple[str, float]], took_s: float) -> Result:
    ms = np.array([seconds for _, seconds in done]) * 1000
    pairs = [(_words(utterance.text), _words(text)) for utterance, (text, _) in zip(material, done, strict=True)]
    sought = [heard for said, heard in pairs if any("enregistr" in word for word in said)]
    return Result(
        name,
        len(material),
        len(material) / took_s,
        float(np.percentile(ms, 50)),
        float(np.percentile(ms, 95)),
        sum(_distance(said, heard) for said, heard in pairs) / sum(len(said) for said, _ in pairs),
        sum(any("enregistr" in word for word in heard) for heard in sought),
        len(sought),
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words must be changed, added or removed (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ear", description="The ear beside plain Whisper.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model-dir", type=Path, help="a CTranslate2 Whisper directory; default: the packaged one")
    parser.add_argument("--rounds", type=int, default=2, help="how often each sentence is said")
    options = parser.parse_args(arguments)
    cores = max(1, min(2, len(os.sched_getaffinity(0))))
    with tempfile.TemporaryDirectory() as folder:
        model_dir = options.model_dir or Path(folder)
        try:
            if options.model_dir is None:
                join_model(model_dir)
            material = utterances(max(1, options.rounds))
            results = [plain(model_dir, material, workers=1, threads=cores)]
            if cores > 1:
                results.append(plain(model_dir, material, workers=cores, threads=1))
            with ear_process(model_dir, cores) as endpoint:
                results += [asyncio.run(ear(endpoint, material, callers=callers)) for callers in (1, 8)]
        except IvrError as error:
            print(error, file=sys.stderr)
            return error.exit_code
    usual = results[0].per_second
    best = max(result.per_second for result in results if result.name.startswith("plain"))
    fastest = max(result.per_second for result in results)
    audio_s = sum(utterance.samples.size for utterance in material) / 8000
    ratios = {"throughput_vs_transcribe": fastest / usual, "throughput_vs_best_plain": fastest / best}
    if options.json:
        print(json.dumps({"cores": cores, "audio_s": audio_s, **ratios, "results": [asdict(r) for r in results]}))
        return 0
    table = Table(
        title=f"{len(material)} utterances, {audio_s:.0f} s of telephone speech, {cores} cores",
        caption="heard: sentences in which “enregistr…” was said and written down",
    )
    table.add_column("", no_wrap=True)
    for heading in ("per s", "× plain", "p50 ms", "p95 ms", "WER", "heard"):
        table.add_column(heading, justify="right")
    for r in results:
        table.add_row(
            r.name,
            f"{r.per_second:.2f}",
            f"{r.per_second / usual:.1f}",
            f"{r.p50_ms:.0f}",
            f"{r.p95_ms:.0f}",
            f"{100 * r.words_wrong:.0f} %",
            f"{r.caught}/{r.sought}",
        )
    Console().print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
